"""COFFE: functions and whole programs whose speed can be measured (Peng et al. 2025, arXiv:2502.02827).

The functions are problems of HumanEval and MBPP and are judged by their own tests, as those are. The programs read
standard input and print. COFFE's further inputs, made to take time, come without answers; they are not used here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hone.tasks.suites import humaneval
from hone.tasks.suites.mbpp import asserted_task
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import Limits, Task

FUNCTION_FILE = "function.jsonl.gz"
PROGRAM_FILE = "program.jsonl.gz"
FUNCTION_LICENCE, PROGRAM_LICENCE = "Apache-2.0, MIT, CC-BY-4.0", "Apache-2.0, CC-BY-4.0"
SOURCE = "JohnnyPeng18/Coffe 7979acb4"
LIMITS = Limits(cpu_seconds=5.0, wall_seconds=20.0)
_SHOWN = 2
"""Cases of a program that the prompt shows."""


def read_functions(folder: Path) -> Iterator[Task]:
    """One task a row, `coffe_functions/humaneval-19` or `coffe_functions/mbpp-239`.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FUNCTION_FILE):
        collection = row.text("dataset")
        if collection == "openai_humaneval":
            yield _completion(row)
        elif collection == "mbpp":
            task_id = f"coffe_functions/mbpp-{row.integer('task_id')}"
            imports = row.texts("test_imports")
            yield asserted_task(
                row, task_id, row.text("prompt"), imports=imports, source=SOURCE, licence=FUNCTION_LICENCE
            )
        else:
            row.fail(f"field 'dataset' is {collection!r}, not openai_humaneval or mbpp")


def _completion(row: Row) -> Task:
    prompt = row.text("prompt")
    reference = prompt + row.text("canonical_solution")
    return humaneval.checked_task(
        row,
        id=f"coffe_functions/humaneval-{humaneval.number(row)}",
        prompt=prompt,
        given=prompt,
        reference=reference,
        limits=LIMITS,
        source=SOURCE,
        licence=FUNCTION_LICENCE,
    )


def read_programs(folder: Path) -> Iterator[Task]:
    """One task a row, `coffe_programs/0` to `coffe_programs/57`; raises as `read_functions`."""
    for row in read_lines(folder / PROGRAM_FILE):
        name = row.text("task_id")
        number = name.removeprefix("code_contests/")
        if not number.isdecimal():
            row.fail(f"field 'task_id' is {name!r}, not code_contests/ and a number")
        cases = [_case(row, item) for item in row.items("cases")]
        solution = row.items("best_solution")
        if not (solution and type(solution[0]) is str):
            row.fail("field 'best_solution' holds no program")
        if len(cases) <= _SHOWN:
            row.fail(f"field 'cases' holds {len(cases)} cases, and more than {_SHOWN} are needed")
        row.python("best_solution", solution[0])
        yield Task.from_stdio(
            id=f"coffe_programs/{number}",
            prompt=row.text("prompt").strip() + "\n",
            visible=cases[:_SHOWN],
            hidden=cases[_SHOWN:],
            limits=LIMITS,
            domain="coffe",
            family="coffe_programs",
            source=SOURCE,
            licence=PROGRAM_LICENCE,
            reference=solution[0],
        )


def _case(row: Row, case: Any) -> tuple[str, str]:
    match case:
        case {"input": [str(stdin)], "output": [str(stdout)]}:
            pair = stdin, stdout
        case _:
            row.fail("field 'cases' holds what is no pair of one input and one output")
    return pair
