"""Each domain is checked by what matters in it: textbook mistakes fail, and so do attempts to talk round it."""

import random
from dataclasses import replace

import pytest

from hone.tasks.certify import check_tasks
from hone.tasks.families import FAMILIES, Split, family, levels_of, packages_of, task_from_id
from hone.tasks.families.family import DraftedFamily
from hone.tasks.task import CallCheck, Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome

DRAFTED = [name for name in FAMILIES if isinstance(family(name), DraftedFamily) and not packages_of(name)]
"""Those whose jail needs no package; kernels have tests of their own."""


def some(name: str, level: int, index: int = 1) -> Task:
    split = next(split for split in Split if level in levels_of(name, split))
    return task_from_id(f"{name}:{level}:{split}:{index}")


def test_references_pass_and_programs_that_solve_nothing_do_not(judge: Judge):
    tasks = [some(name, random.Random(name).choice((2, 3, 5)), 7) for name in DRAFTED]
    report = check_tasks("drafted", tasks, judge)
    assert report.quarantined == ()
    assert report.reference_passed == len(tasks)


NAIVE = {
    "numerics.log_sum_exp": lambda task: (
        "import math\n"
        f"def {task.entry_point}(values):\n"
        f"    return {_scale(task)} * math.log(sum(math.exp(v / {_scale(task)}) for v in values)"
        f"{' / len(values)' if 'averaged' in task.prompt else ''})\n"
    ),
    "numerics.sums": lambda task: task.reference.replace("math.fsum", "sum").replace("lost +=", "lost = 0 *"),
    "numerics.quadratic_roots": lambda task: task.reference.replace(
        "half = -(b + math.copysign(math.sqrt(within), b)) / 2", "root = math.sqrt(within)"
    ).replace("found = [half / a,", "found = [(-b + root) / (2 * a), (-b - root) / (2 * a)] or [0,"),
    "numerics.expressions": lambda task: (
        task.reference.replace("math.expm1(", "-1 + math.exp(")
        .replace("math.log1p(math.exp(-abs(", "math.log(1 + math.exp((")
        .replace("max(", "0 * max(")
        .replace("math.log1p(", "math.log(1 + ")
    ),
}


def _scale(task: Task) -> str:
    return task.prompt.split("Return ")[1].split(" times")[0]


@pytest.mark.parametrize("name", NAIVE)
def test_the_textbook_s_formula_fails_where_the_stable_one_passes(judge: Judge, name: str):
    tasks = [task for index in range(8) if (task := some(name, 2, index)).reference]
    programs = [(task, NAIVE[name](task)) for task in tasks]
    programs = [(task, source) for task, source in programs if source != task.reference and "abs" not in task.prompt]
    assert programs
    verdicts = judge.grade_many(programs)
    assert not any(verdict.passed for verdict in verdicts), [v.task_id for v in verdicts if v.passed]


def test_files_that_must_be_left_alone_are_looked_at(judge: Judge):
    task = some("files.csv_totals", 3)
    spoilt = task.reference.replace("return len(kept)", 'open("notes.txt", "a").write("x")\n    return len(kept)')
    dropped = task.reference.replace("return len(kept)", 'open("more.txt", "w").close()\n    return len(kept)')
    verdicts = judge.grade_many([(task, task.reference), (task, spoilt), (task, dropped)])
    assert [verdict.passed for verdict in verdicts] == [True, False, False]


def test_a_program_cannot_say_that_it_raised(judge: Judge):
    task = next(some("files.csv_totals", 4, n) for n in range(9))
    said = f"def {task.entry_point}(source, target):\n    return ('raises', 'ValueError')\n"
    raised = [
        check for check in task.hidden if isinstance(check, CallCheck) and check.expected[0] == ("raises", "ValueError")
    ]
    assert raised
    only = replace(task, id="raised", visible=(), hidden=tuple(raised))
    assert [v.passed for v in judge.grade_many([(only, task.reference), (only, said)])] == [True, False]


LIAR = """
class Liar:
    def __init__(self, *given): pass
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
    def __getattr__(self, name): return lambda *given: self
"""


@pytest.mark.parametrize("name", [name for name in DRAFTED if name.startswith("services.")])
def test_a_service_whose_answers_equal_everything_fails(judge: Judge, name: str):
    task = some(name, 2)
    kind = task.prompt.split("`")[1]
    assert judge.grade(task, f"{LIAR}\n{kind} = Liar\n").outcome is not Outcome.PASSED


def unlocked(source: str) -> str:
    return source.replace("with self.lock:", "if True:")


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_counter_without_its_lock_loses_updates_every_time(judge: Judge, level: int):
    tasks = [some("concurrency.counter", level, index) for index in range(4)]
    verdicts = judge.grade_many([(task, unlocked(task.reference)) for task in tasks])
    assert [verdict.outcome for verdict in verdicts] == [Outcome.WRONG_ANSWER] * len(tasks)


def test_a_program_that_replaces_the_library_s_threads_is_run_in_threads_all_the_same(judge: Judge):
    task = some("concurrency.counter", 1)
    patched = (
        "import sys, threading, time\n"
        "class Now:\n"
        "    def __init__(self, target=None, args=(), **rest): self.call = lambda: target(*args)\n"
        "    def start(self): self.call()\n"
        "    def join(self, timeout=None): pass\n"
        "    def is_alive(self): return False\n"
        "threading.Thread = Now\ntime.sleep = lambda s: None\nsys.settrace = lambda f: None\n"
        "sys.setswitchinterval(10)\nsys.setswitchinterval = lambda s: None\n"
    )
    assert judge.grade(task, patched + task.reference).passed
    assert not judge.grade(task, patched + unlocked(task.reference)).passed


def test_threads_that_wait_for_ever_are_a_wrong_answer_and_not_a_hang(judge: Judge):
    task = some("concurrency.bounded_queue", 1)
    silent = task.reference.replace("self.changed.notify_all()", "pass")
    verdict = judge.grade(task, silent)
    assert verdict.outcome is Outcome.WRONG_ANSWER
