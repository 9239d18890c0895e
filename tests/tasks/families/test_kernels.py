"""Kernels are run for real: what interpreters hide is seen, correct kernels pass, and none but a kernel is one."""

import ast
import random
import re
from collections import Counter
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from hone.cli import main
from hone.errors import Boundary, HoneError
from hone.installed import installed
from hone.tasks.families import FAMILIES, Split, further_checks, levels_of, packages_of, task_from_id, task_id
from hone.tasks.families.kernels import launched
from hone.tasks.mutation import Mutant
from hone.tasks.mutation.score import mutation_reports
from hone.tasks.task import CallCheck, Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome

KERNELS = [name for name in FAMILIES if name.startswith("kernels.")]
with_triton = pytest.mark.skipif(
    find_spec("triton") is None, reason="triton is not installed: pip install '.[kernels]'"
)


@pytest.fixture(scope="module")
def judge():
    with Judge(workers=2, static=False, flakiness=None, calibrate=False, packages=packages_of(KERNELS[0])) as judge:
        yield judge


def short(task: Task) -> Task:
    """The task with few of its checks: small, odd and long sizes."""
    return replace(task, id=f"{task.id}:short", visible=task.visible[:1], hidden=task.hidden[1:5])


def some(name: str, level: int, holds: str = "") -> Task:
    """A task of the family whose reference holds some text."""
    for split in Split:
        for index in range(40 if level in levels_of(name, split) else 0):
            task = task_from_id(task_id(name, level, split, index))
            if holds in task.reference:
                return short(task)
    raise LookupError(f"no task of {name} at level {level} holds {holds}")


def spoilt(task: Task, old: str, new: str) -> str:
    assert old in task.reference, task.reference
    return task.reference.replace(old, new)


def test_there_are_eight_families_and_tasks_name_what_the_jail_must_load():
    assert len(KERNELS) == 8
    for name in KERNELS:
        split = next(split for split in Split if 1 in levels_of(name, split))
        assert task_from_id(task_id(name, 1, split, 0)).allowed_imports == packages_of(name) == ("numpy", "triton")


@with_triton
def test_references_pass_and_so_do_kernels_that_use_more_than_they_must(judge: Judge):
    tasks = [some(name, 3) for name in KERNELS]
    stores = re.compile(r"^( +)tl\.(store|atomic_add)", re.MULTILINE)
    cautious = [stores.sub(r"\1tl.debug_barrier()\n\1tl.\2", task.reference) for task in tasks]
    pairs = list(zip([*tasks, *tasks], [*(task.reference for task in tasks), *cautious], strict=True))
    verdicts = judge.grade_many(pairs)
    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED] * len(pairs)


FAULTS = {
    "a store beyond the end": ("elementwise", 1, "y, mask=mask)", "y)"),
    "a load of what lies between rows": ("scan", 1, ", mask=places < n, other=0.0", ""),
    "a mask with one too many": ("softmax", 1, "cols < n", "cols <= n"),
    "rows taken for dense": ("softmax", 1, "* x_stride", "* n"),
    "a masked-off lane that counts": ("matmul", 1, ", other=0.0)", ")"),
    "a race between programs": ("histogram", 1, "tl.atomic_add(y_ptr + bin, ", "tl.store(y_ptr + bin, "),
    "the same element by every program": ("elementwise", 1, "tl.program_id(0)", "0"),
    "an output that is added to": (
        "matmul",
        1,
        "tl.store(c_at, acc,",
        "tl.store(c_at, acc + tl.load(c_at, mask=mask),",
    ),
    "operands rounded as tf32": ("matmul", 1, ', input_precision="ieee"', ""),
    "no barrier in place": ("transpose", 2, "tl.debug_barrier()\n", "pass\n"),
    "no barrier before a release": ("reductions", 5, "tl.debug_barrier()\n", "pass\n"),
    "nothing acquired": ("reductions", 5, "atomic_add(count_ptr, 1)", 'atomic_add(count_ptr, 1, sem="relaxed")'),
}


@with_triton
def test_what_a_gpu_would_get_wrong_only_now_and_then_is_found_every_time(judge: Judge):
    pairs = {}
    for name, (kind, level, old, new) in FAULTS.items():
        task = some(f"kernels.{kind}", level, old)
        pairs[name] = (task, spoilt(task, old, new))
    verdicts = dict(zip(pairs, judge.grade_many(list(pairs.values())), strict=True))
    assert {name: str(verdict.outcome) for name, verdict in verdicts.items()} == dict.fromkeys(pairs, "wrong answer")


@with_triton
def test_references_pass_launches_that_their_tasks_do_not_have(judge: Judge):
    several = []
    for name in KERNELS:
        task = some(name, 4)
        task = task_from_id(task.id.removesuffix(":short"))
        drawn = further_checks(task, random.Random(1), 5)
        assert len(drawn) == 5
        assert not {repr(check) for check in drawn} & {repr(check) for check in task.checks}
        several.append(replace(task, id=f"{task.id}:further", visible=(), hidden=drawn))
    verdicts = judge.grade_many([(task, task.reference) for task in several])
    assert {verdict.task_id: verdict.passed for verdict in verdicts} == {task.id: True for task in several}


def test_a_task_that_no_family_made_has_no_further_launches():
    task = task_from_id("kernels.softmax:1:train:0")
    assert further_checks(replace(task, id="mine/7"), random.Random(1), 5) == ()
    assert further_checks(replace(task, reference=f"{task.reference}\n"), random.Random(1), 5) == ()


@with_triton
def test_a_mutant_is_set_aside_only_if_further_launches_do_not_tell_it_apart(judge: Judge, monkeypatch):
    name = task_id("kernels.elementwise", 4, Split.TRAIN, 0)
    whole = task_from_id(name)
    full = [c for c in whole.hidden if isinstance(c, CallCheck) and c.args[1][-4] % c.args[2][0] == 0]
    weak = replace(whole, visible=(), hidden=tuple(full))  # with no masked lane in any launch
    made = {
        "idle": spoilt(whole, "mask=mask, other=0.0)", "mask=mask, other=1.0)"),
        "harmful": spoilt(whole, "y, mask=mask)", "y)"),
    }
    several = [Mutant(kind, 1, "", "", source) for kind, source in made.items()]
    monkeypatch.setattr("hone.tasks.mutation.score.mutants", lambda source: several)
    monkeypatch.setattr("hone.tasks.mutation.score._FURTHER_CHECKS", 12)
    (report,) = mutation_reports([weak], judge)
    assert [mutant.operator for mutant in report.survivors] == ["harmful"]
    assert (report.killed, report.equivalent) == (0, 1)
    (report,) = mutation_reports([whole], judge)
    assert (report.killed, report.equivalent, report.survivors) == (1, 1, ())


@with_triton
def test_mutants_that_cannot_be_compared_with_the_reference_survive(judge: Judge, monkeypatch):
    task = replace(some("kernels.elementwise", 1), id="mine/7")  # no family draws further launches of it
    idle = task.reference.replace("mask = cols < n", "mask = (cols < n) & (cols < n)")
    monkeypatch.setattr("hone.tasks.mutation.score.mutants", lambda source: [Mutant("idle", 1, "", "", idle)])
    (report,) = mutation_reports([task], judge)
    assert ([mutant.operator for mutant in report.survivors], report.equivalent) == (["idle"], 0)


@with_triton
def test_what_is_no_kernel_for_a_gpu_is_refused_by_triton_itself(judge: Judge):
    task = some("kernels.elementwise", 1)
    bare = task.reference.replace("@triton.jit\n", "")
    by_numpy = task.reference.replace("    cols =", "    numpy.zeros(3)\n    cols =").replace(
        "import triton\n", "import numpy\nimport triton\n"
    )
    wrong_type = task.reference.replace("cols < n", "cols < x_ptr")
    launched = f"{bare}\n\n{task.entry_point} = triton.runtime.interpreter.InterpretedFunction({task.entry_point})\n"
    verdicts = judge.grade_many([(task, source) for source in (bare, by_numpy, wrong_type, launched)])
    assert [verdict.outcome for verdict in verdicts] == [Outcome.RAISED] * 4


@with_triton
def test_work_that_one_program_does_for_all_is_found(judge: Judge):
    task = some("kernels.elementwise", 1)
    lines = task.reference.split("\n")
    at = next(number for number, line in enumerate(lines) if "tl.program_id(0)" in line)
    lines[at:] = [
        "    for start in range(0, n if tl.program_id(0) == 0 else 0, BLOCK):",
        "        cols = start + tl.arange(0, BLOCK)",
        *(f"    {line}" for line in lines[at + 1 :]),
    ]
    verdict = judge.grade(task, "\n".join(lines))
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert any(check.outcome is Outcome.PASSED for check in verdict.checks)  # where there is but one program


@with_triton
def test_a_program_cannot_say_what_the_memory_holds(judge: Judge):
    task = some("kernels.softmax", 1)
    check = task.visible[0]
    assert isinstance(check, CallCheck)
    known = f"KNOWN = {check.expected!r}\n\n\ndef {task.entry_point}(*arguments):\n    return KNOWN\n"
    assert judge.grade(task, known).outcome is Outcome.RAISED


@with_triton
def test_what_joins_conditions_does_so_as_on_a_gpu(judge: Judge):
    task = some("kernels.elementwise", 1)
    right = {
        "of blocks": spoilt(task, "mask = cols < n", "mask = cols >= 0 and not cols >= n"),
        "of numbers": spoilt(
            task, "    mask =", "    if n > 0 and BLOCK > 0 and not (n < 0 or BLOCK < 0):\n        n += 0\n    mask ="
        ),
        "of constants": spoilt(task, "    mask =", "    if not BLOCK or n is None:\n        n = 0\n    mask ="),
    }
    wrong = {
        "a load that is made, whatever comes before": spoilt(
            task, "    mask =", "    if n < 0 and tl.load(x_ptr + n) > 0:\n        n += 1\n    mask ="
        ),
        "one of two masks": spoilt(task, "mask = cols < n", "mask = cols < n or cols >= n"),
    }
    passed = judge.grade_many([(task, source) for source in (*right.values(), *wrong.values())])
    expected = [Outcome.PASSED] * len(right) + [Outcome.WRONG_ANSWER] * len(wrong)
    assert dict(zip([*right, *wrong], [v.outcome for v in passed], strict=True)) == dict(
        zip([*right, *wrong], expected, strict=True)
    )


WAYS = {
    "constants": ("A = tl.constexpr(37 / 32)\nB: tl.constexpr = tl.constexpr(float('2.5'))\n", "A", "B"),
    "mathematics": ("import math\nA = tl.constexpr(math.floor(2.5) / 2)\nLOG2E = math.log2(math.e)\n", "A", "2.5"),
    "what is not executed": ("def launch(x):\n    import torch\n    return x\nCACHE = launch.__dict__\n", "1.0", "2.5"),
    "one word alone": ("from triton.language import maximum as higher, float32\n", "higher(1.0, x * 0)", "2.5"),
    "a helper with a default": ("@triton.jit\ndef _two(a, b=2.5):\n    return a * 0 + b\n", "1.0", "_two(x)"),
    "a helper with options": ("@triton.jit(noinline=False)\ndef two(a):\n    return a * 0 + 2.5\n", "1.0", "two(x)"),
    "Triton's own names for types": ("", "x.to(y_ptr.dtype.element_ty)", "tl.full(x.shape, 2.5, x.dtype)"),
    "host functions that kernels may call": ("", "triton.cdiv(BLOCK, BLOCK)", "2.5"),
    "attempts": ("try:\n    import triton\nexcept ImportError:\n    triton = None\n", "1.0", "2.5"),
}


@with_triton
def test_what_programs_may_hold_beside_their_kernel_does_no_harm(judge: Judge):
    task = some("kernels.elementwise", 1)
    made = []
    for before, first, second in WAYS.values():
        idle = f"    tl.static_assert(BLOCK > 0, f'{{BLOCK}}')\n    y = y + 0 * (({first}) + ({second}))\n    tl.store("
        source = task.reference.replace("    tl.store(", idle).replace("n, BLOCK:", "n: int, BLOCK:")
        made.append(source.replace("\n@triton.jit", f"{before}\n@triton.jit"))
    verdicts = judge.grade_many([(task, source) for source in made])
    assert dict(zip(WAYS, [str(verdict.outcome) for verdict in verdicts], strict=True)) == dict.fromkeys(WAYS, "passed")


@with_triton
def test_a_program_that_imports_what_there_is_not_raises_though_nothing_of_it_is_executed(judge: Judge):
    task = some("kernels.elementwise", 1)
    wrong = [f"import torch\n{task.reference}", task.reference.replace("import triton\n", "from triton import no\n")]
    assert [judge.grade(task, source).outcome for source in wrong] == [Outcome.RAISED] * 2


def test_a_judge_without_the_packages_of_a_kernel_grades_nothing():
    task = some("kernels.elementwise", 1)
    with Judge(workers=1, static=False, flakiness=None, calibrate=False) as bare:
        verdict = bare.grade(task, task.reference)
    assert (verdict.outcome, verdict.boundary) == (Outcome.NOT_GRADED, Boundary.SANDBOX)
    assert "driver does not load here: ModuleNotFoundError" in verdict.detail


def test_the_two_parts_of_the_driver_bind_no_name_twice():
    folder = Path(launched.__file__).parent
    bound: Counter[str] = Counter()
    for part in ("reading.py", "machine.py"):
        for node in ast.parse((folder / part).read_text()).body:
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.FunctionDef | ast.ClassDef):
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
                names = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
                bound.update({node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else names)
    assert bound["read_program"] == bound["drive"] == 1
    assert [name for name, times in bound.items() if times > 1] == []


def test_commands_say_in_a_line_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("hone.sandbox.jail.installed", lambda name: None)
    task = task_from_id("kernels.softmax:1:train:0")
    (tmp_path / "mine.py").write_text(task.reference)
    assert main(["grade", "--task", task.id, str(tmp_path / "mine.py")]) == 2
    assert ".[kernels]" in capsys.readouterr().err


def test_packages_that_are_not_installed_are_named_by_the_extra_that_has_them(monkeypatch):
    monkeypatch.setattr("hone.sandbox.jail.installed", lambda name: None if name == "triton" else installed(name))
    with pytest.raises(HoneError, match=r"triton is not installed here: .* run pip install '\.\[kernels\]'"):
        Judge(workers=1, packages=packages_of(KERNELS[0]))


def test_a_check_of_all_families_leaves_out_those_that_cannot_be_run_here(monkeypatch, capsys):
    monkeypatch.setattr("hone.commands.suite.FAMILIES", ("integers.pipeline", "kernels.scan"))
    monkeypatch.setattr("hone.commands.suite.installed", lambda name: None)
    assert main(["suite", "check", "--all-families", "--n", "1", "--mutants", "0", "--json"]) == 0
    said = capsys.readouterr()
    assert "integers.pipeline" in said.out
    assert "kernels.scan" not in said.out
    assert said.err.count("hone:") == 1
    assert "not checked, for want of numpy, triton: kernels.scan" in said.err
