"""DS-1000, NumpyEval and PandasEval: answers cross as plain values, and what is right never is where programs run."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy
import pytest

from hone.errors import HoneError
from hone.tasks.suites import load_suite
from hone.tasks.suites.crossing import decoded, encoded
from hone.tasks.suites.packages import packages_for
from hone.tasks.task import CallCheck, Task
from hone.verdict.judge import Judge

CONTEXT = '''
import numpy as np
import copy


def generate_test_case(test_case_id):
    def define_test_input(test_case_id):
        if test_case_id == 1:
            x = np.array([1.0, np.nan, 3.0])
        elif test_case_id == 2:
            x = np.array([np.nan, np.nan])
        return x

    def generate_ans(data):
        secret_answer = data[~np.isnan(data)]
        return secret_answer

    test_input = define_test_input(test_case_id)
    expected_result = generate_ans(copy.deepcopy(test_input))
    return test_input, expected_result


def exec_test(result, ans):
    np.testing.assert_array_equal(result, ans)
    return 1


exec_context = r"""
import numpy as np
x = test_input
[insert]
"""


def test_execution(solution: str):
    code = exec_context.replace("[insert]", solution)
    for i in range(2):
        test_input, expected_result = generate_test_case(i + 1)
        test_env = {"test_input": test_input}
        exec(code, test_env)
        assert exec_test(test_env["result"], expected_result)
'''
ROW: dict[str, Any] = {
    "prompt": "Remove the NaNs of x.\nA:\n<code>\n</code>\nresult = ... # put solution here\nBEGIN SOLUTION\n<code>\n",
    "reference_code": "result = x[~np.isnan(x)]",
    "metadata": {"problem_id": 294, "library": "Numpy", "test_case_cnt": 2},
    "code_context": CONTEXT,
}
NAMED = {
    "task_id": "NumpyEval/0",
    "prompt": "import numpy as np\n\na = np.array([1, 5, 2])\n# Reverse a\nb =",
    "entry_point": "none",
    "canonical_solution": [" a[::-1]"],
    "test": "def check():\n    assert np.array_equal(b, a[::-1])\n",
}
CALLED = {
    "task_id": "NumpyEval/1",
    "prompt": "import numpy as np\n\ndef total(a):\n    # The sum of a\n",
    "entry_point": "total",
    "canonical_solution": ["    return np.sum(a)"],
    "test": "def check(candidate):\n    given = np.arange(4)\n    wanted = 6\n    assert candidate(given) == wanted\n"
    "    assert candidate(np.ones(3)) == 3\n",
}


def suites(folder: Path, name: str, *rows: dict[str, Any]) -> Path:
    place = folder / {"ds1000": "ds1000", "NumpyEval": "pandas_numpy_eval"}[name]
    place.mkdir(exist_ok=True)
    with gzip.open(place / f"{name}.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder


@pytest.fixture(scope="module")
def judge():
    with Judge(workers=1, static=False, flakiness=None, calibrate=False, packages=("numpy",)) as judge:
        yield judge


def passed(judge: Judge, task: Task, *sources: str) -> list[bool]:
    return [verdict.passed for verdict in judge.grade_many([(task, source) for source in sources])]


def test_the_row_s_own_comparison_decides(tmp_path: Path, judge: Judge):
    (task,) = load_suite("ds1000", suites(tmp_path, "ds1000", ROW))
    assert (task.id, len(task.checks), packages_for([task])) == ("ds1000/294", 2, ("numpy",))
    wrong = "def solve(test_input):\n    return test_input\n"
    liar = "class Same:\n    __eq__ = lambda *_: True\ndef solve(test_input):\n    return Same()\n"
    patching = (
        "import numpy as np\nnp.testing.assert_array_equal = lambda *_, **__: None\n"
        "def solve(test_input):\n    return np.zeros(7)\n"
    )
    assert passed(judge, task, task.reference, wrong, liar, patching) == [True, False, False, False]


def test_a_program_holds_no_answer_and_no_comparison(tmp_path: Path):
    (task,) = load_suite("ds1000", suites(tmp_path, "ds1000", ROW))
    given = task.driver + "".join(repr(check.args) for check in task.checks if isinstance(check, CallCheck))
    assert "secret_answer" not in given
    assert "assert_array_equal" not in given
    assert "secret_answer" not in task.prompt
    assert "def solve(test_input):\n    x = test_input\n    ...\n    return result" in task.prompt


def test_named_answers_and_called_functions_are_asserted_in_the_referee(tmp_path: Path, judge: Judge):
    named, called = load_suite("numpy_eval", suites(tmp_path, "NumpyEval", NAMED, CALLED))
    forged = "import numpy as np\ndef answer():\n    return np.array([])\n"
    assert passed(judge, named, named.reference, forged) == [True, False]
    half = "import numpy as np\ndef total(a):\n    return 6\n"
    assert passed(judge, called, called.reference, half) == [True, False]
    checks = [check for check in called.checks if isinstance(check, CallCheck)]
    assert len(checks) == 2
    assert not any("wanted" in check.args[0] for check in checks)


@pytest.mark.parametrize(
    "value",
    [
        numpy.arange(6).reshape(2, 3)[:, ::2],
        numpy.array(["2020-01-01", "NaT"], "M8[D]"),
        numpy.array([None, "a", 2], object),
        numpy.array(["ab", "c"]),
        numpy.ma.masked_array([1, 2], [True, False]),
        numpy.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]),
        {"a": [(1, numpy.float32(2)), {3}, None], 2: numpy.timedelta64(5, "s")},
    ],
)
def test_what_crosses_comes_out_as_it_was(value: object):
    again = decoded(encoded(value))
    assert type(again) is type(value)
    assert repr(again) == repr(value)


@pytest.mark.parametrize("value", [object(), len, numpy.array([1], numpy.longdouble), range(3), slice(2)])
def test_what_has_no_plain_form_is_said_so(value: object):
    with pytest.raises(TypeError, match="no plain form"):
        encoded(value)


@pytest.mark.parametrize(
    "node", [["moments", "O8", numpy.zeros(1, "i8")], ["sparse", "_coo_base", False], ["eval", "1"]]
)
def test_a_forged_node_builds_nothing(node: list[Any]):
    with pytest.raises((ValueError, KeyError, TypeError)):
        decoded(node)


def test_rows_that_cannot_be_judged_are_counted_with_the_reason(tmp_path: Path):
    text = ROW | {"code_context": CONTEXT + "\n\ndef test_string(solution: str):\n    assert 'for' not in solution\n"}
    picture = ROW | {"metadata": ROW["metadata"] | {"library": "Matplotlib"}}
    suite = load_suite("ds1000", suites(tmp_path, "ds1000", ROW, text, picture, picture))
    assert sorted(suite.left_out.values()) == [1, 2]
    assert len(suite) == 1
    with pytest.raises(HoneError, match=r"no task of suite ds1000 can be judged here: 1 rows draw pictures"):
        load_suite("ds1000", suites(tmp_path, "ds1000", picture))
