"""Are races, deadlocks and lost updates found, and correct programs let alone?

Faulty programs are made from the references of the concurrency families, one fault each, and judged on the tasks they
were made for. Correct ones are the references themselves, in all their surface forms.

    python -m bench.long.concurrency --correct 500 --each 3
"""

import itertools
import time
from collections import Counter
from dataclasses import dataclass

import tyro

from hone.tasks.families import Split, TaskMix, task_from_id
from hone.tasks.task import Task
from hone.verdict.judge import Judge

FAULTS: dict[str, tuple[str, str]] = {
    "no lock at all": ("with self.lock:", "if True:"),
    "lock of its own for each call": ("with self.lock:", "with threading.Lock():"),
    "update split in two": (
        "            self.count += amount",
        "            n = self.count\n            self.count = n + amount",
    ),
    "nobody is woken": ("self.changed.notify_all()", "pass"),
    "one is woken where all should be": ("self.changed.notify_all()", "self.changed.notify()"),
    "waits once, without looking again": ("while not self.items", "if not self.items"),
    "room is not looked at again": ("while len(self.items) ==", "if len(self.items) =="),
    "never waits for room": ("self.changed.wait_for(lambda:", "(lambda:"),
    "waits while it holds another lock": (
        "with self.changed:\n            while not self.items",
        "with self.changed, self.changed:\n            while not self.items",
    ),
    "items come out in the wrong order": ("self.items.popleft()", "self.items.pop()"),
    "closing wakes nobody": ("self.closed = True\n            self.changed.notify_all()", "self.closed = True"),
    "lock is never let go": ("with self.lock:", "if self.lock.acquire():"),
}
HARMLESS = ("waits while it holds another lock", "update split in two")
"""Changes that look like faults and are none: the condition's lock may be taken twice, and the lock is still held."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    correct: int = 500
    """runs of correct programs"""
    each: int = 3
    """tasks of each family and level on which each fault is tried"""
    workers: int = 2


def tasks(each: int) -> list[Task]:
    """Some tasks of every family and level."""
    cells = TaskMix.parse("concurrency").trained()
    return [task_from_id(f"{name}:{level}:{Split.TRAIN}:{index}") for index in range(each) for name, level in cells]


def main(options: Options) -> None:
    """Measure and print."""
    faulty = [
        (fault, task, task.reference.replace(*change))
        for task in tasks(options.each)
        for fault, change in FAULTS.items()
        if change[0] in task.reference
    ]
    correct = list(itertools.islice(itertools.cycle(tasks(40)), options.correct))
    with Judge(workers=options.workers, static=False, flakiness=None) as judge:
        began = time.monotonic()
        found = judge.grade_many([(task, source) for _, task, source in faulty])
        print(f"{len(faulty)} faulty programs judged in {time.monotonic() - began:.0f} s")
        caught, tried = Counter[str](), Counter[str]()
        for (fault, _, _), verdict in zip(faulty, found, strict=True):
            tried[fault] += 1
            caught[fault] += not verdict.passed
        for fault in FAULTS:
            harmless = " (harmless: none should be)" if fault in HARMLESS else ""
            print(f"  {fault}: {caught[fault]} of {tried[fault]} found{harmless}")
        real = [fault for fault in tried if fault not in HARMLESS]
        total = sum(tried[fault] for fault in real)
        print(f"found: {sum(caught[fault] for fault in real)} of {total}")
        began, alarms, done = time.monotonic(), Counter[str](), 0
        for start in range(0, len(correct), 50):
            batch = correct[start : start + 50]
            # A comment makes each a program of its own, so that none is judged once for several.
            numbered = [(task, f"{task.reference}# {start + n}\n") for n, task in enumerate(batch)]
            alarms.update(str(verdict.outcome) for verdict in judge.grade_many(numbered))
            done += len(batch)
            print(f"  {done} correct programs: {dict(alarms)}", flush=True)
        print(f"{done} correct programs judged in {time.monotonic() - began:.0f} s: {dict(alarms)}")


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
