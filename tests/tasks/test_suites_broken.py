"""Suites are data from strangers: whatever is wrong with a file is one line naming file, row and field."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
FILES = {
    "humaneval": "humaneval/HumanEval.jsonl.gz",
    "mbpp": "mbpp/mbpp.jsonl.gz",
    "mbpp_sanitized": "mbpp/sanitized-mbpp.json.gz",
    "exercism": "exercism/exercises.jsonl.gz",
    "grading": "exercism/grading.jsonl",
}
ROWS: dict[str, dict[str, Any]] = {
    "humaneval": HUMANEVAL,
    "mbpp": MBPP,
    "mbpp_sanitized": SANITIZED,
    "exercism": EXERCISM,
    "grading": GRADING,
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
    ],
)
def test_a_field_of_impossible_content_is_named(name: str, change: dict[str, Any], told: str, folder: Path) -> None:
    put_rows(folder, name, ROWS[name] | change)
    assert told in complaint(name, folder)


@pytest.mark.parametrize("name", ["humaneval", "mbpp", "exercism", "grading"])
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
