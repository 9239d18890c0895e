"""The pool: a few workers, each with warm interpreters in jails of their own, and a queue of jobs before them."""

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from types import TracebackType

from hone.errors import Boundary, HoneError
from hone.sandbox import jail as jails
from hone.sandbox.gate import Gate
from hone.sandbox.jobs import CallJob, CaseResult, Job, RunResult, SpeedJob, Status, StdioJob
from hone.sandbox.warm import WorkerDied
from hone.sandbox.worker import Worker

_Ticket = tuple[Job, "Future[RunResult]", bool]
"""A job, its future, and whether it is to run with nothing beside it."""
_SLICE_SECONDS = 0.5
"""What Ctrl-C takes at most."""


class Pool:
    """Runs jobs on `workers` workers. Thread-safe; a context manager.

    A worker that died is replaced and its job tried once more; then the job is NOT_GRADED, never a failure of the
    candidate.
    """

    def __init__(self, workers: int = 2, jail: str = jails.FULL, packages: Sequence[str] = ()) -> None:
        """Start the workers and wait until the first interpreter of each is warm.

        Args:
            workers: how many candidates run at the same time; one for each core is right.
            jail: `full`, or the name of the weaker mode.
            packages: top-level names of installed packages that programs may import, with all that they need; each
                warm interpreter loads them once.

        Raises:
            HoneError: the machine cannot give the jail, or an argument is impossible.
        """
        jails.check_mode(jail)
        if workers < 1:
            raise HoneError(Boundary.USER, f"a pool of {workers} workers", "give at least one")
        self.jail = jail
        self._tickets: queue.SimpleQueue[_Ticket | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._gate = Gate()
        self._closing = threading.Lock()
        self._workers = [Worker(jail, tuple(packages)) for _ in range(workers)]
        warm: list[Future[None]] = [Future() for _ in range(workers)]
        self._threads = [
            threading.Thread(target=self._serve, args=pair, name=f"hone-worker-{index}", daemon=True)
            for index, pair in enumerate(zip(self._workers, warm, strict=True))
        ]
        for thread in self._threads:
            thread.start()
        try:
            for future in warm:
                future.result()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, job: Job) -> RunResult:
        """Run one job and wait for it.

        Raises:
            HoneError: the job is at fault (arguments that are not plain), the jail is gone, or the pool is closed.
        """
        return self.run_many([job])[0]

    def run_many(self, jobs: Sequence[Job]) -> list[RunResult]:
        """Run all jobs, on all workers, and return their results in order. Raises as `run`."""
        return self._run_batch(jobs, alone=False)

    def run_alone(self, jobs: Sequence[Job]) -> list[RunResult]:
        """Run the jobs one after another with nothing beside them, and return their results. Raises as `run`."""
        return [self._run_batch([job], alone=True)[0] for job in jobs]

    def submit(
        self, job: Job, *, alone: bool = False, then: Callable[["Future[RunResult]"], object] | None = None
    ) -> "Future[RunResult]":
        """Queue one job; `alone` keeps everything else off the pool while it runs; `then` is called when it is over."""
        future: Future[RunResult] = Future()
        if then is not None:
            future.add_done_callback(then)
        with self._closing:
            if self._closed.is_set():
                raise HoneError(Boundary.USER, "the pool is closed", "open another")
            self._tickets.put((job, future, alone))
        return future

    def jail_pids(self) -> list[int]:
        """Process numbers of the jails that are up."""
        return [pid for worker in self._workers for pid in worker.pids()]

    def close(self) -> None:
        """End every worker and whatever runs on it. Jobs still queued are cancelled. Safe to call twice."""
        with self._closing:  # no ticket comes after those that are cancelled below
            self._closed.set()
        for _ in self._threads:
            self._tickets.put(None)
        for worker in self._workers:
            worker.kill()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        with contextlib.suppress(queue.Empty):
            while True:
                ticket = self._tickets.get_nowait()
                if ticket is not None:
                    _cancel(ticket[1])

    def _run_batch(self, jobs: Sequence[Job], *, alone: bool) -> list[RunResult]:
        batch = _Batch(len(jobs))
        futures: list[Future[RunResult]] = []
        try:
            futures.extend(self.submit(job, alone=alone, then=batch.settle) for job in jobs)
            batch.wait()
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def _serve(self, worker: Worker, warm: "Future[None]") -> None:
        """A worker's thread: it alone starts the worker's jails, which die with it."""
        try:
            worker.interpreter("candidate")
        except BaseException as error:
            warm.set_exception(error)
            return
        warm.set_result(None)
        try:
            while (ticket := self._tickets.get()) is not None and not self._closed.is_set():
                job, future, alone = ticket
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    with self._gate.alone() if alone else self._gate.shared():
                        result = self._run(worker, job)
                    future.set_result(result)
                except BaseException as error:  # it belongs to whoever waits for the job
                    future.set_exception(error)
        finally:
            worker.close()
            if ticket is not None:
                _cancel(ticket[1])

    def _run(self, worker: Worker, job: Job) -> RunResult:
        reason = ""
        for _attempt in range(2):
            try:
                return worker.run(job)
            except WorkerDied as error:
                worker.close()
                reason = str(error)
                if self._closed.is_set():
                    break
        count = len(
            job.calls if isinstance(job, CallJob | SpeedJob) else job.stdins if isinstance(job, StdioJob) else job.names
        )
        cases = (CaseResult(Status.NOT_GRADED, error=reason),) * count
        return RunResult(Status.NOT_GRADED, cases, f"the sandbox failed: {reason}", jail=self.jail)


class _Batch:
    """Jobs that somebody waits for: until all are over, or one could not be run; woken once, not once for each.

    `concurrent.futures.wait` would do, but for Ctrl-C: an interrupt leaves the locks that it takes locked, and a signal
    that arrives just as a thread begins to wait is not seen until the wait ends. This takes none, and waits in slices.
    """

    def __init__(self, jobs: int) -> None:
        self._left = jobs
        self._lock = threading.Lock()
        self._over: queue.SimpleQueue[None] = queue.SimpleQueue()

    def settle(self, future: "Future[RunResult]") -> None:
        with self._lock:
            self._left -= 1
            over = self._left == 0
        if over or future.cancelled() or future.exception() is not None:
            self._over.put(None)

    def wait(self) -> None:
        waiting = self._left > 0
        while waiting:
            with contextlib.suppress(queue.Empty):
                self._over.get(timeout=_SLICE_SECONDS)
                waiting = False


def _cancel(future: "Future[RunResult]") -> None:
    """Cancel a job that was taken from the queue and never begun. Without the notice, `wait` would wait for ever."""
    if future.cancel():
        future.set_running_or_notify_cancel()
