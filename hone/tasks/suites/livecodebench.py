"""LiveCodeBench: problems of contests, dated, so that newer ones than a model can be taken (Jain et al. 2024).

arXiv:2403.07974. The files are those of its code generation data, full or lite: `test.jsonl`, and for later releases
`test2.jsonl` and so on, which are read where they are there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hone.tasks.suites import contests
from hone.tasks.suites.entry import LeftOut
from hone.tasks.suites.pickled_text import packed_text
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import Task

FILES = ("test.jsonl", "test2.jsonl", "test3.jsonl", "test4.jsonl", "test5.jsonl", "test6.jsonl")
LICENCE = "CC"
SOURCE = "livecodebench/code_generation_lite"
_FIELD = "private_test_cases"


def read(folder: Path) -> Iterator[Task | LeftOut]:
    """One task a row, `livecodebench/abc301_a`: public tests are visible, private ones hidden.

    Raises:
        HoneError: a row is broken.
    """
    for file in FILES:
        if (folder / file).is_file():
            for row in read_lines(
                folder / file,
                most_row_bytes=contests.LARGEST_ROW_BYTES,
                most_bytes=contests.LARGEST_FILE_BYTES,
            ):
                yield _task(row)


def _task(row: Row) -> Task | LeftOut:
    public = _tests(row, "public_test_cases", row.text("public_test_cases"))
    if isinstance(public, LeftOut):
        return public
    private = _private(row)
    if isinstance(private, LeftOut):
        return private
    if not private:
        return contests.NO_HIDDEN
    kinds = {kind for _, _, kind in (*public, *private)}
    prompt, starter = row.text("question_content"), row.text("starter_code")
    facts: dict[str, Any] = {
        "id": f"livecodebench/{row.text('question_id')}",
        "domain": "livecodebench",
        "family": row.text("difficulty"),
        "source": SOURCE,
        "licence": LICENCE,
    }
    if kinds == {"stdin"}:
        cases = [[(given, answer) for given, answer, _ in tests] for tests in (public, private)]
        return contests.program_task(row, prompt, *cases, **facts)
    if kinds != {"functional"}:
        row.fail(f"tests are of the types {', '.join(map(repr, sorted(kinds)))}, not all stdin or all functional")
    match contests.decoded(row, "metadata", row.text("metadata")):
        case {"func_name": str(name)}:
            pass
        case _:
            row.fail("field 'metadata' names no function")
    calls = [[_call(row, given, answer) for given, answer, _ in tests] for tests in (public, private)]
    checks = [[call for call in side if not isinstance(call, LeftOut)] for side in calls]
    if list(map(len, checks)) != list(map(len, calls)):
        return contests.TOO_LONG_NUMBERS
    return contests.function_task(row, prompt, name, starter, *checks, **facts)


def _private(row: Row) -> list[tuple[str, str, str]] | LeftOut:
    """The hidden tests: JSON, or what `packed_text` reads."""
    text = row.text(_FIELD)
    if not text.lstrip().startswith("["):
        try:
            text = packed_text(text, 2 * contests.LARGEST_TESTS_BYTES)
        except ValueError as error:
            if "more than" in str(error):
                return contests.TOO_LARGE
            row.fail(f"field {_FIELD!r}: {error}")
    return contests.TOO_LARGE if len(text) > contests.LARGEST_TESTS_BYTES else _tests(row, _FIELD, text)


def _tests(row: Row, name: str, text: str) -> list[tuple[str, str, str]] | LeftOut:
    tests = contests.decoded(row, name, text)
    if isinstance(tests, LeftOut):
        return tests
    found: list[tuple[str, str, str]] = []
    if not isinstance(tests, list):
        row.fail(f"field {name!r} holds no list of tests")
    for test in tests:
        match test:
            case {"input": str(given), "output": str(answer), "testtype": str(kind)}:
                found.append((given, answer, kind))
            case _:
                row.fail(f"field {name!r} holds what is no test: input, output and testtype")
    return found


def _call(row: Row, given: str, answer: str) -> Any:
    """A test of a function: an argument a line, as JSON, and the answer as JSON."""
    arguments = [contests.decoded(row, "input of a test", line) for line in given.split("\n") if line.strip()]
    expected = contests.decoded(row, "output of a test", answer)
    left_out = [value for value in (*arguments, expected) if isinstance(value, LeftOut)]
    return left_out[0] if left_out else contests.call_check(arguments, expected)
