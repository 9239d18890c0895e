"""From a body's bytes to an answer's bytes. Runs in a thread, and knows nothing of HTTP.

    /v1/grade        {"task": {…}, "program": "…", "explain": true}                    → the verdict
    /v1/grade_many   {"tasks": [{…}], "items": [{"task": 0, "program": "…"}, …]}       → {"verdicts": […]}

An item's task is an index into `tasks`, or a task itself. Tasks are written as `hone.tasks.task_json` says.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hone.errors import Boundary, HoneError
from hone.serve.config import ServeConfig
from hone.tasks.task import Form, Task
from hone.tasks.task_json import from_data, parse_json
from hone.verdict.judge import Judge
from hone.verdict.verdict import Verdict

Answering = Callable[[Judge, bytes, ServeConfig], tuple[bytes, list[Verdict]]]


def grade(judge: Judge, body: bytes, config: ServeConfig) -> tuple[bytes, list[Verdict]]:
    """The answer to /v1/grade, and the verdict in it.

    Raises:
        HoneError: the body is not what was asked for, or it cannot be judged; the boundary says whose fault it is.
    """
    asked = _object(_parsed(body), "the body", required=("task", "program"), optional=("explain",))
    task, program = _task(asked["task"], "task", config), _program(asked["program"], "program")
    explain = _flag(asked, default=True)
    verdict = judge.grade_many([(task, program)], explain=explain)[0]
    return _written(task, verdict), [verdict]


def grade_many(judge: Judge, body: bytes, config: ServeConfig) -> tuple[bytes, list[Verdict]]:
    """The answer to /v1/grade_many, and the verdicts in it, in the items' order. Raises as `grade`."""
    asked = _object(_parsed(body), "the body", required=("items",), optional=("tasks", "explain"))
    tasks = [
        _task(task, f"tasks[{index}]", config) for index, task in enumerate(_list(asked.get("tasks", []), "tasks"))
    ]
    items = _list(asked["items"], "items")
    if len(items) > config.max_batch:
        what = f"items are {len(items)}, and this service takes {config.max_batch} at once"
        raise HoneError(Boundary.USER, what, "send them in parts")
    pairs = [_item(item, f"items[{index}]", tasks, config) for index, item in enumerate(items)]
    verdicts = judge.grade_many(pairs, explain=_flag(asked, default=False))
    written = [_written(task, verdict) for (task, _), verdict in zip(pairs, verdicts, strict=True)]
    return b'{"verdicts": [' + b", ".join(written) + b"]}", verdicts


def _parsed(body: bytes) -> Any:
    """The body's JSON. Whoever sent it is to blame, and not a task's author."""
    try:
        return parse_json(body, "the body")
    except HoneError as error:
        raise HoneError(Boundary.USER, error.what, "send one JSON object, as /openapi.json says") from error


def _item(data: object, at: str, tasks: list[Task], config: ServeConfig) -> tuple[Task, str]:
    item = _object(data, at, required=("task", "program"))
    program = _program(item["program"], f"{at}.program")
    which = item["task"]
    if type(which) is not int:
        return _task(which, f"{at}.task", config), program
    if not 0 <= which < len(tasks):
        what = f"tasks has {len(tasks)} of them" if tasks else "the body has no tasks"
        hint = f"give an index from 0 to {len(tasks) - 1}" if tasks else 'send "tasks": [{…}], or the task itself here'
        raise HoneError(Boundary.USER, f"{at}.task names no task: {what}", hint)
    return tasks[which], program


def _task(data: object, at: str, config: ServeConfig) -> Task:
    task = from_data(data, at)
    config.check_limits(task.limits, at)
    return task


def _written(task: Task, verdict: Verdict) -> bytes:
    """The verdict as JSON bytes. A hidden test's name may tell what it tests: it has none here."""
    if task.form is Form.SUITE:
        numbered = enumerate(verdict.checks, 1)
        checks = [check if check.visible else replace(check, name=f"hidden test {n}") for n, check in numbered]
        verdict = replace(verdict, checks=tuple(checks))
    # A lone surrogate has no UTF-8; as an escape it is JSON like any other.
    return verdict.to_json().encode("utf-8", "backslashreplace")


def _object(data: Any, at: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    if type(data) is not dict:
        raise HoneError(Boundary.USER, f"{at} must be an object", f"give {', '.join(required)}")
    for name in required:
        if name not in data:
            raise HoneError(Boundary.USER, f"{at} lacks the field {name}", "give it a value")
    for name in data:
        if name not in (*required, *optional):
            known = ", ".join((*required, *optional))
            raise HoneError(Boundary.USER, f"{at} has no field {name[:40]!r}", f"known: {known}")
    return data


def _list(data: Any, at: str) -> list[Any]:
    if type(data) is not list:
        raise HoneError(Boundary.USER, f"{at} must be a list", "give one item for each")
    return data


def _program(data: Any, at: str) -> str:
    if type(data) is not str:
        raise HoneError(Boundary.USER, f"{at} must be a string", "give the program's source")
    return data


def _flag(asked: dict[str, Any], *, default: bool) -> bool:
    explain = asked.get("explain", default)
    if type(explain) is not bool:
        raise HoneError(Boundary.USER, "explain must be true or false", "mend it, or leave it out")
    return explain
