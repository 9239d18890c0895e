"""The judge for asyncio: many coroutines share one pool of jails, and never more than a fixed number are in it at once.

A verdict is work of threads and processes that cannot be taken back half-way. So a coroutine that is cancelled while it
waits leaves the line, and one that is cancelled while its programs run leaves at once, but its slot is free only when
they have ended (the tasks' own limits see to that) or when the judge is closed.
"""

import asyncio
import concurrent.futures
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from hone.errors import Boundary, HoneError
from hone.tasks.program import Program
from hone.tasks.task import Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Verdict

Answer = TypeVar("Answer")
BATCH = 256
"""Programs of one `grade_many` that are judged together: enough to share a run of the linter, few enough to cancel."""


class AsyncJudge:
    """Grades programs for the coroutines of one event loop. An asynchronous context manager that owns a `Judge`.

    async with AsyncJudge(workers=2) as judge:
        verdict = await judge.grade(task, source)
        verdicts = await asyncio.gather(*(judge.grade(task, source) for source in sources))
    """

    def __init__(self, workers: int = 2, *, max_concurrency: int | None = None, **options: Any) -> None:
        """Prepare; the jails start with `async with`, or with `start`.

        Args:
            workers: programs that run side by side.
            max_concurrency: calls that are judged at the same time, the others wait in line; two for each worker by
                default, so that one program runs while the last one's findings are gathered.
            options: those of `Judge`.

        Raises:
            HoneError: `max_concurrency` is less than 1.
        """
        self.max_concurrency = 2 * max(workers, 1) if max_concurrency is None else max_concurrency
        if self.max_concurrency < 1:
            raise HoneError(Boundary.USER, f"max_concurrency is {max_concurrency}", "give at least 1")
        self._make = partial(Judge, workers, **options)
        self._judge: Judge | None = None
        self._slots = asyncio.Semaphore(self.max_concurrency)
        self._threads: concurrent.futures.ThreadPoolExecutor | None = None
        self._running = 0

    @property
    def running(self) -> int:
        """Calls that hold a slot now."""
        return self._running

    async def start(self) -> None:
        """Start the jails, without holding up the event loop.

        Raises:
            HoneError: the jail does not work here, or this judge was started before.
        """
        if self._threads is not None:
            raise HoneError(Boundary.USER, "this judge was started before", "make another")
        self._threads = concurrent.futures.ThreadPoolExecutor(self.max_concurrency, "hone-judge")
        starting = asyncio.get_running_loop().run_in_executor(self._threads, self._make)
        try:
            self._judge = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Nobody else will know of the jails that come up now.
            starting.add_done_callback(_close_started)
            raise

    async def __aenter__(self) -> "AsyncJudge":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def grade(self, task: Task, program: Program | str) -> Verdict:
        """The verdict on one program, explained. Raises as `Judge.grade`."""
        return await self.run(lambda judge: judge.grade(task, program))

    async def grade_many(self, pairs: Sequence[tuple[Task, Program | str]], *, explain: bool = False) -> list[Verdict]:
        """Verdicts in the pairs' order, `BATCH` programs at a time. Raises as `Judge.grade_many`."""
        verdicts: list[Verdict] = []
        for start in range(0, len(pairs), BATCH):
            batch = pairs[start : start + BATCH]
            verdicts += await self.run(lambda judge, batch=batch: judge.grade_many(batch, explain=explain))
        return verdicts

    async def run(self, work: Callable[[Judge], Answer]) -> Answer:
        """Call `work` with the judge, in a thread, as soon as a slot is free; slots are given in the order of asking.

        Raises:
            HoneError: the judge is not open, or was closed before the work was done.
        """
        self._opened()
        await self._slots.acquire()
        try:
            judge, threads = self._opened()
            future = asyncio.get_running_loop().run_in_executor(threads, _guarded, work, judge)
        except BaseException:
            self._slots.release()
            raise
        self._running += 1
        future.add_done_callback(self._leave)
        return await asyncio.shield(future)

    def jail_pids(self) -> list[int]:
        """Process ids of the jails that are running now; none before the start and after the end."""
        return [] if self._judge is None else self._judge.jail_pids()

    async def close(self) -> None:
        """End every jail; calls that are still in it end with a `HoneError`. Safe to call twice."""
        judge, self._judge = self._judge, None
        if judge is None or self._threads is None:
            return
        self._threads.shutdown(wait=False)  # its threads end with what they do now
        closing = asyncio.ensure_future(asyncio.to_thread(judge.close))
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing  # the jails end in any case, and then the cancellation goes on
            raise

    def _opened(self) -> tuple[Judge, concurrent.futures.ThreadPoolExecutor]:
        if self._judge is None or self._threads is None:
            raise HoneError(Boundary.USER, "the judge is not open", "use it inside `async with AsyncJudge(…) as judge`")
        return self._judge, self._threads

    def _leave(self, future: "asyncio.Future[Any]") -> None:
        self._running -= 1
        self._slots.release()
        if not future.cancelled():
            future.exception()  # whoever was cancelled will not look at it


def _guarded(work: Callable[[Judge], Answer], judge: Judge) -> Answer:
    try:
        return work(judge)
    except concurrent.futures.CancelledError as error:
        # The pool was closed under it. In asyncio the same name would mean that the caller was cancelled.
        raise HoneError(Boundary.USER, "the judge was closed before it had judged", "grade before the end") from error


def _close_started(starting: "asyncio.Future[Judge]") -> None:
    if not starting.cancelled() and starting.exception() is None:
        starting.result().close()
