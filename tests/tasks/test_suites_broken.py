"""Suites are data from strangers: whatever is wrong with a file is one line naming file, row and field."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.cli import main
from hone.errors import HoneError
from hone.tasks.suites import load_suite
from hone.tasks.suites.rows import LARGEST_FILE_BYTES, LARGEST_ROW_BYTES

HUMANEVAL = {
    "task_id": "HumanEval/7",
    "prompt": 'def add(a, b):\n    """Add."""\n',
    "entry_point": "add",
    "canonical_solution": "    return a + b\n",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
}
MBPP = {
    "task_id": 7,
    "text": "Add.",
    "code": "def add(a, b):\r\n  return a + b",
    "test_list": ["assert add(1, 2) == 3", "assert add(1, 1) == 2"],
    "test_setup_code": "",
}
SANITIZED = {
    "task_id": 7,
    "prompt": "Add.",
    "code": "def add(a, b):\n  return a + b",
    "test_list": ["assert math.isclose(add(1, 2), 3)"],
    "test_imports": ["import math"],
}
CASE = {"uuid": "a", "description": "one", "property": "addAll", "input": {"xs": [1], "k": 2}, "expected": [3]}
EXERCISM = {
    "slug": "add",
    "title": "Add",
    "description": "Add.",
    "canonical_data": {"cases": [CASE, {"cases": [CASE | {"uuid": "b", "expected": {"error": "no"}}]}]},
}
GRADING = {
    "slug": "add",
    "property": "addAll",
    "function": "add_all",
    "args": ["xs", "k"],
    "optional_args": [],
    "class": "function",
    "gradable": 2,
    "compare": "exact",
    "tolerance": None,
    "skip": [],
}
PACK = {
    "task_id": "Python/7",
    "prompt": 'def add(a, b):\n    """Add."""\n',
    "declaration": "def add(a, b):\n",
    "docstring": "Add.",
    "entry_point": "add",
    "canonical_solution": "    return a + b\n",
    "buggy_solution": "    return a - b\n",
    "test": "def check(add):\n    assert add(1, 2) == 3\n\ncheck(add)",
}
QUIXBUGS = {
    "name": "add",
    "docstring": '"""\nAdd\n"""',
    "solution": "def add(a, b):\n    return a + b",
    "buggy_program": "def add(a, b):\n    return a - b",
    "tests": "assert add(1, 2) == 3\nassert add(1, 1) == 2",
}
CRUXEVAL = {"id": "sample_7", "code": "def f(a, b):\n    return a + b", "input": "1, 2", "output": "3"}
COFFE_FUNCTION = HUMANEVAL | {"dataset": "openai_humaneval"}
COFFE_PROGRAM = {
    "task_id": "code_contests/7",
    "prompt": "Add.",
    "cases": [{"input": [f"{a} 2\n"], "output": [f"{a + 2}\n"]} for a in range(3)],
    "best_solution": ["print(sum(map(int, input().split())))", True],
}
LOOP = "inputs = [[1, 2], [0.5, 1]]\nresults = [3, 1.5]\nfor i, (inp, exp) in enumerate(zip(inputs, results)):\n"
COMPARISON = "def assertion(out, exp, atol):\n    assert out == exp\n"
HUMANEVAL_PLUS = HUMANEVAL | {
    "test": f"import numpy as np\n{COMPARISON}def check(candidate):\n"
    + "".join(f"    {line}\n" for line in f"{LOOP}    assertion(candidate(*inp), exp, 0)".splitlines())
}
MBPP_PLUS = {
    "task_id": 7,
    "prompt": "Add.",
    "code": "def add(a, b):\n  return a + b",
    "test_list": ["assert add(1, 2) == 3"],
    "test": f"import numpy as np\n{COMPARISON}{LOOP}    assertion(add(*inp), exp, 0)",
}
BIGCODEBENCH = {
    "task_id": "BigCodeBench/7",
    "prompt": "import math\n\ndef task_func(a, b):\n",
    "canonical_solution": "    return a + b\n",
    "libs": ["math"],
    "test": "import unittest\nclass TestCases(unittest.TestCase):\n    def test_case_1(self):\n"
    "        self.assertEqual(task_func(1, math.floor(2.5)), 3)\n",
}
FILES = {
    "humaneval": "humaneval/HumanEval.jsonl.gz",
    "mbpp": "mbpp/mbpp.jsonl.gz",
    "mbpp_sanitized": "mbpp/sanitized-mbpp.json.gz",
    "exercism": "exercism/exercises.jsonl.gz",
    "grading": "exercism/grading.jsonl",
    "humaneval_plus": "humaneval_plus/HumanEvalPlus-OriginFmt.jsonl.gz",
    "mbpp_plus": "mbpp_plus/MbppPlus-OriginFmt.jsonl.gz",
    "humanevalpack": "humanevalpack/humanevalpack_python.jsonl.gz",
    "quixbugs": "quixbugs/quixbugs_python.jsonl",
    "cruxeval": "cruxeval/cruxeval.jsonl",
    "coffe_functions": "coffe/function.jsonl.gz",
    "coffe_programs": "coffe/program.jsonl.gz",
    "bigcodebench": "bigcodebench/BigCodeBench.jsonl.gz",
}
ROWS: dict[str, dict[str, Any]] = {
    "humaneval": HUMANEVAL,
    "mbpp": MBPP,
    "mbpp_sanitized": SANITIZED,
    "exercism": EXERCISM,
    "grading": GRADING,
    "humaneval_plus": HUMANEVAL_PLUS,
    "mbpp_plus": MBPP_PLUS,
    "humanevalpack": PACK,
    "quixbugs": QUIXBUGS,
    "cruxeval": CRUXEVAL,
    "coffe_functions": COFFE_FUNCTION,
    "coffe_programs": COFFE_PROGRAM,
    "bigcodebench": BIGCODEBENCH,
}
FIELDS = [(name, field) for name, row in ROWS.items() for field in row]
SUITES = {name: "exercism" if name == "grading" else name for name in FILES}


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / FILES[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def put_rows(folder: Path, name: str, *rows: Any) -> Path:
    if name == "mbpp_sanitized":
        return put(folder, name, json.dumps(rows).encode())
    return put(folder, name, "".join(json.dumps(row) + "\n" for row in rows).encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of suites of one good row each."""
    for name, row in ROWS.items():
        put_rows(tmp_path, name, row)
    return tmp_path


def complaint(name: str, folder: Path) -> str:
    with pytest.raises(HoneError) as caught:
        load_suite(SUITES[name], folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    return str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_the_good_rows_of_these_tests_are_read(name: str, folder: Path) -> None:
    assert len(load_suite(SUITES[name], folder)) == 1


@pytest.mark.parametrize(("name", "field"), [pair for pair in FIELDS if pair != ("grading", "tolerance")])
def test_a_missing_field_is_named_with_its_row_and_file(name: str, field: str, folder: Path) -> None:
    broken = {key: value for key, value in ROWS[name].items() if key != field}
    path = put_rows(folder, name, broken)
    assert f"{path}, row 1: field '{field}' is missing" in complaint(name, folder)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_field_of_the_wrong_type_is_named(name: str, field: str, folder: Path) -> None:
    path = put_rows(folder, name, ROWS[name] | {field: True})
    told = complaint(name, folder)
    assert f"{path}, row 1" in told
    assert f"'{field}'" in told


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("humaneval", {"task_id": "HumanEval/x"}, "field 'task_id' is 'HumanEval/x'"),
        ("humaneval", {"entry_point": "add; import os"}, "field 'entry_point'"),
        ("humaneval", {"prompt": "def add(a, b"}, "field 'prompt' is no Python source"),
        ("humaneval", {"prompt": "x = '\0'"}, "field 'prompt' is no Python source"),
        ("humaneval", {"prompt": "x = '\ud800'"}, "field 'prompt' holds half of a surrogate pair"),
        ("humaneval", {"canonical_solution": "  return"}, "field 'canonical_solution' is no Python source"),
        ("humaneval", {"test": "(" * 500 + ")" * 500}, "field 'test' is no Python source"),
        ("mbpp", {"test_list": []}, "field 'test_list' is empty"),
        ("mbpp", {"test_list": ["assert add(1, 2) == 3", 4]}, "field 'test_list' holds a number"),
        ("mbpp_sanitized", {"test_list": ["assert add(1, 2) =="]}, "field 'test_list' is no Python source"),
        (
            "exercism",
            {"canonical_data": {"cases": [CASE, {**CASE, "input": {"xs": [1]}}]}},
            "field 'input' has xs where xs, k",
        ),
        ("exercism", {"canonical_data": {"cases": [7]}}, "field 'cases' holds something"),
        ("exercism", {"canonical_data": {"cases": [CASE]}}, "field 'gradable' promises 2 cases, and 1 are there"),
        ("grading", {"function": "add all"}, "field 'function' is 'add all'"),
        ("grading", {"compare": "close"}, "field 'compare' is 'close'"),
        ("grading", {"compare": "float"}, "field 'tolerance'"),
        ("grading", {"gradable": 3}, "field 'gradable' promises 3 cases, and 2 are there"),
        ("humaneval_plus", {"task_id": "Mbpp/7"}, "field 'task_id' is 'Mbpp/7'"),
        ("humaneval_plus", {"test": COMPARISON}, "field 'test' defines no function 'check'"),
        ("mbpp_plus", {"test": COMPARISON}, "field 'test' does not end in a loop over assertions"),
        ("mbpp_plus", {"test": MBPP_PLUS["test"].replace("add(*inp)", "(lambda: 3)()")}, "calls no function by its"),
        ("mbpp_plus", {"test": MBPP_PLUS["test"].replace("[3, 1.5]", "[3]")}, "has 2 inputs and 1 results"),
        ("mbpp_plus", {"test": MBPP_PLUS["test"].replace("[3, 1.5]", "open('/etc/passwd')")}, "is no literal"),
        ("mbpp_plus", {"test": MBPP_PLUS["test"].replace("[[1, 2], [0.5, 1]]", "[]")}, "has no list of inputs"),
        ("mbpp_plus", {"test": MBPP_PLUS["test"].replace("exp, 0)", "exp, 'a')")}, "has 'a' for a tolerance"),
        ("mbpp_plus", {"test": MBPP_PLUS["test"].replace(COMPARISON, "")}, "compares by no function 'assertion'"),
        ("humanevalpack", {"test": "def check(add):\n    pass\n"}, "field 'test' does not end in a call of 'check'"),
        ("humanevalpack", {"buggy_solution": "return"}, "field 'buggy_solution' is no Python source"),
        ("quixbugs", {"name": "add 2"}, "field 'name' is 'add 2'"),
        ("quixbugs", {"tests": "add(1, 2)"}, "the suite holds no test"),
        ("cruxeval", {"id": "7"}, "field 'id' is '7'"),
        ("cruxeval", {"output": "open('x')"}, "field 'output' holds what is no literal"),
        ("cruxeval", {"output": "3; 4"}, "field 'output' is no Python expression"),
        ("cruxeval", {"input": "1) + (2"}, "field 'input' is no list of arguments"),
        ("coffe_functions", {"dataset": "apps"}, "field 'dataset' is 'apps'"),
        ("coffe_programs", {"cases": [{"input": ["1"], "output": [2]}]}, "field 'cases' holds what is no pair"),
        ("coffe_programs", {"cases": COFFE_PROGRAM["cases"][:2]}, "field 'cases' holds 2 cases"),
        ("coffe_programs", {"best_solution": []}, "field 'best_solution' holds no program"),
        ("bigcodebench", {"task_id": "BigCodeBench/x"}, "field 'task_id'"),
        ("bigcodebench", {"test": "x = 1"}, "the suite holds no test"),
        ("bigcodebench", {"test": "def test_a():\n    global x\n    x = 1\n    nonlocal x\n"}, "field 'test'"),
    ],
)
def test_a_field_of_impossible_content_is_named(name: str, change: dict[str, Any], told: str, folder: Path) -> None:
    put_rows(folder, name, ROWS[name] | change)
    assert told in complaint(name, folder)


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"mbpp_sanitized"}))
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "not JSON"),
        (b"[1, 2]", "a list, not an object"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"x": NaN}', "NaN is not a JSON value"),
        (b"[" * 100_000, "not JSON"),
        (b'{"x": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'"' + b"a" * LARGEST_ROW_BYTES + b'"', "longer than"),
    ],
)
def test_a_line_that_is_no_row_is_named(name: str, line: bytes, told: str, folder: Path) -> None:
    good = json.dumps(ROWS[name]).encode()
    path = put(folder, name, good + b"\n" + line + b"\n")
    message = complaint(name, folder)
    assert f"{path}, row 2" in message
    assert told in message


@pytest.mark.parametrize("name", ["humaneval", "mbpp", "mbpp_sanitized", "exercism"])
def test_a_gzip_file_cut_short_is_named(name: str, folder: Path) -> None:
    path = folder / FILES[name]
    path.write_bytes(path.read_bytes()[:-12])
    assert "not a whole gzip file" in complaint(name, folder)
    path.write_bytes(b"no gzip at all")
    assert str(path) in complaint(name, folder)


def test_a_gzip_file_that_unpacks_without_end_is_refused(folder: Path) -> None:
    blanks = gzip.compress(b"\n" * 2**20)
    path = folder / FILES["humaneval"]
    path.write_bytes(gzip.compress(b" " * (2**20 - 1) + b"\n") * (LARGEST_FILE_BYTES // 2**20 + 1))
    assert "unpacks to more than 128 MiB" in complaint("humaneval", folder)
    path.write_bytes(blanks)
    assert "rows" in complaint("humaneval", folder)
    path = folder / FILES["mbpp_sanitized"]
    path.write_bytes(gzip.compress(b" " * 2**20) * (LARGEST_FILE_BYTES // 2**20 + 1))
    assert "unpacks to more than 128 MiB" in complaint("mbpp_sanitized", folder)


def test_a_broken_row_ends_the_command_in_one_line_and_exit_status_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_rows(folder, "quixbugs", QUIXBUGS | {"solution": "def add("})
    assert main(["suite", "check", "--all", "--suites", str(folder)]) == 2
    told = capsys.readouterr().err.strip()
    assert "quixbugs_python.jsonl, row 1: field 'solution' is no Python source" in told
    assert "\n" not in told


def test_an_empty_file_and_a_repeated_row_are_refused(folder: Path) -> None:
    put_rows(folder, "humaneval")
    assert "holds no task" in complaint("humaneval", folder)
    put_rows(folder, "humaneval", HUMANEVAL, HUMANEVAL)
    assert "two rows make the task humaneval/7" in complaint("humaneval", folder)
    put(folder, "mbpp_sanitized", b"{}")
    assert "an object where a list of rows belongs" in complaint("mbpp_sanitized", folder)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(FILES)), value=VALUES, seed=st.integers(0, 2**32))
def test_whatever_a_row_holds_it_is_read_or_complained_of(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str, value: Any, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("fuzzed")
    row = json.loads(json.dumps(ROWS[name]))
    field = data.draw(st.sampled_from(sorted(row)))
    row[field] = _somewhere(random.Random(seed), row[field], value)
    for other, good in ROWS.items():
        put_rows(folder, other, row if other == name else good)
    told = ""
    try:
        assert len(load_suite(SUITES[name], folder)) == 1
    except HoneError as error:
        told = str(error)
    assert "\n" not in told
    assert not told or str(folder) in told


def _somewhere(rng: random.Random, tree: Any, value: Any) -> Any:
    """The tree with one of its nodes replaced."""
    if isinstance(tree, dict | list) and tree and rng.random() < 0.8:
        key = rng.choice(sorted(tree) if isinstance(tree, dict) else range(len(tree)))
        tree[key] = _somewhere(rng, tree[key], value)
        return tree
    return value
