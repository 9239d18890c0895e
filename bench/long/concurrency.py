"""Are races, deadlocks and lost updates found, and correct programs let alone?

Faulty programs are made from the references of the concurrency families, one fault each, and judged on the tasks they
were made for; so is each reference without one of its locks. Correct ones are the references themselves, in all their
surface forms, and in other idioms.

    python -m bench.long.concurrency --correct 500 --each 2 --locks 2

In pieces: `--families memo barrier`, and of the correct programs `--start 200 --correct 100` (the third hundred). What
was judged so far is shown.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import tyro

from bench.long.concurrency_faults import FAULTS, IDIOMS
from hone.tasks.families import FAMILIES, Split, levels_of, task_from_id
from hone.tasks.families.repair.unlocked import locked_in, unlocked
from hone.tasks.task import Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Verdict

_BATCH = 20
Made = tuple[str, bool, Task, str]
"""A family and its fault, or an idiom; whether it is right; a task and a program for it."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    correct: int = 500
    """runs of correct programs"""
    each: int = 2
    """tasks of each family and level on which each fault is tried"""
    locks: int = 0
    """tasks of each family and level of which each lock is dropped"""
    families: tuple[str, ...] = ()
    """their names without the domain; all by default"""
    start: int = 0
    """correct programs to leave out at first, which another run has judged"""
    workers: int = 2


def tasks(each: int, families: tuple[str, ...]) -> list[Task]:
    """Some tasks of every family and level, of the first split in which there are any."""
    names = [name for name in FAMILIES if name.startswith("concurrency.")]
    chosen = [name for name in names if not families or name.partition(".")[2] in families]
    return [
        task_from_id(f"{name}:{level}:{next(split for split in Split if level in levels_of(name, split))}:{index}")
        for index in range(each)
        for name in chosen
        for level in range(1, 6)
    ]


def missed(made: Sequence[Made], judge: Judge) -> None:
    """Print how many faulty programs are found, and each that is not."""
    found, tried, passing, harmless = Counter[str](), Counter[str](), defaultdict[str, list[str]](list), set[str]()
    began = time.monotonic()
    for (kind, is_harmless, task, _), verdict in judged(made, judge):
        tried[kind] += 1
        found[kind] += not verdict.passed
        harmless |= {kind} if is_harmless else set()
        if verdict.passed is not is_harmless:
            passing[kind].append(task.id.partition(".")[2])
    print(f"{len(made)} faulty programs judged in {time.monotonic() - began:.0f} s")
    for kind, count in sorted(tried.items()):
        print(f"  {kind}: {found[kind]} of {count} found", *passing[kind][:4])
    real = [kind for kind in tried if kind not in harmless]
    print(f"found: {sum(found[kind] for kind in real)} of {sum(tried[kind] for kind in real)}, of {len(real)} kinds")
    for family in sorted({kind.partition(":")[0] for kind in real}):
        mine = [kind for kind in real if kind.startswith(f"{family}:")]
        print(f"  {family}: {sum(found[kind] for kind in mine)} of {sum(tried[kind] for kind in mine)}", flush=True)


def judged(made: Sequence[Made], judge: Judge) -> Iterator[tuple[Made, Verdict]]:
    """Each with its verdict; how many are judged is shown."""
    for start in range(0, len(made), _BATCH):
        batch = made[start : start + _BATCH]
        yield from zip(batch, judge.grade_many([(task, source) for _, _, task, source in batch]), strict=True)
        print(f"  ... {start + len(batch)} of {len(made)}", flush=True)


def faults(options: Options) -> list[Made]:
    """Each fault in each of the tasks whose reference has the place."""
    return [
        (
            f"{fault.family}: {fault.name}" + (f" (harmless: {fault.harmless})" if fault.harmless else ""),
            bool(fault.harmless),
            task,
            source,
        )
        for task in tasks(options.each, options.families)
        for fault in FAULTS
        if (source := fault.made_in(task)) is not None
    ]


def locks(options: Options) -> list[Made]:
    """Each of the tasks without one lock, for each that matters."""
    return [
        (f"{task.family.partition('.')[2]}: {locked_in(task, mutant)}", False, task, mutant.source)
        for task in tasks(options.locks, options.families)
        for mutant in unlocked(task)
    ]


def alarms(options: Options, judge: Judge) -> None:
    """Print how many correct programs fail, and each that does."""
    several = [
        (task, idiom, source)
        for task in tasks(8, options.families)
        for idiom, source in [("reference", task.reference), *((idiom.name, idiom.made_in(task)) for idiom in IDIOMS)]
        if source is not None
    ]
    random.Random(7).shuffle(several)
    began, outcomes, kinds, slowest = time.monotonic(), Counter[str](), Counter[str](), 0.0
    chosen = list(islice(cycle(several), options.start, options.start + options.correct))
    # A comment makes each a program of its own, so that none is judged once for several.
    made = [
        (idiom, True, task, f"{source}# {number}\n")
        for number, (task, idiom, source) in enumerate(chosen, options.start)
    ]
    for (idiom, _, task, _), verdict in judged(made, judge):
        outcomes[str(verdict.outcome)] += 1
        kinds[idiom] += 1
        slowest = max(slowest, sum(check.cpu_seconds for check in verdict.checks))
        if not verdict.passed:
            print(f"  false alarm: {task.id}, {idiom}: {verdict.outcome}", flush=True)
    print(f"{len(chosen)} correct programs judged in {time.monotonic() - began:.0f} s: {dict(outcomes)}")
    print(f"  slowest: {slowest:.2f} s of CPU; idioms: {dict(kinds)}")


def main(options: Options) -> None:
    """Measure and print."""
    with Judge(workers=options.workers, static=False, flakiness=None) as judge:
        if options.each:
            missed(faults(options), judge)
        if options.locks:
            missed(locks(options), judge)
        if options.correct:
            alarms(options, judge)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
