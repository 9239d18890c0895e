"""Contest problems: whole programs judged by their output, or functions called by value, as two collections keep them.

Their files are large: tests of one problem alone may take megabytes, which is more than other suites are allowed.
"""

import json
from collections.abc import Sequence
from typing import Any

from hone.errors import HoneError
from hone.tasks.suites.entry import LeftOut
from hone.tasks.suites.rows import Row, json_value
from hone.tasks.task import CallCheck, Compare, Limits, StdioCheck, Task

LARGEST_ROW_BYTES = 64 * 2**20
LARGEST_FILE_BYTES = 4 * 2**30
LARGEST_TESTS_BYTES = 16 * 2**20
"""Of one problem's tests as text; a problem with more is left out, since every program would be sent all of them."""
TOO_LARGE = LeftOut(f"have more than {LARGEST_TESTS_BYTES >> 20} MiB of tests")
TOO_LONG_NUMBERS = LeftOut("have numbers of more digits than Python reads")
NO_HIDDEN = LeftOut("have no test to hide")
_CLASS = "class Solution"
_RELATIVE = 1e-9
"""Between floats, which no two programs add up alike. The collections' own judges ask for equality."""
_PROGRAM = "Write a whole program that reads standard input and writes standard output.\n"
_METHOD = "Complete this class, with the imports that it needs; its method is called, each time of a new object:"
_FUNCTION = "Complete this function, with the imports that it needs:"
_OUTPUT_BYTES, _REPLY_BYTES = 64 * 2**10, 4 * 2**20


def decoded(row: Row, name: str, text: str) -> Any:
    """The JSON value that a field holds as text; `TOO_LONG_NUMBERS` where Python would not read its numbers.

    Raises:
        HoneError: it is no JSON.
    """
    try:
        return json_value(text)
    except (ValueError, RecursionError) as error:
        if not isinstance(error, json.JSONDecodeError) and "integer string conversion" in str(error):
            return TOO_LONG_NUMBERS
        row.fail(f"field {name!r} holds no JSON: {error}")


def program_task(
    row: Row, prompt: str, visible: Sequence[tuple[str, str]], hidden: Sequence[tuple[str, str]], **more: Any
) -> Task:
    """A problem of standard input and output."""
    longest = max((len(stdout) for _, stdout in (*visible, *hidden)), default=0)
    for text in (text for pair in (*visible, *hidden) for text in pair):
        _check_text(row, text)
    try:
        return Task.from_stdio(
            prompt=f"{prompt.strip()}\n\n{_PROGRAM}",
            visible=[StdioCheck(*pair) for pair in visible],
            hidden=[StdioCheck(*pair) for pair in hidden],
            limits=_limits(longest, sum(len(stdout) for _, stdout in (*visible, *hidden))),
            **more,
        )
    except HoneError as error:
        row.fail(error.what)


def function_task(
    row: Row,
    prompt: str,
    name: str,
    starter: str,
    visible: Sequence[CallCheck],
    hidden: Sequence[CallCheck],
    **more: Any,
) -> Task:
    """A problem of one function, or of one method of a class `Solution` where the starter code has that.

    A driver makes the object, and a list of an answer that is a tuple: JSON, in which answers are kept, has no tuples.
    """
    if not name.isidentifier() or name.startswith("__"):
        row.fail(f"the function's name is {name!r}, which is none to call")
    in_class = _CLASS in starter
    called = f"solution.Solution().{name}" if in_class else f"solution.{name}"
    driver = (
        "def drive(solution, *arguments):\n"
        f"    answer = {called}(*arguments)\n"
        "    return list(answer) if isinstance(answer, tuple) else answer\n"
    )
    starter = starter.strip("\n") or f"def {name}({', '.join(_parameters(visible or hidden))}):"
    try:
        return Task.from_examples(
            prompt=f"{prompt.strip()}\n\n{_METHOD if in_class else _FUNCTION}\n\n{starter}\n",
            entry_point="Solution" if in_class else name,
            visible=visible,
            hidden=hidden,
            driver=driver,
            driver_passes_on=True,
            limits=_limits(0, sum(len(repr(check.expected)) for check in (*visible, *hidden))),
            **more,
        )
    except HoneError as error:
        row.fail(error.what)


def call_check(arguments: Sequence[Any], *accepted: Any) -> CallCheck:
    """A call, and the answer or answers that are right."""
    if len(accepted) > 1:
        return CallCheck(tuple(arguments), tuple(accepted), Compare.ONE_OF)
    if _has_float(accepted[0]):
        return CallCheck(tuple(arguments), accepted[0], Compare.CLOSE, relative_tolerance=_RELATIVE)
    return CallCheck(tuple(arguments), accepted[0])


def _parameters(checks: Sequence[CallCheck]) -> list[str]:
    return [f"argument_{number}" for number in range(1, len(checks[0].args) + 1)]


def _has_float(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_float, value))
    return any(map(_has_float, value.values())) if isinstance(value, dict) else isinstance(value, float)


def _check_text(row: Row, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        row.fail("a test holds half of a surrogate pair")


def _limits(longest: int, total: int) -> Limits:
    """Room for twice what the right answers take."""
    return Limits(
        cpu_seconds=6.0,
        wall_seconds=120.0,
        memory_bytes=2**30,
        output_bytes=max(_OUTPUT_BYTES, 2 * longest),
        reply_bytes=max(_REPLY_BYTES, 8 * total),
    )
