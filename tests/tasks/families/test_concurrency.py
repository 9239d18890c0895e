"""Each concurrency family finds its textbook mistake, and lets programs alone that are right in other words."""

import re
from dataclasses import replace

import pytest

from hone.tasks.families import FAMILIES, Split, levels_of, task_from_id
from hone.tasks.families.concurrency.by_rules import marked
from hone.tasks.families.repair.unlocked import HARMLESS, locked_in, unlocked
from hone.tasks.task import Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome

NAMES = [name.partition(".")[2] for name in FAMILIES if name.startswith("concurrency.")]


def some(name: str, level: int, words: str = "", index: int = 0) -> Task:
    """A task of the family whose prompt or reference holds the words: the first one, or a later one."""
    full = f"concurrency.{name}"
    split = next(split for split in Split if level in levels_of(full, split))
    several = (task_from_id(f"{full}:{level}:{split}:{index}") for index in range(index, 60))
    return next(task for task in several if words in task.prompt + task.reference)


def changed(task: Task, *changes: tuple[str, str]) -> str:
    source = task.reference
    for before, after in changes:
        source, count = re.subn(before, after, source)
        assert count, before
    return source


FAULTS = {
    "rate_limiter: updates are lost": ("rate_limiter", 1, "", [(r"with self\.lock:", "if True:")]),
    "accounts: opposite transfers wait for each other": (
        "accounts",
        1,
        "",
        [(r"sorted\((\(source, target\)|names)\)", r"(\1)"), (r"(?<=\()\{source, target\}(?=\))", "[source, target]")],
    ),
    "accounts: others wait, too": (
        "accounts",
        1,
        "",
        [(r"\{name: threading\.\w+\(\) for name in balances\}", "dict.fromkeys(balances, threading.RLock())")],
    ),
    "barrier: a wake-up is missed": ("barrier", 1, "", [(r"notify_all", "notify")]),
    "barrier: a fast thread takes a slow one's place": (
        "barrier",
        1,
        "",
        [(r"self\.number == number", "self.count != 0")],
    ),
    "sequencer: delivered out of order": (
        "sequencer",
        1,
        "",
        [(r"    self\._deliver\(\)\n", "self._deliver()\n")],
    ),
    "worker_pool: a job is run twice": (
        "worker_pool",
        1,
        "",
        [(r"with lock:", "if True:")],
    ),
    "memo: computed twice": ("memo", 1, "", [(r"running is None", "True")]),
    "memo: an error leaves others waiting": (
        "memo",
        3,
        "raise",
        [(r"running\.(set_result\(value\)|ended\.set\(\))", r"value is None or running.\1")],
    ),
    "cancellation: several are the first": (
        "cancellation",
        1,
        "threading.Event",
        [(r"with self\.lock:", "if True:")],
    ),
    "async_pool: cancellation is swallowed": (
        "async_pool",
        5,
        "no further job is started",
        [(r"except Exception:", "except BaseException:")],
    ),
    "async_pool: a timeout that never comes": (
        "async_pool",
        2,
        "No job may take longer",
        [(r"timeout\(\d+\)", "timeout(None)")],
    ),
}

FAILED = (Outcome.WRONG_ANSWER, Outcome.RAISED)


def faulty(fault: str) -> tuple[Task, str]:
    name, level, words, changes = FAULTS[fault]
    task = some(name, level, words)
    made = [(before, after) for before, after in changes if re.search(before, task.reference)]
    return task, changed(task, *made)


def test_the_textbook_s_mistakes_are_found(judge: Judge):
    verdicts = judge.grade_many([faulty(fault) for fault in FAULTS])
    outcomes = {fault: verdict.outcome for fault, verdict in zip(FAULTS, verdicts, strict=True)}
    assert [fault for fault, outcome in outcomes.items() if outcome not in FAILED] == []


LOCKS = [
    ("accounts", "balance"),
    ("barrier", "waiting"),
    ("cancellation", "child"),
    ("cancellation", "drop"),
    ("cancellation", "listen"),
    ("memo", "forget"),
    ("memo", "known"),
    ("memo", "peek"),
    ("rate_limiter", "left"),
    ("sequencer", "close"),
    ("sequencer", "held"),
    ("sequencer", "skip"),
    ("worker_pool", "next_job"),
]
"""Families, and a function whose lock is missed in a place of a few opcodes only."""


def lacking(name: str, function: str) -> tuple[Task, str]:
    """The first task that cannot do without this lock, with some of its checks, and its reference without it."""
    for level in range(1, 6):
        for index in range(4):
            task = some(name, level, index=index)
            for mutant in unlocked(task):
                if locked_in(task, mutant) == function:
                    return replace(task, hidden=task.hidden[-4:]), mutant.source
    raise AssertionError(f"no task of {name} has a lock in {function}")


def test_a_lock_that_is_missed_for_a_moment_only_is_missed_every_time(judge: Judge):
    verdicts = judge.grade_many([lacking(*place) for place in LOCKS])
    outcomes = {place: verdict.outcome for place, verdict in zip(LOCKS, verdicts, strict=True)}
    assert {place: outcome for place, outcome in outcomes.items() if outcome not in FAILED} == {}


def test_a_lock_without_which_a_program_is_right_is_not_dropped():
    for name, level, function in (("sequencer", 2, "held"), ("bounded_queue", 3, "size"), ("memo", 3, "known")):
        harmless = some(name, level, f"`{function}`")
        assert function not in {locked_in(harmless, mutant) for mutant in unlocked(harmless)}
    assert all(one.why for one in HARMLESS)


def test_a_wake_up_that_reaches_the_wrong_one_is_seen_every_time(judge: Judge):
    several = [some("bounded_queue", 1, index=index) for index in range(2)]
    verdicts = judge.grade_many([(task, changed(task, ("notify_all", "notify"))) for task in several])
    assert all(verdict.outcome in FAILED for verdict in verdicts)


ALTERNATIVES = {
    "bounded_queue": """
import queue

class NAME:
    def __init__(self):
        self.inner = queue.Queue(CAPACITY)
    def put(self, item):
        if item != VOID:
            self.inner.put(item)
    def get(self):
        return self.inner.get()
""",
    "counter": """
import queue

class NAME:
    def __init__(self):
        self.holder = queue.Queue()
        self.holder.put(FIRST)
    def add(self, amount):
        self.holder.put(self.holder.get() + amount)
    def value(self):
        now = self.holder.get()
        self.holder.put(now)
        return now
""",
    "rate_limiter": """
import threading
from collections import Counter

class NAME:
    def __init__(self, clock):
        self.clock, self.calls, self.turn = clock, Counter(), threading.Semaphore()
    def allow(self):
        with self.turn:
            window = self.clock() // PERIOD
            self.calls[window] += 1
            return self.calls[window] <= LIMIT
""",
    "accounts": """
import threading

class NAME:
    def __init__(self, balances, note):
        self.held, self.busy, self.note, self.changed = dict(balances), set(), note, threading.Condition()
    def _take(self, names):
        with self.changed:
            while self.busy & names:
                self.changed.wait(0.05)
            self.busy |= names
    def _free(self, names):
        with self.changed:
            self.busy -= names
            self.changed.notify_all()
    def transfer(self, source, target, amount):
        self._take({source, target})
        try:
            if self.held[source] - amount < -CREDIT:
                return False
            self.held[source] -= amount
            self.held[target] += amount
            self.note(source, target)
            return True
        finally:
            self._free({source, target})
    def balance(self, name):
        self._take({name})
        try:
            return self.held[name]
        finally:
            self._free({name})
""",
    "barrier": """
import threading

class NAME:
    def __init__(self, parties):
        self.number = FIRST - STEP
        self.inner = threading.Barrier(parties, self._next)
    def _next(self):
        self.number += STEP
    def wait(self):
        self.inner.wait()
        return self.number
""",
    "sequencer": """
import heapq, threading

class NAME:
    def __init__(self, sink):
        self.sink, self.heap, self.due, self.guard, self.busy = sink, [], FIRST, threading.Lock(), False
    def put(self, number, item):
        with self.guard:
            heapq.heappush(self.heap, (number, item))
            if self.busy:
                return
            self.busy = True
        while True:
            with self.guard:
                if not self.heap or self.heap[0][0] != self.due:
                    self.busy = False
                    return
                _, ready = heapq.heappop(self.heap)
                self.due += STEP
            self.sink(ready)
""",
    "worker_pool": """
import threading

def NAME(jobs, workers):
    room, results = threading.BoundedSemaphore(workers), [FALLBACK] * len(jobs)
    def run(index):
        try:
            results[index] = jobs[index]()
        except Exception:
            pass
        finally:
            room.release()
    threads = []
    for index in range(len(jobs)):
        room.acquire()
        threads.append(threading.Thread(target=run, args=(index,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return results
""",
    "memo": """
import threading

class NAME:
    def __init__(self, compute):
        self.compute, self.boxes, self.changed = compute, {}, threading.Condition(threading.Lock())
    def get(self, key):
        with self.changed:
            box = self.boxes.get(key)
            if box is not None:
                while not box:
                    self.changed.wait()
                return box[0]
            box = self.boxes[key] = []
        value = self.compute(key)
        with self.changed:
            box.append(value)
            if value < LEAST:
                del self.boxes[key]
            self.changed.notify_all()
        return value
""",
    "cancellation": """
from concurrent.futures import Future, InvalidStateError

class NAME:
    def __init__(self):
        self.given = Future()
    def cancel(self, reason):
        try:
            self.given.set_result(reason[:MOST])
        except InvalidStateError:
            return False
        return True
    def reason(self):
        return self.given.result() if self.given.done() else None
    def wait(self):
        return self.given.result()
""",
    "async_pool": """
import asyncio

async def NAME(jobs, workers):
    waiting, results = asyncio.Queue(), {}
    for pair in enumerate(jobs):
        waiting.put_nowait(pair)
    async def work():
        while not waiting.empty():
            index, job = waiting.get_nowait()
            try:
                results[index] = await asyncio.create_task(job())
            except Exception:
                results[index] = FALLBACK
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())
    return [results[index] for index in range(len(jobs))]
""",
}
NUMBERS = {
    "CAPACITY": r"at most (\d+) items",
    "VOID": r"item (-\d+) is not",
    "LIMIT": r"(?:first|at most) (\d+) calls",
    "PERIOD": r"// (\d+)`?",
    "CREDIT": r"than -(\d+):|below -(\d+),",
    "FALLBACK": r"(?:result|with) (-\d+)",
    "MOST": r"(?:first|to) (\d+) characters",
    "LEAST": r"(?:below|less than) (-?\d+)",
}


def filled(name: str, task: Task) -> str:
    """The family's alternative, with the task's names and numbers."""
    source = ALTERNATIVES[name].replace("NAME", task.entry_point)
    words = [(word, pattern) for word, pattern in NUMBERS.items() if word in source]
    for word, pattern in words:
        found = re.search(pattern, task.prompt)
        assert found, (word, task.prompt)
        source = source.replace(word, next(part for part in found.groups() if part))
    if "FIRST" in source:
        first, step = first_and_step(task.prompt)
        source = source.replace("FIRST", str(first)).replace("STEP", str(step))
    return source


def first_and_step(prompt: str) -> tuple[int, int]:
    if found := re.search(r"numbered (\d+), (\d+)", prompt):
        return int(found[1]), int(found[2]) - int(found[1])
    if found := re.search(r"numbers from (\d+) up, (\d+) apart|number (\d+), .*higher by (\d+)", prompt):
        first, step = (part for part in found.groups() if part)
        return int(first), int(step)
    found = re.search(r"starts at (\d+)", prompt)
    assert found, prompt
    return int(found[1]), 0


def test_there_is_an_alternative_for_each_family():
    assert sorted(ALTERNATIVES) == sorted(NAMES)


def test_a_program_that_is_right_in_other_words_passes(judge: Judge):
    asked = [(some(name, 1, index=index), name) for name in ALTERNATIVES for index in (0, 1)]
    verdicts = judge.grade_many([(task, filled(name, task)) for task, name in asked])
    assert [verdict.task_id for verdict in verdicts if not verdict.passed] == []


def test_a_program_that_replaces_the_methods_of_threads_is_run_in_threads_all_the_same(judge: Judge):
    task = some("counter", 1)
    at_once = (
        "import sys, threading\n"
        "threading.Thread.start = lambda self: self.run()\n"
        "threading.Thread.join = lambda self, timeout=None: None\n"
    )
    unlocked = changed(task, (r"with self\.lock:", "sys.settrace(None)\n        if True:"))
    verdicts = judge.grade_many([(task, at_once + task.reference), (task, at_once + unlocked)])
    assert [verdict.passed for verdict in verdicts] == [True, False]


def test_waiting_while_others_move_is_no_deadlock(judge: Judge):
    task = some("barrier", 1)
    slow = changed(task, (r"self\.count \+= 1\n", "self.count += 1\n            time.sleep(0.02)\n"))
    assert judge.grade(task, "import time\n" + slow).passed


def test_a_mark_says_for_which_rules_a_line_is_there():
    text = "a  #? x\nb  #? !x\nc  #? x|y\nd  #? x y\n#? x {\ne\n#? y {\nf\n#? }\n#? }\n#? y\ndef g():\n    h\n\ni $n"
    assert marked(text, ["x"], n=1).split() == ["a", "c", "e", "i", "1"]
    assert marked(text, ["y"], n=1).split() == ["b", "c", "def", "g():", "h", "i", "1"]
    assert marked(text, ["x", "y"], n=1).split() == ["a", "c", "d", "e", "f", "def", "g():", "h", "i", "1"]


def test_a_region_that_does_not_end_is_an_error():
    with pytest.raises(ValueError, match="does not end"):
        marked("#? x {\na", [])
