"""MBPP: small functions described in a sentence (Austin et al. 2021, arXiv:2108.07732), all 974 or the 427 sanitized.

Only the assertions name the function, so the first one is shown; each assertion is a test of its own.
"""

from collections.abc import Iterator
from pathlib import Path

from hone.errors import HoneError
from hone.tasks.suites import asserts
from hone.tasks.suites.rows import Row, read_array, read_lines
from hone.tasks.task import Limits, Task

FILE = "mbpp.jsonl.gz"
SANITIZED_FILE = "sanitized-mbpp.json.gz"
LICENCE = "CC-BY-4.0"
SOURCE = "google-research/google-research 30adf0ec"
LIMITS = Limits(cpu_seconds=5.0, wall_seconds=30.0)
SLOW = {123: Limits(cpu_seconds=20.0, wall_seconds=120.0)}
"""By problem: this canonical solution takes seconds, every other one milliseconds."""


def read(folder: Path) -> Iterator[Task]:
    """One task a row of the whole collection, `mbpp/1` to `mbpp/974`.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        text, setup = row.text("text"), row.text("test_setup_code")
        yield asserted_task(row, f"mbpp/{row.integer('task_id')}", text, setup=setup, source=SOURCE, licence=LICENCE)


def read_sanitized(folder: Path) -> Iterator[Task]:
    """One task a row of the hand-verified part, `mbpp_sanitized/2` to `mbpp_sanitized/809`; raises as `read`."""
    for row in read_array(folder / SANITIZED_FILE):
        task_id, text, imports = row.integer("task_id"), row.text("prompt"), row.texts("test_imports")
        yield asserted_task(row, f"mbpp_sanitized/{task_id}", text, imports=imports, source=SOURCE, licence=LICENCE)


def asserted_task(
    row: Row, task_id: str, text: str, *, source: str, licence: str, imports: tuple[str, ...] = (), setup: str = ""
) -> Task:
    """The task of a row that has a solution as `code` and assertions as `test_list`.

    Args:
        row: of MBPP, or of a collection made of it.
        task_id: the task's id.
        text: what is asked, in a sentence.
        source, licence: where the row comes from.
        imports: lines that the tests begin with.
        setup: runs after the candidate's module is there and before the tests.

    Raises:
        HoneError: the row is broken.
    """
    code, sources, setup = asserts.lines(row.text("code")), row.texts("test_list"), asserts.lines(setup)
    if not sources:
        row.fail("field 'test_list' is empty")
    sources = tuple(map(asserts.lines, sources))
    trees = [row.python("test_list", source) for source in sources]
    row.python("test_imports", "\n".join(imports))
    row.python("test_setup_code", setup)
    tests = "\n".join([*imports, setup, "", *asserts.as_tests(sources, trees)])
    head = asserts.head(row, "test_list", row.python("code", code), tests)
    shown = "\n".join(asserts.body(sources[0], trees[0]).splitlines())
    try:
        return Task.from_suite(
            id=task_id,
            prompt=f"{text.strip()}\n\nIt must pass this test:\n{shown}\n",
            module=asserts.MODULE,
            tests="\n".join([*head, tests]),
            visible=("test_1",),
            names=tuple(f"test_{number}" for number in range(1, len(sources) + 1)),
            limits=SLOW.get(row.integer("task_id"), LIMITS),
            domain="mbpp",
            family="mbpp",
            source=source,
            licence=licence,
            reference=code + "\n",
        )
    except HoneError as error:
        row.fail(error.what)
