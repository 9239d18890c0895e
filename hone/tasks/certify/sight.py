"""What can be told of a task by reading it: contradictions, leaks, and what its checks need that its prompt lacks."""

import ast
import re
from collections.abc import Iterable

from hone.syntax import parse
from hone.tasks.certify.probes import asked_names
from hone.tasks.task import CallCheck, Compare, Form, StdioCheck, Task

_SHORTEST_LEAK = 12
"""Characters of a hidden input that can hardly stand in a prompt by chance."""
_FEWEST_LINES = 3
"""Lines of a reference that are too few to have been copied."""
_RAISING = ("assertRaises", "assertRaisesRegex", "raises")


def faults(task: Task) -> list[str]:
    """Why the task cannot be fair, as far as reading shows; nothing for one that may be."""
    return [*_contradictions(task), *_leaks(task), *_unsaid(task)]


def _contradictions(task: Task) -> Iterable[str]:
    expected: dict[str, str] = {}
    for check in task.checks:
        match check:
            case CallCheck(compare=Compare.EXACT | Compare.RAISES | Compare.UNORDERED):
                given, answer = repr(check.args), repr((check.compare is Compare.RAISES, check.expected))
            case StdioCheck(checker=""):
                given, answer = check.stdin, check.stdout
            case _:
                continue
        if expected.setdefault(given, answer) != answer:
            yield f"contradictory: two checks expect different answers for the input {given[:60]}"
            return


def _leaks(task: Task) -> Iterable[str]:
    """Hidden checks that the prompt shows, and lines of the reference that it holds."""
    shown = 0
    for check in task.hidden:
        match check:
            case CallCheck():
                call = f"{task.entry_point}({', '.join(map(repr, check.args))})"
                shown += len(call) - len(task.entry_point) >= _SHORTEST_LEAK and call in task.prompt
            case StdioCheck():
                shown += len(check.stdin.strip()) >= _SHORTEST_LEAK and check.stdin.strip() in task.prompt
    if shown * 2 > len(task.hidden):
        yield f"leaking: the prompt shows {shown} of {len(task.hidden)} hidden inputs"
    given, body = _told(task.prompt.splitlines()), _told(_body_of(task.reference))
    if len(_body_of(task.reference)) >= _FEWEST_LINES and body in given:
        yield "leaking: the prompt holds the reference"


def _told(lines: Iterable[str]) -> str:
    """The lines that are not empty, without their indentation."""
    return "".join(f"\n{line.strip()}" for line in lines if line.strip()) + "\n"


def _body_of(source: str) -> list[str]:
    """The lines that do something: no imports, no definitions' heads, no documentation."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    told = {
        number
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = (line.strip() for number, line in enumerate(source.splitlines(), start=1) if number not in told)
    heads = ("def ", "class ", "import ", "from ", "@", "#", "async def ")
    return [line for line in lines if line and not line.startswith(heads)]


def _unsaid(task: Task) -> Iterable[str]:
    """Names and error types that the checks need and the prompt does not hold."""
    words = set(re.findall(r"\w+", task.prompt))
    missing = [name for name in asked_names(task) if name and name not in words]
    if missing:
        yield f"underspecified: the prompt does not name {', '.join(sorted(missing)[:3])}"
    errors = sorted(_errors_of(task) - words)
    if errors:
        yield f"underspecified: the prompt does not name the error {', '.join(errors[:3])}"
    if not task.prompt.strip():
        yield "underspecified: the prompt is empty"


def _errors_of(task: Task) -> set[str]:
    """Names of the exceptions that checks insist on; any `Exception` will do for those that name none."""
    if task.form is Form.SUITE:
        return set(_raised_in(task.tests)) - {"Exception", "BaseException"}
    calls = (check for check in task.checks if isinstance(check, CallCheck) and check.compare is Compare.RAISES)
    return {check.expected for check in calls if check.expected} - {"Exception", "BaseException"}


def _raised_in(tests: str) -> Iterable[str]:
    for node in ast.walk(parse(tests)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        function, first = node.func, node.args[0]
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name in _RAISING:
            kinds = first.elts if isinstance(first, ast.Tuple) else [first]
            if len(kinds) == 1:  # of several, one that the prompt names may do
                match kinds[0]:
                    case ast.Attribute(attr=kind) | ast.Name(id=kind):
                        yield kind
