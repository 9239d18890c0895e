"""Coroutines side by side, so many at a time: results in order, timeouts, further tries, and cancellation."""

import random
from typing import Any

from hone.errors import Boundary, HoneError
from hone.tasks.checks import CallCheck
from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.concurrency.by_rules import marked
from hone.tasks.families.concurrency.virtual_time import async_draft, observed
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import worded
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "Each of the `jobs` is called once, with no arguments, and what it returns is awaited; the result is the list "
        "of what comes of them, in the order of `jobs`. At most `workers` of them run at a time. They are started "
        "in their order, each as soon as there is room. A job that raises an exception has the result {fallback}. "
        "It all runs on one asyncio event loop, without threads.",
        "With asyncio and without threads: call and await every one of the `jobs`, in the order given, no more than "
        "`workers` at the same time, and start the next as soon as one has ended. Return the list of their results in "
        "the order of `jobs`, with {fallback} for each that raised an exception.",
    ),
    "timeout": (
        "A job that has not ended {seconds} seconds after it was called is cancelled; once it has ended, its place is "
        "free, and its result is {void}{tried}.",
        "No job may take longer than {seconds} seconds{a_call}: it is cancelled then, and its result is {void}. Until "
        "it has really ended it keeps its place{tried}.",
    ),
    "retry": (
        "A job that raises is called again {pause} seconds later, up to {tries} more times, and keeps its place "
        "meanwhile; it counts as one that raises only if it raises the last time, too.",
    ),
    "done": (
        "`done(index, result)` is called as soon as the result of the job at an index is known.",
        "As soon as a job has a result, `done` is called with its index and the result.",
    ),
    "stop": (
        "Once a job has raised{for_good}, no further job is started, and those that are running are cancelled. When "
        "they have ended, the list is returned, with None for them and for those that were never started{told}.",
    ),
    "cancel": (
        "If `{name}` is cancelled itself, it cancels all jobs that are running and starts no more. Once they have "
        "ended, and not before, it ends as cancelled.",
    ),
}
_HEAD = """
#? !done {
async def $name(jobs: list[Callable[[], Awaitable[int]]], workers: int) -> list[int]: ...  #? !stop
async def $name(jobs: list[Callable[[], Awaitable[int]]], workers: int) -> list[int | None]: ...  #? stop
#? }
#? done {
async def $name(
    jobs: list[Callable[[], Awaitable[int]]], workers: int, done: Callable[[int, int], None]
) -> list[int]: ...  #? !stop
) -> list[int | None]: ...  #? stop
#? }
"""
_REFERENCE = """
import asyncio
from collections.abc import Awaitable, Callable


async def $name(
    jobs: list[Callable[[], Awaitable[int]]],
    workers: int,
    done: Callable[[int, int], None],  #? done
) -> list[int]:  #? !stop
) -> list[int | None]:  #? stop
    #? !semaphore {
    results: list[int | None] = [None] * len(jobs)
    left = iter(range(len(jobs)))
    #? }
    room = asyncio.Semaphore(workers)  #? semaphore

    async def attempt(job: Callable[[], Awaitable[int]]) -> tuple[bool, int]:
        #? retry {
        for trial in range($tries + 1):
            if trial > 0:
                await asyncio.sleep($pause)
            try:
                return True, await job()  #? !timeout
                return True, await asyncio.wait_for(job(), $seconds)  #? timeout
            #? timeout
            except TimeoutError:
                return True, $void
            except Exception:
                continue
        #? }
        #? !retry {
        try:
            return True, await job()  #? !timeout
            #? timeout
            async with asyncio.timeout($seconds):
                return True, await job()
        #? timeout
        except TimeoutError:
            return True, $void
        except Exception:
            pass
        #? }
        return False, $fallback

    #? semaphore {
    async def work(index: int) -> int:
        async with room:
            _, result = await attempt(jobs[index])
            done(index, result)  #? done
            return result

    return await asyncio.gather(*map(work, range(len(jobs)))$all)
    #? }
    #? !semaphore {
    async def work() -> None:
        for index in left:
            fine, results[index] = await attempt(jobs[index])  #? stop
            _, results[index] = await attempt(jobs[index])  #? !stop
            done(index, results[index])  #? done
            #? stop
            if not fine:
                for task in tasks:
                    if task is not asyncio.current_task():
                        task.cancel()
                return

    tasks = [asyncio.create_task(work()) for _ in range(min(workers, len(jobs)))]
    await asyncio.gather(*tasks$all)
    return results
    #? }
"""
_SCENARIO = """
async def scenario(solution, loop, time, durations, workers, failing, cleanup, moment):
    log, told, running, peak = [], [], [0], [0]

    def made(index):
        tried = []

        @opaque
        async def job():
            tried.append(index)
            entry = [index, len(tried), time()]
            log.append(entry)
            running[0] += 1
            peak[0] = max(peak[0], running[0])
            try:
                await _sleep(durations[index])
                entry += [time(), "ended"]
                if len(tried) <= failing.get(index, 0):
                    raise (ValueError, KeyError, OSError)[index % 3](index)
                return index * 2
            except _Cancelled:
                await _sleep(cleanup * (index % 3 + 1))
                entry += [time(), "cancelled"]
                raise
            finally:
                running[0] -= 1

        return job

    @opaque
    def done(index, result):
        told.append([index, result, time()])

    async def ask(until_cancelled=None):
        log.clear()
        told.clear()
        began, peak[0] = time(), 0
        task = _create(solution.$name([made(n) for n in range(len(durations))], workers$hook))
        if until_cancelled is not None:
            loop.call_later(until_cancelled, task.cancel)
        try:
            answer = await task
        except _Cancelled:
            answer = "cancelled"
        entries = sorted([*entry[:2], *(x - began if isinstance(x, float) else x for x in entry[2:])] for entry in log)
        calls = sorted([*call[:2], call[2] - began] for call in told)
        return [answer, time() - began, entries, calls, peak[0] <= workers, running[0]]

    facts = [await ask()]
    facts.append(await ask(moment))  #? cancel
    return facts
"""
_TRIES = 1000
"""Of three draws two at most were not plain, in 300 tasks."""
_GRAIN = 1024
"""Parts of a second in which times are counted, so that they add up exactly."""


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    fallback, void, seconds = -rng.randint(1, 40), -rng.randint(41, 80), rng.randint(2, 20)
    tries, pause = rng.randint(1, 3), rng.randint(1, 9)
    name = rng.choice(("gather_bounded", "run_all", "run_jobs"))
    words = {"name": name, "fallback": fallback, "void": void, "seconds": seconds, "tries": tries, "pause": pause}
    semaphore = "stop" not in rules and rng.random() < 0.5
    reference = marked(
        _REFERENCE,
        [*rules, *(["semaphore"] if semaphore else [])],
        all=", return_exceptions=True" if {"stop", "cancel"} & set(rules) else "",
        **words,
    )
    scenario = marked(_SCENARIO, rules, name=name, hook=", done" if "done" in rules else "")
    clears_up = not {"timeout", "stop"} <= set(rules)
    facts_of = observed(reference, scenario)

    def inputs(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        def drawn(count: int, workers: int, failing: int) -> Arguments:
            for _ in range(_TRIES):
                longest = 2 * seconds if "timeout" in rules else 10
                lengths = [(2 * rng.randint(0, longest * _GRAIN // 2) + 1) / _GRAIN for _ in range(count)]
                often = rng.choices((tries, tries + 1, 1), k=min(failing, count))
                raising = dict(zip(rng.sample(range(count), len(often)), often, strict=True))
                for index in raising:
                    lengths[index] = (2 * rng.randint(0, seconds * _GRAIN // 2 - 1) + 1) / _GRAIN
                cleanup = rng.randint(0, 3 * _GRAIN) / _GRAIN if clears_up else 0.0
                moment = rng.randint(1, 8 * _GRAIN) / _GRAIN
                arguments = (lengths, workers, raising, cleanup, moment)
                if _plain(facts_of(*arguments), moment, seconds):
                    return arguments
            raise HoneError(
                Boundary.TASK, f"no plain inputs found for {name} in {_TRIES} tries", "choose another index"
            )

        shown = [drawn(rng.randint(2, 3), rng.randint(1, 2), rng.randint(0, 1)) for _ in range(6)]
        hidden = [drawn(0, 2, 0), drawn(1, 3, 1), drawn(5, 1, 0), drawn(5, 5, 1), drawn(9, 2, 2), drawn(5, 5, 3)]
        return shown, [*hidden, *(drawn(rng.randint(4, 9), rng.randint(2, 4), rng.randint(1, 3)) for _ in range(5))]

    def show(_: str, check: CallCheck) -> str:
        lengths, workers, raising, _, _ = check.args
        answer, took = check.expected[0][:2]
        fails = f", where the one at an index raises the first so many times: {raising}" if raising else ""
        return (
            f"Jobs that sleep for {', '.join(f'{length:g}' for length in lengths)} seconds and return twice their "
            f"index{fails}, with {workers} at a time: {answer} after {took:g} seconds."
        )

    used = {"timeout": (seconds, void), "retry": (tries, pause)}
    return async_draft(
        parameters=(fallback, *(value for rule in rules for value in used.get(rule, ()))),
        name=name,
        interface=marked(_HEAD, rules, name=name).strip(),
        asked=worded(
            rng,
            _ASKED,
            rules,
            for_good=" for the last time" if "retry" in rules else "",
            tried=", which does not count as raising" if {"retry", "stop"} & set(rules) else "",
            a_call=", counted anew each time that it is called" if "retry" in rules else "",
            told="; `done` is not called for these" if "done" in rules else "",
            **words,
        ),
        reference=reference,
        scenario=scenario,
        inputs=inputs,
        show=show,
    )


def _plain(facts: list[Any], moment: float, seconds: float) -> bool:
    """Whether nothing happens of which it would be a matter of taste what comes of it.

    That is two jobs that end at the same instant, and a job that is cancelled again while it clears up.
    """
    for answer, _, entries, *_ in facts:
        if any(len(entry) < 5 for entry in entries):
            return False
        ends = [end for *_, end, how in entries if how == "ended"]
        if len(set(ends)) < len(ends) or moment in ends:
            return False
        if answer == "cancelled" and any(
            how != "ended" and start + seconds <= moment <= end for _, _, start, end, how in entries
        ):
            return False
    return True


FAMILY = DraftedFamily(
    name="concurrency.async_pool",
    about="coroutines side by side, with timeouts, further tries and cancellation",
    skills=("asyncio", "cancellation", "timeouts"),
    compositions={
        1: (("base",),),
        2: (("base", "timeout"), ("base", "retry"), ("base", "done"), ("base", "cancel")),
        3: (
            ("base", "timeout", "retry"),
            ("base", "done", "cancel"),
            ("base", "stop"),
            ("base", "timeout", "done"),
            ("base", "stop", "done"),
        ),
        4: (
            ("base", "retry", "stop", "done"),
            ("base", "timeout", "retry", "cancel"),
            ("base", "timeout", "stop", "done"),
            ("base", "stop", "cancel"),
        ),
        5: (
            ("base", "timeout", "retry", "done", "stop", "cancel"),
            ("base", "timeout", "retry", "stop", "cancel"),
            ("base", "timeout", "retry", "done", "cancel"),
        ),
    },
    draw=_draw,
)
