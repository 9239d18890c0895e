"""CRUXEval: what does a short function return, and what must it be given (Gu et al. 2024, arXiv:2401.03065)?

Both are predictions, so a policy's reply ought to be a literal: `output_program` and `input_program` make a program of
one and refuse anything else. The judge itself takes any program, one that runs the function among them.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.syntax import parse
from hone.tasks.suites.literals import literal
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import CallCheck, Form, Limits, Task

FILE = "cruxeval.jsonl"
LICENCE = "MIT"
SOURCE = "facebookresearch/cruxeval 190faf16"
LIMITS = Limits(cpu_seconds=2.0, wall_seconds=10.0)


@dataclass(frozen=True)
class _Parts:
    """What a row says."""

    number: int
    code: str
    given: str
    """Arguments, as they stand in the call."""
    arguments: str
    """The same as a tuple."""
    output: str
    """An expression."""


def read_outputs(folder: Path) -> Iterator[Task]:
    """One task a row, `cruxeval/0` to `cruxeval/799`: predict the output. Judged by value, exactly.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        parts = _parts(row)
        asked = (
            f"{parts.code}\n\nWhat does f({parts.given}) return? Do not run it: write a function `answer()` that"
            " returns the value as a literal.\n"
        )
        check = CallCheck((), literal(row, "output", row.expression("output", parts.output)))
        yield Task(
            id=f"cruxeval/{parts.number}",
            prompt=asked,
            form=Form.CALL,
            entry_point="answer",
            visible=(),
            hidden=(check,),
            reference=f"{parts.code}\n\n\ndef answer():\n    return f({parts.given})\n",
            limits=LIMITS,
            domain="cruxeval",
            family="cruxeval",
            source=SOURCE,
            licence=LICENCE,
        )


def read_inputs(folder: Path) -> Iterator[Task]:
    """One task a row, `cruxeval_input/0` and so on: predict an input that gives the output; raises as `read_outputs`.

    Any input that does is right, so the referee calls the function with what it is given.
    """
    for row in read_lines(folder / FILE):
        parts = _parts(row)
        asked = (
            f"{parts.code}\n\nWith which arguments does f return {parts.output}? Write a function `arguments()` that"
            " returns them as a tuple of literals.\n"
        )
        tests = (
            f"from solution import arguments\n\n{parts.code}\n\n\ndef test_output():\n"
            f"    given = arguments()\n    assert type(given) is tuple\n    assert f(*given) == {parts.output}\n"
        )
        try:
            yield Task.from_suite(
                id=f"cruxeval_input/{parts.number}",
                prompt=asked,
                module="solution",
                tests=tests,
                reference=f"{parts.code}\n\n\ndef arguments():\n    return {parts.arguments}\n",
                limits=LIMITS,
                domain="cruxeval",
                family="cruxeval",
                source=SOURCE,
                licence=LICENCE,
            )
        except HoneError as error:
            row.fail(error.what)


def output_program(prediction: str) -> str:
    """The program that answers with this literal.

    Raises:
        HoneError: it is no literal.
    """
    return f"def answer():\n    return {_written(prediction, prediction.strip())}\n"


def input_program(prediction: str) -> str:
    """The program that gives these literals, written as in a call: `[1, 2], 'a'`. Raises as `output_program`."""
    return f"def arguments():\n    return {_written(prediction, f'({prediction.strip()},)')}\n"


def _written(prediction: str, source: str) -> str:
    try:
        return repr(ast.literal_eval(parse(source.lstrip(" \t"), mode="eval")))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        what = f"the prediction {prediction[:80]!r} is no literal"
        raise HoneError(Boundary.CANDIDATE, what, "write the value itself, and nothing to run") from error


def _parts(row: Row) -> _Parts:
    name, code, given = row.text("id"), row.text("code"), row.text("input")
    if not (name.startswith("sample_") and name.removeprefix("sample_").isdecimal()):
        row.fail(f"field 'id' is {name!r}, not sample_ and a number")
    row.python("code", code)
    call = row.expression("input", f"f({given})")
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.keywords):
        row.fail("field 'input' is no list of arguments")
    arguments = ast.unparse(ast.Tuple(call.args, ast.Load()))
    return _Parts(int(name.removeprefix("sample_")), code, given, arguments, row.text("output"))
