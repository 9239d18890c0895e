"""Are races, deadlocks and lost updates found, and correct programs let alone?

Faulty programs are made from the references of the concurrency families, one fault each, and judged on the tasks they
were made for. Correct ones are the references themselves, in all their surface forms, and in other idioms.

    python -m bench.long.concurrency --correct 500 --each 2
"""

import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import cycle, islice

import tyro

from bench.long.concurrency_faults import FAULTS, IDIOMS
from hone.tasks.families import FAMILIES, Split, levels_of, task_from_id
from hone.tasks.task import Task
from hone.verdict.judge import Judge

_BATCH = 50


@dataclass(frozen=True)
class Options:
    """What to measure."""

    correct: int = 500
    """runs of correct programs"""
    each: int = 2
    """tasks of each family and level on which each fault is tried"""
    families: tuple[str, ...] = ()
    """their names without the domain; all by default"""
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


def missed(options: Options, judge: Judge) -> None:
    """Print how many faulty programs are found, and each that is not."""
    made = [
        (fault, task, source)
        for task in tasks(options.each, options.families)
        for fault in FAULTS
        if (source := fault.made_in(task)) is not None
    ]
    began = time.monotonic()
    verdicts = judge.grade_many([(task, source) for _, task, source in made])
    print(f"{len(made)} faulty programs judged in {time.monotonic() - began:.0f} s")
    found, tried, passing = Counter[str](), Counter[str](), defaultdict[str, list[str]](list)
    for (fault, task, _), verdict in zip(made, verdicts, strict=True):
        kind = f"{fault.family}: {fault.name}" + (f" (harmless: {fault.harmless})" if fault.harmless else "")
        tried[kind] += 1
        found[kind] += not verdict.passed
        if verdict.passed is not bool(fault.harmless):
            passing[kind].append(task.id.partition(".")[2])
    for kind, count in sorted(tried.items()):
        print(f"  {kind}: {found[kind]} of {count} found", *passing[kind][:4])
    real = [kind for kind in tried if "(harmless" not in kind]
    print(f"found: {sum(found[kind] for kind in real)} of {sum(tried[kind] for kind in real)}, of {len(real)} kinds")
    for family in sorted({kind.partition(":")[0] for kind in real}):
        mine = [kind for kind in real if kind.startswith(f"{family}:")]
        print(f"  {family}: {sum(found[kind] for kind in mine)} of {sum(tried[kind] for kind in mine)}")


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
    chosen = list(islice(cycle(several), options.correct))
    for start in range(0, len(chosen), _BATCH):
        batch = chosen[start : start + _BATCH]
        # A comment makes each a program of its own, so that none is judged once for several.
        programs = [(task, f"{source}# {start + n}\n") for n, (task, _, source) in enumerate(batch)]
        for (task, idiom, _), verdict in zip(batch, judge.grade_many(programs), strict=True):
            outcomes[str(verdict.outcome)] += 1
            kinds[idiom] += 1
            slowest = max(slowest, sum(check.cpu_seconds for check in verdict.checks))
            if not verdict.passed:
                print(f"  false alarm: {task.id}, {idiom}: {verdict.outcome}", flush=True)
        print(f"  {start + len(batch)} correct programs: {dict(outcomes)}", flush=True)
    print(f"{len(chosen)} correct programs judged in {time.monotonic() - began:.0f} s: {dict(outcomes)}")
    print(f"  slowest: {slowest:.2f} s of CPU; idioms: {dict(kinds)}")


def main(options: Options) -> None:
    """Measure and print."""
    with Judge(workers=options.workers, static=False, flakiness=None) as judge:
        if options.each:
            missed(options, judge)
        if options.correct:
            alarms(options, judge)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
