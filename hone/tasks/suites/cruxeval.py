"""CRUXEval: what does a short function return, and what must it be given (Gu et al. 2024, arXiv:2401.03065)?

Both are predictions, so a policy's reply ought to be a literal: `output_program` and `input_program` make a program of
one and refuse anything else. The judge itself takes any program, one that runs the function among them.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.tasks.suites.literals import literal
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import CallCheck, Form, Limits, Task

FILE = "cruxeval.jsonl"
LICENCE = "MIT"
SOURCE = "facebookresearch/cruxeval 190faf16"
LIMITS = Limits(cpu_seconds=2.0, wall_seconds=10.0)


def read_outputs(folder: Path) -> Iterator[Task]:
    """One task a row, `cruxeval/0` to `cruxeval/799`: predict the output. Judged by value, exactly.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        number, code, given, output = _parts(row)
        asked = (
            f"{code}\n\nWhat does f({given}) return? Do not run it: write a function `answer()` that returns the"
            " value as a literal.\n"
        )
        check = CallCheck((), literal(row, "output", row.expression("output", output)))
        yield Task(
            id=f"cruxeval/{number}",
            prompt=asked,
            form=Form.CALL,
            entry_point="answer",
            visible=(),
            hidden=(check,),
            reference=f"{code}\n\n\ndef answer():\n    return f({given})\n",
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
        number, code, given, output = _parts(row)
        asked = (
            f"{code}\n\nWith which arguments does f return {output}? Write a function `arguments()` that returns them"
            " as a tuple of literals.\n"
        )
        tests = (
            f"from solution import arguments\n\n{code}\n\n\ndef test_output():\n"
            f"    given = arguments()\n    assert type(given) is tuple\n    assert f(*given) == {output}\n"
        )
        call = row.expression("input", f"f({given})")
        if not (isinstance(call, ast.Call) and not call.keywords):
            row.fail("field 'input' is no list of arguments")
        arguments = ast.unparse(ast.Tuple(call.args, ast.Load()))
        try:
            yield Task.from_suite(
                id=f"cruxeval_input/{number}",
                prompt=asked,
                module="solution",
                tests=tests,
                reference=f"{code}\n\n\ndef arguments():\n    return {arguments}\n",
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
        return repr(ast.literal_eval(source))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        what = f"the prediction {prediction[:80]!r} is no literal"
        raise HoneError(Boundary.CANDIDATE, what, "write the value itself, and nothing to run") from error


def _parts(row: Row) -> tuple[int, str, str, str]:
    """Number, code, arguments and output of a row; the latter two are expressions."""
    name, code = row.text("id"), row.text("code")
    given, output = row.text("input"), row.text("output")
    if not (name.startswith("sample_") and name.removeprefix("sample_").isdecimal()):
        row.fail(f"field 'id' is {name!r}, not sample_ and a number")
    row.python("code", code)
    return int(name.removeprefix("sample_")), code, given, output
