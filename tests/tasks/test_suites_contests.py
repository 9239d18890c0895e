"""LiveCodeBench and APPS in their published shapes: read without unpickling, and judged as their problems ask."""

import base64
import json
import os
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.cli import main
from hone.errors import HoneError
from hone.tasks.suite import Suite
from hone.tasks.suites import contests, load_suite
from hone.tasks.suites.pickled_text import packed_text, pickled_text
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome


def case(given: str, answer: str, kind: str = "stdin") -> dict[str, str]:
    return {"input": given, "output": answer, "testtype": kind}


def packed(value: object, protocol: int = 4) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value, protocol))).decode()


PUBLIC = [case("1 2\n", "3\n")]
PRIVATE = [case("5 6\n", "11\n"), case("-1 1\n", "0\n")]
STDIO = {
    "question_title": "Sum",
    "question_content": "Print the sum of two whole numbers.",
    "platform": "atcoder",
    "question_id": "abc301_a",
    "contest_id": "abc301",
    "contest_date": "2023-05-13T00:00:00",
    "starter_code": "",
    "difficulty": "easy",
    "public_test_cases": json.dumps(PUBLIC),
    "private_test_cases": packed(json.dumps(PRIVATE)),
    "metadata": "{}",
}
CALLS = [case('[1, 2]\n"a"', "[1.0, 2.0]", "functional"), case('[]\n"b"', "[]", "functional")]
FUNCTIONAL = STDIO | {
    "question_id": "2845",
    "question_content": "Return the halves of twice the numbers.",
    "platform": "leetcode",
    "starter_code": "class Solution:\n    def halves(self, nums: List[int], name: str) -> List[float]:\n        ",
    "public_test_cases": json.dumps(CALLS[:1]),
    "private_test_cases": json.dumps(CALLS[1:]),
    "metadata": json.dumps({"func_name": "halves"}),
}
APPS_STDIO = {
    "id": 3,
    "question": "Print the sum of two whole numbers.",
    "solutions": json.dumps(["print sum(map(int, raw_input().split()))", "print(sum(map(int, input().split())))\n"]),
    "input_output": json.dumps({"inputs": ["1 2\n", ["5 6", ""], "0 0\n"], "outputs": ["3\n", ["11"], "0"]}),
    "difficulty": "interview",
    "url": "https://problems.example/3",
    "starter_code": "",
}
APPS_CALL = APPS_STDIO | {
    "id": 4,
    "question": "Return the sum of two whole numbers.",
    "solutions": json.dumps(["def add(a, b):\n\treturn a + b"]),
    "input_output": json.dumps({"fn_name": "add", "inputs": [[1, 2], [5, 6]], "outputs": [[3], [11]]}),
    "starter_code": "\ndef add(a, b):\n\t",
}
APPS_CLASS = APPS_STDIO | {
    "id": 5,
    "question": "Return both numbers.",
    "solutions": json.dumps(["class Solution:\n    def both(self, a, b):\n        return (a, b)\n"]),
    "input_output": json.dumps({"fn_name": "both", "inputs": [[1, 2], [5, 6]], "outputs": [[1, 2], [[5, 6]]]}),
    "starter_code": "class Solution:\n    def both(self, a: int, b: int) -> List[int]:\n        ",
}


def load(folder: Path, name: str, *rows: dict[str, Any], file: str = "test.jsonl") -> Suite:
    path = folder / name.removesuffix("_train") / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_suite(name, folder)


@pytest.fixture(scope="module")
def judge(uncalibrated_judge: Judge) -> Judge:
    return uncalibrated_judge


def outcome(judge: Judge, suite: Suite, task_id: str, source: str) -> Outcome:
    return judge.grade(suite[task_id], source).outcome


def test_livecodebench_programs_and_methods_are_judged_by_public_and_private_tests(tmp_path: Path, judge: Judge):
    suite = load(tmp_path, "livecodebench", STDIO, FUNCTIONAL)
    program, method = suite
    assert (len(program.visible), len(program.hidden)) == (1, 2)
    assert (len(method.visible), len(method.hidden)) == (1, 1)
    assert FUNCTIONAL["starter_code"].strip() in method.prompt
    assert outcome(judge, suite, program.id, "print(sum(map(int, input().split())))") is Outcome.PASSED
    assert outcome(judge, suite, program.id, "print(3)") is Outcome.WRONG_ANSWER
    right = "class Solution:\n    def halves(self, nums, name):\n        return tuple(2 * x / 2 for x in nums)\n"
    assert outcome(judge, suite, method.id, right) is Outcome.PASSED
    assert outcome(judge, suite, method.id, right.replace("/ 2", "/ 3")) is Outcome.WRONG_ANSWER
    assert outcome(judge, suite, method.id, "def halves(nums, name):\n    return nums\n") is Outcome.MISSING_ENTRY_POINT


def test_later_releases_of_livecodebench_are_read_where_they_are_there(tmp_path: Path):
    load(tmp_path, "livecodebench", STDIO)
    suite = load(tmp_path, "livecodebench", FUNCTIONAL, file="test3.jsonl")
    assert [task.id for task in suite] == ["livecodebench/abc301_a", "livecodebench/2845"]


def test_apps_references_pass_and_wrong_programs_fail_in_every_form(tmp_path: Path, judge: Judge):
    suite = load(tmp_path, "apps", APPS_STDIO, APPS_CALL, APPS_CLASS)
    for task in suite:
        assert judge.grade(task, task.reference).passed, task.id
        wrong = task.reference.replace("+", "-").replace("sum", "max").replace("return (a, b)", "return (b, a)")
        assert not judge.grade(task, wrong).passed
    assert [len(task.hidden) for task in suite] == [1, 1, 1]
    assert outcome(judge, suite, "apps/4", "def add(a, b):\n    return [a + b]\n") is Outcome.PASSED
    assert suite["apps/3"].reference.startswith("print(sum")


def test_apps_problem_ids_may_bear_either_name_and_the_training_half_is_apart(tmp_path: Path):
    renamed = {("problem_id" if name == "id" else name): value for name, value in APPS_STDIO.items()}
    suite = load(tmp_path, "apps_train", renamed, file="train.jsonl")
    assert [task.id for task in suite] == ["apps_train/3"]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@given(text=st.text())
@settings(max_examples=25, deadline=None)
def test_a_pickled_text_is_read_as_unpickling_would(protocol: int, text: str):
    assert pickled_text(pickle.dumps(text, protocol)) == text


class Hostile:
    """What unpickling would run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("was_run",)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Hostile()),
        pickle.dumps(["[]"]),
        pickle.dumps(b"[]"),
        pickle.dumps(7),
        pickle.dumps("[]")[:-1],
        pickle.dumps("[]") + b".",
        pickle.dumps("[]") + pickle.dumps("[]"),
        pickle.dumps("[]").replace(b"\x94.", b"\x940."),
        b"",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f[].",
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04\x8c\x02[]\x8c\x02[].",
    ],
)
def test_any_other_pickle_is_refused_and_nothing_of_it_runs(data: bytes, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r".") as caught:
        pickled_text(data)
    assert type(caught.value) in (ValueError, UnicodeDecodeError)
    assert not list(tmp_path.iterdir())


@given(data=st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_text_or_a_value_error(data: bytes):
    for wrapped in (data, b"\x80\x04" + data, b"\x80\x04\x8c" + data):
        try:
            assert isinstance(pickled_text(wrapped), str)
        except ValueError:
            continue


def test_what_is_packed_is_bounded_and_whole():
    bomb = base64.b64encode(zlib.compress(bytes(2**24))).decode()
    stream = zlib.compress(pickle.dumps("[]"))
    for bad in (bomb, "€", "====", base64.b64encode(stream[:-3]).decode(), base64.b64encode(stream + b"x").decode()):
        with pytest.raises(ValueError, match=r"MiB|zlib"):
            packed_text(bad, 2**20)
    assert packed_text(base64.b64encode(stream).decode(), 2**20) == "[]"


LONG = "[" + "9" * 5000 + "]"
BROKEN = [
    ("livecodebench", STDIO | {"private_test_cases": packed(Hostile())}, "instruction"),
    ("livecodebench", STDIO | {"private_test_cases": "[" * 100_000}, "no JSON"),
    ("livecodebench", STDIO | {"private_test_cases": "[[]]"}, "no test"),
    ("livecodebench", STDIO | {"private_test_cases": packed("{}")}, "no list"),
    ("livecodebench", STDIO | {"public_test_cases": json.dumps(CALLS)}, "not all stdin"),
    ("livecodebench", FUNCTIONAL | {"metadata": "{}"}, "names no function"),
    ("livecodebench", FUNCTIONAL | {"metadata": '{"func_name": "a(); b"}'}, "none to call"),
    ("livecodebench", FUNCTIONAL | {"private_test_cases": json.dumps([case("x", "1", "functional")])}, "no JSON"),
    ("livecodebench", STDIO | {"private_test_cases": json.dumps([case("\ud800", "")])}, "surrogate"),
    ("apps", APPS_STDIO | {"input_output": '{"inputs": [1]}'}, "as many outputs"),
    ("apps", APPS_STDIO | {"input_output": '{"inputs": [1, 2], "outputs": ["", ""]}'}, "no text"),
    ("apps", APPS_CALL | {"input_output": '{"fn_name": "add", "inputs": [1], "outputs": [1]}'}, "no list"),
    ("apps", APPS_CALL | {"input_output": '{"fn_name": 7, "inputs": [[1]], "outputs": [1]}'}, "no text"),
    ("apps", APPS_STDIO | {"solutions": "{}"}, "no list"),
    ("apps", APPS_STDIO | {"id": "x"}, "not a whole number"),
]


@pytest.mark.parametrize(("name", "row", "said"), BROKEN)
def test_a_broken_row_is_one_line_that_names_it(tmp_path: Path, name: str, row: dict[str, Any], said: str):
    good = {"livecodebench": STDIO, "apps": APPS_CALL}[name]
    with pytest.raises(HoneError) as caught:
        load(tmp_path, name, good | {"question_id": "other", "id": 99}, row)
    assert said in str(caught.value)
    assert "test.jsonl, row 2: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rows_that_cannot_be_judged_are_counted_by_why(tmp_path: Path, monkeypatch, capsys):
    rows = [
        STDIO,
        STDIO | {"question_id": "a", "private_test_cases": "[]"},
        FUNCTIONAL | {"question_id": "b", "public_test_cases": json.dumps([case(LONG, "1", "functional")])},
        STDIO | {"question_id": "c", "private_test_cases": json.dumps([case("1" * 3000, "1")])},
        STDIO | {"question_id": "d", "private_test_cases": packed(json.dumps([case("1" * 3000, "1")]))},
    ]
    monkeypatch.setattr(contests, "LARGEST_TESTS_BYTES", 1500)
    suite = load(tmp_path, "livecodebench", *rows)
    assert dict(suite.left_out) == {
        contests.NO_HIDDEN.why: 1,
        contests.TOO_LONG_NUMBERS.why: 1,
        contests.TOO_LARGE.why: 2,
    }
    empty = APPS_STDIO | {"id": 1, "input_output": ""}
    huge = APPS_STDIO | {"id": 2, "input_output": '{"inputs": ' + LONG + ', "outputs": [""]}'}
    suite = load(tmp_path, "apps", APPS_STDIO, empty)
    assert dict(suite.left_out) == {"have no tests": 1}
    monkeypatch.undo()
    assert dict(load(tmp_path, "apps", APPS_STDIO, huge).left_out) == {contests.TOO_LONG_NUMBERS.why: 1}
    assert main(["suite", "show", "apps", "--suites", str(tmp_path)]) == 0
    assert "1 rows have numbers" in capsys.readouterr().err
