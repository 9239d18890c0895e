"""DS-1000: data science with pandas, numpy, scipy and scikit-learn (Lai et al. 2022, arXiv:2211.11501).

A row's `code_context` makes inputs, computes what is right for them, and compares; its own test executes the answer
beside all that. Here the answer is a function `solve(test_input)`. The inputs are made in its process, by the part of
the row that makes them and nothing else; what it returns crosses as plain values, and the row's own comparison is asked
about them in the referee.
"""

import ast
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hone.errors import HoneError
from hone.syntax import parse
from hone.tasks.suites import packages
from hone.tasks.suites.entry import LeftOut
from hone.tasks.suites.imports import imported
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import CallCheck, Compare, Form, Limits, Task

FILE = "ds1000.jsonl.gz"
LICENCE = "CC-BY-SA-4.0"
SOURCE = "xlang-ai/DS-1000, by way of yassine-turin/ds1000-codegen-eval 1eea362f"
LIMITS = Limits(cpu_seconds=30.0, wall_seconds=120.0, memory_bytes=3 * 2**30, processes=64, file_bytes=32 * 2**20)
"""Libraries are large, and import their parts when these are first asked for."""
ENTRY_POINT = "solve"
_LIBRARIES = {"Pandas", "Numpy", "Scipy", "Sklearn"}
_NO_PLAIN_FORM = LeftOut("draw pictures or train networks, and what is judged has no plain form")
_TEXT = LeftOut("are judged by the program's text, too, of which only the program itself could tell the referee")
_OTHER_SHAPE = LeftOut("make their inputs or compare in a way of their own")
_BEGIN = "BEGIN SOLUTION"
_TAIL = [
    "test_input = define_test_input(test_case_id)",
    "expected_result = generate_ans(copy.deepcopy(test_input))",
    "return (test_input, expected_result)",
]
_DRIVE = """

def drive(solution, case, inputs):
    import random
    scope = {"__name__": "inputs"}
    exec(inputs, scope)
    random.seed(case)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(case)
    return encoded(solution.solve(scope["define_test_input"](case)))
"""
_CHECK = """
def check(arguments, answer):
    import random, sys
    crossing, scope = {"__name__": "crossing"}, {"__name__": "context"}
    exec(CROSSING, crossing)
    exec(CONTEXT, scope)
    case = arguments[0]
    random.seed(case)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(case)
    expected = scope["generate_test_case"](case)[1]
    return bool(scope["exec_test"](crossing["decoded"](answer), expected))
"""


@cache
def crossing() -> str:
    """Source of `encoded` and `decoded`."""
    return Path(__file__).with_name("crossing.py").read_text(encoding="utf-8")


def read(folder: Path) -> Iterator[Task | LeftOut]:
    """One task a row that can be judged, `ds1000/0` and so on.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        about, context = row.mapping("metadata"), row.text("code_context")
        number = about.get("problem_id")
        if type(number) is not int or type(about.get("library")) is not str:
            row.fail("field 'metadata' has no problem_id or no library")
        if about["library"] not in _LIBRARIES:
            yield _NO_PLAIN_FORM
        elif "def test_string(" in context:
            yield _TEXT
        else:
            yield _task(row, number, context)


def _task(row: Row, number: int, context: str) -> Task | LeftOut:
    tree = row.python("code_context", context)
    named = imported(tree)
    used = packages.needed(named)
    if named & {"torch", "tensorflow", "xgboost", "yaml"}:
        return LeftOut("need packages that Hone gives no jail")
    if lacking := packages.lacking(used):
        return lacking
    inputs, frame = _inputs(context, tree), _frame(row, tree)
    count = row.mapping("metadata").get("test_case_cnt")
    if not inputs or type(count) is not int or not 1 <= count <= 100:
        return _OTHER_SHAPE
    checker = f"CROSSING = {crossing()!r}\nCONTEXT = {context!r}\n{_CHECK}"
    reference = completed(frame, row.text("reference_code"))
    skeleton = completed(frame, "...") or completed(frame, "    ...")
    if not reference or not skeleton:
        return _OTHER_SHAPE
    asked = row.text("prompt").partition(_BEGIN)[0].rstrip()
    try:
        return Task(
            id=f"ds1000/{number}",
            prompt=f"{asked}\n\nWrite all of it as a function, with your solution in the place of `...`:\n\n{skeleton}",
            form=Form.CALL,
            visible=(),
            hidden=tuple(
                CallCheck((case, inputs), compare=Compare.CHECKER, checker=checker) for case in range(1, count + 1)
            ),
            entry_point=ENTRY_POINT,
            allowed_imports=used,
            limits=LIMITS,
            domain="ds1000",
            family="ds1000",
            skills=(str(row.mapping("metadata")["library"]).lower(),),
            source=SOURCE,
            licence=LICENCE,
            reference=reference,
            driver=crossing() + _DRIVE,
            driver_passes_on=True,
        )
    except HoneError as error:
        row.fail(error.what)


def completed(frame: str, completion: str) -> str:
    """The program that a completion of a row comes to; empty where it is no Python source.

    Args:
        frame: the row's code around the completion, with `[insert]` in its place.
        completion: what the published benchmark asks a model for.
    """
    try:
        body = parse(frame.replace("[insert]", completion)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    heads = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    rest = [ast.unparse(node) for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    imports = "".join(f"{ast.unparse(node)}\n" for node in heads)
    inside = textwrap.indent("\n".join([*rest, "return result"]), "    ")
    return f"{imports}\n\ndef {ENTRY_POINT}(test_input):\n{inside}\n"


def _frame(row: Row, tree: ast.Module) -> str:
    texts = [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "exec_context"
        and isinstance(node.value, ast.Constant)
    ]
    if len(texts) != 1 or not isinstance(texts[0], str):
        row.fail("field 'code_context' has no text `exec_context`")
    return texts[0]


def _inputs(context: str, tree: ast.Module) -> str:
    """Source that makes the inputs and knows no answer; empty where the row is not of the usual shape."""
    lines = context.split("\n")
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if set(functions) != {"generate_test_case", "exec_test", "test_execution"}:
        return ""
    if any(isinstance(node, ast.With) for node in functions["test_execution"].body):  # it writes files first
        return ""
    inner = functions["generate_test_case"].body
    named = {node.name: node for node in inner if isinstance(node, ast.FunctionDef)}
    tail = [ast.unparse(node) for node in inner if not isinstance(node, ast.FunctionDef)]
    if set(named) != {"define_test_input", "generate_ans"} or tail != _TAIL:
        return ""
    imports = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    made = named["define_test_input"]
    # Not unparsed: texts that span lines stay as they are, and only lines that begin as the function does are moved.
    source = "if True:\n" + "\n".join(lines[made.lineno - 1 : made.end_lineno])
    return "\n".join([*imports, source, ""])
