"""APPS: 10,000 problems of contests and exercises, half of them for training (Hendrycks et al. 2021, arXiv:2105.09938).

The files are `test.jsonl` and `train.jsonl`, a problem a line, whose tests and solutions are JSON inside text.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hone.syntax import parse
from hone.tasks.suites import contests
from hone.tasks.suites.entry import LeftOut
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import CallCheck, Task

FILE, TRAINING_FILE = "test.jsonl", "train.jsonl"
LICENCE = "MIT"
SOURCE = "codeparrot/apps"
_SHOWN = 2
"""Cases that the prompt shows; at least one is always hidden."""
_NO_TESTS = LeftOut("have no tests")


def read(folder: Path) -> Iterator[Task | LeftOut]:
    """One task a row of the half to be measured on, `apps/0` to `apps/4999`.

    Raises:
        HoneError: a row is broken.
    """
    return _read(folder / FILE, "apps")


def read_training(folder: Path) -> Iterator[Task | LeftOut]:
    """One task a row of the half to be trained on, `apps_train/0` to `apps_train/4999`; raises as `read`."""
    return _read(folder / TRAINING_FILE, "apps_train")


def _read(path: Path, name: str) -> Iterator[Task | LeftOut]:
    for row in read_lines(path, most_row_bytes=contests.LARGEST_ROW_BYTES, most_bytes=contests.LARGEST_FILE_BYTES):
        yield _task(row, name)


def _task(row: Row, name: str) -> Task | LeftOut:
    text = row.text("input_output")
    if not text.strip():
        return _NO_TESTS
    if len(text) > contests.LARGEST_TESTS_BYTES:
        return contests.TOO_LARGE
    tests = contests.decoded(row, "input_output", text)
    if isinstance(tests, LeftOut):
        return tests
    match tests:
        case {"inputs": list(inputs), "outputs": list(outputs)} if len(inputs) == len(outputs):
            function = tests.get("fn_name")
        case _:
            row.fail("field 'input_output' holds no inputs with as many outputs")
    if not inputs:
        return _NO_TESTS
    shown = min(_SHOWN, len(inputs) - 1)
    number = row.integer("problem_id" if "problem_id" in row.fields else "id")
    facts: dict[str, Any] = {
        "id": f"{name}/{number}",
        "domain": "apps",
        "family": row.text("difficulty"),
        "source": SOURCE,
        "licence": LICENCE,
        "reference": _reference(row),
    }
    prompt = row.text("question")
    if function is None:
        pairs = [(_joined(row, given), _joined(row, answer)) for given, answer in zip(inputs, outputs, strict=True)]
        return contests.program_task(row, prompt, pairs[:shown], pairs[shown:], **facts)
    if not isinstance(function, str):
        row.fail("field 'input_output' names a function by what is no text")
    checks = [_call(row, given, answer) for given, answer in zip(inputs, outputs, strict=True)]
    return contests.function_task(
        row, prompt, function, row.text("starter_code"), checks[:shown], checks[shown:], **facts
    )


def _joined(row: Row, text: Any) -> str:
    """A case's input or output: text, or a list of its lines."""
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        return "\n".join(text)
    if not isinstance(text, str):
        row.fail("field 'input_output' holds a case of a program that is no text")
    return text


def _call(row: Row, arguments: Any, answer: Any) -> CallCheck:
    """A call. For the collection's judge an answer in a list may be the answer as well as a list; so here, too."""
    if not isinstance(arguments, list):
        row.fail("field 'input_output' holds arguments that are no list")
    wrapped = isinstance(answer, list) and len(answer) > 0
    return contests.call_check(arguments, answer, *([answer[0]] if wrapped else []))


def _reference(row: Row) -> str:
    """The first solution that is Python 3; empty where there is none, as in problems without solutions."""
    text = row.text("solutions")
    solutions = contests.decoded(row, "solutions", text) if text.strip() else []
    if not isinstance(solutions, list):
        row.fail("field 'solutions' holds no list")
    return next((one for one in solutions if isinstance(one, str) and _is_python(one)), "")


def _is_python(source: str) -> bool:
    try:
        source.encode()
        parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
