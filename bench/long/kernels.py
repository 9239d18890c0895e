"""Are faults of GPU kernels found, correct kernels let alone, and do all of them compile for a GPU?

Faulty kernels are made from the references of the kernel families, one fault each (`FAULTS`, beside the families), and
judged on the tasks they were made for. Correct ones are written by hand, in other idioms than the references'
(`kernel_idioms.py`).
With `--compile`, references go through Triton's whole compiler, down to machine code, for two GPUs; none is needed.

    python -m bench.long.kernels --each 2 --compile
    python -m bench.long.kernels --family softmax
"""

import sys
import time
import types
from collections import Counter
from dataclasses import dataclass, replace

import tyro

from bench.long.kernel_idioms import IDIOMS
from hone.tasks.families import FAMILIES, Split, levels_of, packages_of, task_from_id, task_id
from hone.tasks.families.kernels.faults import CLASSES, FAULTS
from hone.tasks.task import CallCheck, Task
from hone.verdict.judge import Judge

_FAMILIES = tuple(name for name in FAMILIES if name.startswith("kernels."))
_BATCH, _FIRST = 40, 6
_ARCHITECTURES = (80, 90)
_KINDS = {"f16": "fp16", "bf16": "bf16", "f32": "fp32", "i8": "i8", "i32": "i32"}


@dataclass(frozen=True)
class Options:
    """What to measure."""

    each: int = 2
    """tasks of each family, level and split on which each fault is tried"""
    family: str = ""
    """only this one, such as scan"""
    compile: bool = False
    """compile the references of these tasks for GPUs, too"""
    workers: int = 2


def tasks(options: Options) -> list[Task]:
    """Some tasks of every family and level: those that are trained on, and held-out compositions."""
    names = [name for name in _FAMILIES if options.family in name]
    splits = (Split.TRAIN, Split.HELD_OUT_COMPOSITIONS, Split.HELD_OUT_FAMILIES)
    return [
        task_from_id(task_id(name, level, split, index))
        for name in names
        for split in splits
        for level in levels_of(name, split)
        for index in range(options.each)
    ]


def main(options: Options) -> None:
    """Measure and print."""
    asked = tasks(options)
    with Judge(workers=options.workers, static=False, flakiness=None, packages=packages_of(_FAMILIES[0])) as judge:
        _faults(judge, asked)
        _correct(judge, asked)
    if options.compile:
        _compile(asked)


def _faults(judge: Judge, asked: list[Task]) -> None:
    made = [(fault, task, source) for task in asked for fault in FAULTS if (source := fault.of(task)) is not None]
    began = time.monotonic()
    tried, caught, how = Counter[tuple[str, ...]](), Counter[tuple[str, ...]](), Counter[str]()
    for start in range(0, len(made), _BATCH):
        batch = made[start : start + _BATCH]
        verdicts = judge.grade_many([(_shortened(task), source) for _, task, source in batch])
        lives = [number for number, verdict in enumerate(verdicts) if verdict.passed]
        for number, verdict in zip(lives, judge.grade_many([batch[number][1:] for number in lives]), strict=True):
            verdicts[number] = verdict
        for (fault, task, _), verdict in zip(batch, verdicts, strict=True):
            for key in ((), (fault.kind,), (fault.kind, fault.name), ("in", task.family)):
                tried[key] += 1
                caught[key] += not verdict.passed
            how[str(verdict.outcome)] += 1
            if verdict.passed:
                print(f"  not found: {fault.name} ({fault.kind}) in {task.id}", flush=True)
        done = start + len(batch)
        print(f"  … {done} of {len(made)} judged, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    def told(*key: str) -> str:
        return f"{caught[key]} of {tried[key]} found ({caught[key] / tried[key]:.1%})"

    print(f"{len(made)} faulty kernels judged in {time.monotonic() - began:.0f} s: {dict(how)}")
    for kind in CLASSES:
        if (kind,) in tried:
            print(f"  {kind}: {told(kind)}")
        for fault in FAULTS:
            if fault.kind == kind and (kind, fault.name) in tried:
                print(f"    {fault.name}: {told(kind, fault.name)}")
    for family in _FAMILIES:
        if ("in", family) in tried:
            print(f"  {family}: {told('in', family)}")
    print(f"in all: {told()}")


def _shortened(task: Task) -> Task:
    """The task with its first checks alone, which most faults fail."""
    return replace(task, id=f"{task.id}:first", visible=(), hidden=task.checks[:_FIRST])


def _correct(judge: Judge, asked: list[Task]) -> None:
    idioms = [idiom for idiom in IDIOMS if any(idiom.family in task.family for task in asked)]
    pairs = [idiom.fitted for idiom in idioms]
    pairs += [(replace(task, id=f"{task.id}:reference"), task.reference) for task in asked]
    verdicts = judge.grade_many(pairs)
    seconds = sorted(verdict.cpu_seconds for verdict in verdicts)
    by_hand, others = verdicts[: len(idioms)], verdicts[len(idioms) :]
    for idiom, verdict in zip(idioms, by_hand, strict=True):
        if not verdict.passed:
            print(f"  false alarm: {idiom.name}: {verdict.outcome}")
    print(f"passed: {sum(v.passed for v in by_hand)} of {len(by_hand)} kernels written by hand, ", end="")
    print(f"{sum(v.passed for v in others)} of {len(others)} references")
    print(f"CPU of a verdict: median {seconds[len(seconds) // 2]:.2f} s, most {seconds[-1]:.2f} s")


def _compile(asked: list[Task]) -> None:
    """Through the whole compiler, here: references are Hone's own text."""
    import linecache

    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler.compiler import ASTSource

    began, size = time.monotonic(), 0
    for number, task in enumerate(asked):
        name = f"reference_{number}.py"
        linecache.cache[name] = (0, None, task.reference.splitlines(keepends=True), name)
        module = types.ModuleType(name.removesuffix(".py"))
        sys.modules[module.__name__] = module
        exec(compile(task.reference, name, "exec"), module.__dict__)  # noqa: S102  # our own text
        kernel = vars(module)[task.entry_point]
        check = task.hidden[-1]
        assert isinstance(check, CallCheck)
        _grid, arguments, constants, _most = check.args
        kinds = [
            f"*{_KINDS[a['dtype']]}" if isinstance(a, dict) else "fp32" if isinstance(a, float) else "i32"
            for a in arguments
        ]
        signature = dict(zip(kernel.arg_names, [*kinds, *["constexpr"] * len(constants)], strict=True))
        known = dict(zip(kernel.arg_names[len(arguments) :], constants, strict=True))
        for architecture in _ARCHITECTURES:
            made = triton.compile(ASTSource(kernel, signature, known), target=GPUTarget("cuda", architecture, 32))
            size += len(made.asm["cubin"])
    spent = time.monotonic() - began
    print(f"compiled: {len(asked)} references for {_ARCHITECTURES}, {size} bytes of machine code, {spent:.0f} s")


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
