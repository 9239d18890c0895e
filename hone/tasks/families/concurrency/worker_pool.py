"""Jobs on several threads: each once, not too many at a time, results in order, whatever some of them raise."""

import random

from hone.tasks.checks import CallCheck
from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.concurrency.by_rules import marked
from hone.tasks.families.concurrency.interleaved import threaded_draft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import worded
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "It runs each of the `jobs` once, at most `workers` of them at the same time, in threads, and returns the list "
        "of what they return, in the order of `jobs`. Jobs are started in that order, each as soon as fewer than "
        "`workers` are running, so that `workers` jobs may wait for one another. A job that raises an exception has "
        "the result {fallback}. When `{name}` returns, no job is running any more.",
        "Call every one of the `jobs` exactly once, on up to `workers` threads: never more than `workers` jobs at a "
        "time, and as many as that while there are enough left (they may depend on running side by side). They are "
        "started in their order, and the list that comes back has their results in the same order, with {fallback} "
        "for each job that raised an exception. It comes back once all have ended.",
    ),
    "retry": (
        "A job that raises is called again at once, on the same worker, up to {tries} more times; only if it raises "
        "the last time, too, does it count as one that raises.",
    ),
    "each": (
        "`done(index, result)` is called once for each job that was run, when its result is known and before `{name}` "
        "returns, and never twice at the same time.",
        "After each job that was run, `done` is called with its index in `jobs` and its result; two calls of `done` "
        "never overlap, and all have ended when `{name}` returns.",
    ),
    "stop": (
        "After a job has raised{for_good}, no worker takes a further job; those that were never started have the "
        "result None.",
    ),
    "nested": ("A job may itself call `{name}`, to any depth.",),
    "reject": ("It raises ValueError, and runs nothing, if `workers` is less than 1.",),
}
_HEAD = """
def $name(jobs: list[Callable[[], int]], workers: int) -> list[int]: ...  #? !each !stop
#? each !stop {
def $name(jobs: list[Callable[[], int]], workers: int, done: Callable[[int, int], None]) -> list[int]: ...
#? }
def $name(jobs: list[Callable[[], int]], workers: int) -> list[int | None]: ...  #? !each stop
#? each stop {
def $name(
    jobs: list[Callable[[], int]], workers: int, done: Callable[[int, int], None]
) -> list[int | None]: ...
#? }
"""
_REFERENCE = """
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor  #? executor


def $name(
    jobs: list[Callable[[], int]],
    workers: int,
    done: Callable[[int, int], None],  #? each
) -> list[int]:  #? !stop
) -> list[int | None]:  #? stop
    #? reject
    if workers < 1:
        raise ValueError("there must be a worker")
    results: list[int] = [$fallback] * len(jobs)  #? !stop
    results: list[int | None] = [None] * len(jobs)  #? stop
    taken = 0
    lock = threading.Lock()
    telling = threading.Lock()  #? each
    failed = threading.Event()  #? stop

    def next_job() -> int | None:
        nonlocal taken
        with lock:
            if taken == len(jobs) or failed.is_set():  #? stop
                return None  #? stop
            if taken == len(jobs):  #? !stop
                return None  #? !stop
            taken += 1
            return taken - 1

    #? retry
    def attempt(job: Callable[[], int]) -> tuple[bool, int]:
        for _ in range($tries + 1):
            try:
                return True, job()
            except Exception:
                continue
        return False, $fallback

    #? !retry
    def attempt(job: Callable[[], int]) -> tuple[bool, int]:
        try:
            return True, job()
        except Exception:
            return False, $fallback

    def work() -> None:
        while (index := next_job()) is not None:
            #? stop
            fine, result = attempt(jobs[index])
            #? !stop
            _, result = attempt(jobs[index])
            results[index] = result
            #? stop
            if not fine:
                failed.set()
            #? each
            with telling:
                done(index, result)

    #? executor {
    count = min(workers, len(jobs))
    with ThreadPoolExecutor(max(count, 1)) as pool:
        running = [pool.submit(work) for _ in range(count)]
    for one in running:
        one.result()
    #? }
    #? !executor {
    threads = [threading.Thread(target=work) for _ in range(min(workers, len(jobs)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    #? }
    return results
"""
_SCENARIO = """
def scenario(solution, seed, count, workers, failing):
    calls, running, peak, overlaps = [0] * count, [0], [0], [0]
    guard, told, inside, facts, answers, order = _Lock(), [], [0], [], [], []

    @opaque
    def done(index, result):
        inside[0] += 1
        overlaps[0] += inside[0] > 1
        _sleep(0.0001)
        told.append([index, result])
        inside[0] -= 1

    def made(index):
        @opaque
        def job():
            with guard:
                calls[index] += 1
                running[0] += 1
                peak[0] = max(peak[0], running[0])
                order.append(index)
            _sleep(0)
            with guard:
                running[0] -= 1
            if index % 7 in failing and calls[index] <= index % 4 + 1:
                raise (ValueError, KeyError, OSError)[index % 3](index)
            return index * 3

        return job

    def ask(jobs, workers, *hook):
        if not together([lambda: answers.append(solution.$name(jobs, workers$hook))], seed):
            return False
        return True

    #? !stop {
    if not ask([made(n) for n in range(count)], workers):
        return ["stuck"]
    facts += [answers[-1], list(calls), peak[0] <= workers, running[0]]
    facts.append(sorted(told))  #? each
    #? }
    calls[:], order[:], told[:] = [0] * count, [], []
    if not ask([made(n) for n in range(count)], 1):
        return ["stuck"]
    facts += [answers[-1], list(order)]
    facts.append(list(told))  #? each

    meeting = [0]

    def meet(index):
        @opaque
        def job():
            with guard:
                meeting[0] += 1
            until(lambda: meeting[0] >= workers)
            if index < $late:
                raise RuntimeError("late")
            return index

        return job

    calls[:], told[:], peak[0] = [0] * count, [], 0
    if not ask([meet(n) for n in range(workers)] + [made(n) for n in range(count)], workers):
        return ["stuck"]
    facts += [answers[-1], list(calls), meeting[0]]
    facts.append(sorted(told))  #? each

    waiting, ended = [0], []

    def slow(index):
        @opaque
        def job():
            waiting[0] += 1
            if index == 0:
                until(lambda: waiting[0] >= min(workers + 2, 4))
                _sleep(0.003)
                ended.append(waiting[0])
            return -index

        return job

    if workers > 1:
        if not ask([slow(n) for n in range(4)], workers):
            return ["stuck"]
        facts += [answers[-1], ended]
    facts.append(overlaps[0])  #? each
    #? nested {
    def deep(level):
        @opaque
        def job():
            inner = solution.$name([deep(level - 1)] * 2 if level else [opaque(lambda: 5)], workers$hook)
            return sum(inner) + 1

        return job

    if not ask([deep(1) for n in range(workers + 1)], workers):
        return ["stuck"]
    facts.append(answers[-1])
    #? }
    if not ask([], workers):
        return ["stuck"]
    facts.append(answers[-1])
    #? reject {
    calls[:] = [0] * count
    for bad in (0, -1):
        facts.append(outcome(solution.$name, [made(n) for n in range(count)], bad$hook))
    facts.append(sum(calls))
    #? }
    return facts
"""


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    fallback, tries = -rng.randint(1, 60), rng.randint(1, 3)
    name = rng.choice(("run_all", "in_parallel", "run_jobs"))

    def inputs(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        def failing() -> list[int]:
            return sorted(rng.sample(range(7), rng.randint(0, 3)))

        shown: list[Arguments] = [(n + 2, rng.randint(1, 2), failing()) for n in range(6)]
        hidden: list[Arguments] = [(1, 1, []), (1, 3, [0]), (9, 2, []), (8, 3, [4]), (16, 4, [1, 2])]
        return shown, [*hidden, *((rng.randint(5, 14), rng.randint(1, 4), failing()) for _ in range(5))]

    def show(_: str, check: CallCheck) -> str:
        count, _, failing = check.args
        raising = [index for index in range(count) if index % 7 in failing]
        answer = check.expected[0]
        fails = f", but the jobs at {raising} raise the first i % 4 + 1 times that they are called" if raising else ""
        return (
            f"Of {count} jobs the one at index i returns 3 * i{fails}. With one worker"
            f"{'' if 'stop' in rules else ' or more'}, the result is {answer}."
        )

    variants = [*rules, *rng.choice(((), ("executor",)))]
    words = {"name": name, "fallback": fallback, "tries": tries}
    scenario = marked(
        _SCENARIO,
        rules,
        name=name,
        hook=", done" if "each" in rules else "",
        late="workers" if "stop" in rules else "0",
    )
    return threaded_draft(
        parameters=(fallback, *([tries] if "retry" in rules else [])),
        name=name,
        interface=marked(_HEAD, rules, name=name).strip(),
        asked=worded(rng, _ASKED, rules, for_good=" for the last time" if "retry" in rules else "", **words),
        reference=marked(_REFERENCE, variants, **words),
        scenario=scenario,
        inputs=inputs,
        show=show,
    )


FAMILY = DraftedFamily(
    name="concurrency.worker_pool",
    about="jobs on several threads, with results in order",
    skills=("threads", "worker pools", "exceptions"),
    compositions={
        1: (("base",),),
        2: (("base", "retry"), ("base", "each"), ("base", "stop")),
        3: (
            ("base", "retry", "each"),
            ("base", "stop", "each"),
            ("base", "retry", "nested"),
            ("base", "retry", "stop"),
        ),
        4: (
            ("base", "retry", "stop", "reject"),
            ("base", "each", "nested", "reject"),
            ("base", "retry", "each", "stop"),
        ),
        5: (
            ("base", "retry", "each", "stop", "nested", "reject"),
            ("base", "retry", "each", "stop", "reject"),
            ("base", "retry", "each", "nested", "reject"),
        ),
    },
    draw=_draw,
)
