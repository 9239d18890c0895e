"""The judge for asyncio, over real jails: bounded, cancellable, and gone when it is closed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hone import AsyncJudge, Outcome, Task
from hone.errors import HoneError
from hone.verdict.judge import Judge

ADD = Task.from_examples(prompt="Add.", entry_point="add", visible=[((1, 2), 3)], hidden=[((2, 2), 4)])
RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
SLEEPS = "import time\ndef add(a, b):\n    time.sleep(0.8)\n    return a + b\n"


pytestmark = pytest.mark.usefixtures("jail")


def judged(use: Callable[[AsyncJudge], Awaitable[Any]], **options: Any) -> Any:
    """What `use` makes of a fresh judge."""

    async def main() -> Any:
        async with AsyncJudge(1, static=False, flakiness=None, **options) as judge:
            return await asyncio.wait_for(use(judge), 60)

    return asyncio.run(main())


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_many_coroutines_each_get_their_own_verdict():
    async def use(judge):
        return await asyncio.gather(*(judge.grade(ADD, (RIGHT, WRONG)[i % 2] + f"# {i}\n") for i in range(40)))

    verdicts = judged(use, max_concurrency=4)
    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED, Outcome.WRONG_ANSWER] * 20


def test_no_more_calls_run_at_once_than_allowed():
    most = 0

    async def use(judge):
        async def watched(index):
            nonlocal most
            verdict = await judge.run(lambda inner: (judge.running, inner.grade(ADD, RIGHT + f"# {index}\n")))
            most = max(most, verdict[0])

        await asyncio.gather(*(watched(index) for index in range(12)))
        return judge.running

    assert judged(use, max_concurrency=3) == 0
    assert most == 3


def test_grade_many_keeps_the_order_of_the_pairs():
    async def use(judge):
        return await judge.grade_many([(ADD, WRONG), (ADD, RIGHT), (ADD, WRONG)], explain=True)

    assert [verdict.passed for verdict in judged(use)] == [False, True, False]


def test_a_cancelled_call_gives_its_slot_back_when_its_program_has_ended():
    async def use(judge):
        calls = [asyncio.create_task(judge.grade(ADD, SLEEPS + f"# {i}\n")) for i in range(4)]
        await asyncio.sleep(0.1)
        assert judge.running == 1  # the others wait in line
        for call in calls:
            call.cancel()
        began = time.monotonic()
        assert all(
            isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*calls, return_exceptions=True)
        )
        assert time.monotonic() - began < 0.5  # nobody waits for a verdict that nobody wants
        assert judge.running == 1
        verdict = await judge.grade(ADD, RIGHT)
        return verdict, judge.running

    verdict, running = judged(use, max_concurrency=1)
    assert verdict.passed
    assert running == 0


def test_the_event_loop_goes_on_while_programs_run():
    async def use(judge):
        call = asyncio.create_task(judge.grade(ADD, SLEEPS))
        turns = 0
        while not call.done():
            await asyncio.sleep(0.01)
            turns += 1
        return turns, call.result()

    turns, verdict = judged(use)
    assert turns > 10
    assert verdict.passed


def test_closing_ends_every_jail_and_every_call():
    async def main():
        judge = AsyncJudge(2, static=False, flakiness=None)
        await judge.start()
        pids = judge.jail_pids()
        assert len(alive(pids)) >= 2
        calls = [asyncio.create_task(judge.grade(ADD, SLEEPS + f"# {i}\n")) for i in range(8)]
        await asyncio.sleep(0.1)
        await judge.close()
        await judge.close()
        ends = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 20)
        return pids, ends, judge

    pids, ends, judge = asyncio.run(main())
    assert alive(pids) == judge.jail_pids() == []
    # A call that was in a jail is not graded; one that was in line, or whose pool went away, ends with an error.
    assert all(isinstance(end, HoneError) or getattr(end, "outcome", None) is Outcome.NOT_GRADED for end in ends), ends


def test_jails_end_though_the_block_is_left_by_an_exception():
    seen: list[int] = []

    async def main():
        async with AsyncJudge(1) as judge:
            seen.extend(judge.jail_pids())
            raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        asyncio.run(main())
    assert seen
    assert alive(seen) == []


def test_a_start_that_is_cancelled_leaves_no_jail_behind(monkeypatch):
    started: list[list[int]] = []
    closed: list[bool] = []

    class Watched(Judge):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            started.append(self.jail_pids())
            time.sleep(0.2)

        def close(self):
            super().close()
            closed.append(True)

    monkeypatch.setattr("hone.verdict.async_judge.Judge", Watched)

    async def main():
        starting = asyncio.create_task(AsyncJudge(1).start())
        while not started:
            await asyncio.sleep(0.01)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        while not closed:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(main(), 30))
    assert alive(started[0]) == []


def test_a_judge_that_is_not_open_says_so():
    async def main():
        return await AsyncJudge(1).grade(ADD, RIGHT)

    with pytest.raises(HoneError, match="the judge is not open"):
        asyncio.run(main())


def test_a_broken_task_reaches_the_one_who_asked():
    async def use(judge):
        with pytest.raises(HoneError, match="has no check"):
            await judge.grade(Task.from_examples(prompt="", entry_point="f", visible=[], hidden=[]), RIGHT)
        return await judge.grade(ADD, RIGHT)

    assert judged(use).passed


@pytest.mark.parametrize("options", [{"workers": 0}, {"max_concurrency": 0}, {"jail": "ful"}])
def test_an_impossible_setting_is_refused(options):
    async def main():
        async with AsyncJudge(**options):
            pass

    with pytest.raises(HoneError):
        asyncio.run(main())
