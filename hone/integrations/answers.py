"""From what a trainer hands over to a program's source, and from a data set's column to a task."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from hone.errors import Boundary, HoneError
from hone.tasks.answers import Style, extract_program
from hone.tasks.task import Task
from hone.tasks.task_json import from_json

Message = Mapping[str, Any]
"""One turn of a conversation: `role` and `content`."""
_TASKS_KEPT = 4096


def program_in(completion: str | Sequence[Message], prompt: str | Sequence[Message] = "") -> str:
    """The program in a completion: its last whole code block, or all of it where there is no block.

    Args:
        completion: text, or the messages of a chat, of which the last one with text counts.
        prompt: where it is text that ends with an opening fence, the completion begins inside the block.
    """
    text = completion if isinstance(completion, str) else _last_text(completion)
    return extract_program(text, Style.CHAT, opened=isinstance(prompt, str) and _ends_with_opening_fence(prompt))


def task_of(cell: object, tasks: Mapping[str, Task] | None) -> Task:
    """The task that a data set's cell means: a `Task`, an id in `tasks`, or a task's JSON text.

    Raises:
        HoneError: there is no such task, or the text holds none.
    """
    if isinstance(cell, Task):
        return cell
    if not isinstance(cell, str):
        what = f"a row's task is a {type(cell).__name__}"
        raise HoneError(Boundary.TASK, what, "give its JSON text (hone.tasks.task_json.to_json), or its id")
    if tasks is not None and cell in tasks:
        return tasks[cell]
    if not cell.lstrip().startswith("{"):
        raise HoneError(Boundary.TASK, f"there is no task {cell[:80]!r}", "pass tasks={id: task}, or JSON text")
    return _read(cell)


@lru_cache(_TASKS_KEPT)
def _read(text: str) -> Task:
    return from_json(text)


def _ends_with_opening_fence(prompt: str) -> bool:
    """A fence that names a language opens a block; a bare one may as well close an example."""
    last = prompt.rstrip().rpartition("\n")[2].strip()
    return last.startswith("```") and last != "```"


def _last_text(messages: Sequence[Message]) -> str:
    for message in reversed(messages):
        text = _text(message.get("content"))
        if text:
            return text
    return ""


def _text(content: object) -> str:
    """A message's text: a string, or parts of which some hold text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    parts = [part.get("text") for part in content if isinstance(part, Mapping)]
    return "".join(part for part in parts if isinstance(part, str))
