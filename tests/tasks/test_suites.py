"""The public suites as they are: counts, ids, what is shown and what is hidden, and that every task can be passed."""

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hone.errors import HoneError
from hone.sandbox.jobs import RunResult, Status, SuiteJob
from hone.sandbox.pool import Pool
from hone.tasks.suite import Suite
from hone.tasks.suites import NAMES, available, load_suite, suites_folder
from hone.tasks.task import Form, Limits, SuiteCheck, Task
from tests.collected import COLLECTED, needs_suites

pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence")


@pytest.fixture(scope="module")
def exercism() -> Suite:
    return load_suite("exercism", COLLECTED)


@pytest.fixture(scope="module")
def pool():
    with Pool(workers=2) as pool:
        yield pool


def run(pool: Pool, pairs: list[tuple[Task, str]]) -> list[RunResult]:
    jobs = []
    for task, source in pairs:
        names = tuple(check.name for check in task.checks if isinstance(check, SuiteCheck))
        jobs.append(SuiteJob(source, task.entry_point, task.tests, names, task.limits))
    return pool.run_many(jobs)


def passed(result: RunResult) -> bool:
    return result.status is Status.DONE and all(case.status is Status.DONE for case in result.cases)


def calls(task: Task) -> list[tuple[str, Any]]:
    """Of each test of an Exercism task: its name, and its call `_gives(solution.f, arguments, expected, …)`."""
    tests = [node for node in ast.parse(task.tests).body if isinstance(node, ast.FunctionDef)]
    last: list[tuple[str, Any]] = [(node.name, node.body[-1]) for node in tests if node.name.startswith("test_")]
    return [(name, statement.value) for name, statement in last]


def answer_key(task: Task, spoil: str = "answer", wrong: str = "") -> str:
    """A program that knows every answer of an Exercism task.

    `spoil` is an expression over `answer` that is put in every answer's place; the test called `wrong` gets `wrong`.
    """
    tables: dict[str, list[str]] = {}
    for test, call in calls(task):
        name, arguments = call.args[0].attr, repr(ast.literal_eval(call.args[1]))
        given = f"lambda: {ast.unparse(call.args[2])}" if call.func.id == "_gives" else "refuse"
        if test == wrong:
            given = "lambda: 'wrong'"
        tables.setdefault(name, []).append(f"    {arguments!r}: {given},")
    lines = ["def refuse():", "    raise ValueError", "def spoiled(answer):", f"    return {spoil}"]
    for name, entries in tables.items():
        lines += [f"_{name} = {{", *entries, "}"]
        lines += [f"def {name}(*arguments):", f"    return spoiled(_{name}[arguments.__repr__()]())"]
    return "\n".join(lines)


@needs_suites
@pytest.mark.parametrize(
    ("name", "tasks", "checks", "form"),
    [
        ("humaneval", 164, 164, Form.SUITE),
        ("mbpp", 974, 2922, Form.SUITE),
        ("mbpp_sanitized", 427, 1324, Form.SUITE),
        ("exercism", 131, 2023, Form.SUITE),
        ("humanevalpack", 164, 164, Form.SUITE),
        ("quixbugs", 40, 276, Form.SUITE),
        ("cruxeval", 800, 800, Form.CALL),
        ("cruxeval_input", 800, 800, Form.SUITE),
        ("coffe_functions", 398, 871, Form.SUITE),
        ("coffe_programs", 58, 11457, Form.STDIO),
        ("bigcodebench", 326, 1795, Form.SUITE),  # 3 of its 1,798 methods are defined anew later
    ],
)
def test_suite_has_every_published_task_and_case(name: str, tasks: int, checks: int, form: Form) -> None:
    suite = load_suite(name, COLLECTED)
    assert (len(suite), sum(len(task.checks) for task in suite)) == (tasks, checks)
    assert len({task.id for task in suite}) == tasks
    for task in suite:
        assert task.form is form
        assert task.id.startswith(f"{name}/")
        assert suite[task.id] is task
        assert task.hidden
        assert task.licence


@needs_suites
def test_every_exercism_task_can_be_passed_and_a_tuple_counts_as_a_list(exercism: Suite, pool: Pool) -> None:
    tuples = "tuple(answer) if type(answer) is list else answer"
    pairs = [(task, answer_key(task, spoil)) for task in exercism for spoil in ("answer", tuples)]
    failed = [task.id for (task, _), result in zip(pairs, run(pool, pairs), strict=True) if not passed(result)]
    assert failed == []


@needs_suites
def test_one_wrong_answer_fails_an_exercism_task_in_that_check_alone(exercism: Suite, pool: Pool) -> None:
    wrong = [task.checks[-1].name for task in exercism if isinstance(task.checks[-1], SuiteCheck)]
    pairs = [(task, answer_key(task, wrong=name)) for task, name in zip(exercism, wrong, strict=True)]
    for name, result in zip(wrong, run(pool, pairs), strict=True):
        assert [case.status for case in result.cases].count(Status.FAILED) == 1, name
        assert result.cases[-1].status is Status.FAILED, name


@needs_suites
@pytest.mark.parametrize(
    ("task_id", "spoil", "why"),
    [
        ("exercism/leap", "int(answer)", "is not a bool"),
        ("exercism/change", "[float(coin) for coin in answer]", "a float is not an int"),
        ("exercism/reverse-string", "answer + ' '", "a blank more"),
        ("exercism/anagram", "answer[::-1] + ['x']", "one item more"),
        ("exercism/word-count", "dict(list(answer.items())[1:])", "a key is missing"),
        ("exercism/space-age", "answer + 0.011", "past the tolerance"),
        ("exercism/pov", "None", "nothing at all"),
        ("exercism/binary", "type('Always', (int,), {'__eq__': lambda *_: True})(answer or 0)", "always equal"),
    ],
)
def test_a_slightly_wrong_answer_fails(exercism: Suite, pool: Pool, task_id: str, spoil: str, why: str) -> None:
    task = exercism[task_id]
    results = run(pool, [(task, answer_key(task)), (task, answer_key(task, spoil))])
    assert [passed(result) for result in results] == [True, False], why


@needs_suites
def test_an_accident_is_not_taken_for_a_refusal(exercism: Suite, pool: Pool) -> None:
    task = replace(exercism["exercism/collatz-conjecture"], limits=Limits(cpu_seconds=0.2))
    honest = (
        "def steps(n):\n    if n < 1:\n        {}\n"
        "    return 0 if n == 1 else 1 + steps(n // 2 if n % 2 == 0 else 3 * n + 1)"
    )
    refusals = [
        "raise ValueError('only positive')",
        "return undefined",
        "return steps(n)",
        "exit()",
        "while True: pass",
    ]
    results = run(pool, [(task, honest.format(line)) for line in refusals])
    assert [passed(result) for result in results] == [True, False, False, False, False]


@needs_suites
def test_exercism_prompt_shows_the_visible_cases_and_no_hidden_one(exercism: Suite) -> None:
    for task in exercism:
        shown = {check.name for check in task.visible if isinstance(check, SuiteCheck)}
        lines = task.prompt.splitlines()
        for name, call in calls(task):
            example = f"{call.args[0].attr}({ast.unparse(call.args[1])[1:-1].rstrip(',')}) "
            assert (name in shown) == any(line.startswith(example) for line in lines), example


@needs_suites
@pytest.mark.parametrize("name", ["mbpp", "mbpp_sanitized"])
def test_mbpp_prompt_shows_the_first_assertion_alone(name: str) -> None:
    for task in load_suite(name, COLLECTED):
        assert [check.name for check in task.visible if isinstance(check, SuiteCheck)] == ["test_1"]
        assert task.prompt.count("\nassert ") == 1


@needs_suites
def test_exercism_prompt_names_functions_arguments_and_results(exercism: Suite) -> None:
    prompt = exercism["exercism/change"].prompt
    assert "def find_fewest_coins(coins: list[int], target: int) -> list[int]" in prompt
    assert "find_fewest_coins([1, 5, 10, 25], 1) == [1]" in prompt
    assert "Raise ValueError" in prompt
    assert "def path_to(from_: str, to: str, tree: dict) -> list[str] | None" in exercism["exercism/pov"].prompt


@needs_suites
def test_unknown_task_is_answered_with_near_ids() -> None:
    with pytest.raises(HoneError, match=r"no task 'humaneval/99x'.*did you mean humaneval/99"):
        load_suite("humaneval", COLLECTED)["humaneval/99x"]


def test_unknown_suite_is_answered_with_the_known_names(tmp_path: Path) -> None:
    with pytest.raises(HoneError, match=r"no suite 'humanevl'.*did you mean humaneval\?"):
        load_suite("humanevl", tmp_path)


def test_absent_suite_and_absent_folder_say_what_to_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("HONE_SUITES", raising=False)
    for directory in (tmp_path, tmp_path / "nowhere", None):
        with pytest.raises(HoneError, match=r"--suites DIR or set HONE_SUITES"):
            load_suite("humaneval", directory)


def test_folder_comes_from_the_argument_then_the_environment_then_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, named = tmp_path / ".cache/hone/suites", tmp_path / "named"
    cache.mkdir(parents=True)
    named.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("HONE_SUITES", raising=False)
    assert suites_folder(None) == cache
    monkeypatch.setenv("HONE_SUITES", str(named))
    assert suites_folder(None) == named
    assert suites_folder(tmp_path) == tmp_path


def test_listing_tells_present_suites_from_absent_ones(tmp_path: Path) -> None:
    (tmp_path / "humaneval").mkdir()
    (tmp_path / "humaneval" / "HumanEval.jsonl.gz").write_bytes(b"")
    paths = {listing.name: listing.path for listing in available(tmp_path)}
    assert paths == dict.fromkeys(NAMES) | {"humaneval": tmp_path / "humaneval"}
