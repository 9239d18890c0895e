"""Execution beside generation: programs are judged while others of their part are still being written.

One thread judges part after part, each in chunks as its programs come in. How a part falls into chunks depends on the
clock and changes no verdict.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from queue import SimpleQueue
from types import TracebackType

from hone.loop.clock import Clock
from hone.tasks.program import Program
from hone.tasks.task import Task
from hone.verdict.verdict import Verdict

CHUNK = 64
"""Programs that are judged together at least, but for the last of a part. Each chunk costs a run of the linter and one
of the type checker, 40 ms of a core however few its programs are."""

Pair = tuple[Task, Program]
GradeMany = Callable[[Sequence[Pair]], Sequence[Verdict]]
"""Verdicts in the pairs' order."""


class Judging:
    """The programs of one part on their way through the judge."""

    def __init__(self, size: int, clock: Clock) -> None:
        """Args: size: programs that will come; clock: told how long they were run."""
        self.clock = clock
        self._pairs: list[Pair | None] = [None] * size
        self._waiting: list[int] = []
        self._to_come = size
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._verdicts: Future[list[Verdict]] = Future()

    @property
    def over(self) -> bool:
        """Whether `result` has no more to wait for."""
        return self._verdicts.done()

    def add(self, place: int, task: Task, program: Program) -> None:
        """Hand over a program. Never waits.

        Args:
            place: where its verdict will stand, from 0.

        Raises:
            CancelledError: the executor was closed; there is no use in going on.
        """
        with self._changed:
            if self._error is not None:
                raise self._error
            self._pairs[place] = (task, program)
            self._waiting.append(place)
            self._to_come -= 1
            self._changed.notify()

    def give_up(self, error: BaseException) -> None:
        """No more programs come: whoever waits for the verdicts gets `error`."""
        with self._changed:
            self._error = error
            self._changed.notify()

    def result(self) -> list[Verdict]:
        """The verdicts by place, as soon as all are there; raises whatever kept the part from being judged."""
        return self._verdicts.result()

    def judge(self, grade_many: GradeMany) -> None:
        """Judge every program, chunk by chunk; failures go to whoever waits for the verdicts."""
        verdicts: dict[int, Verdict] = {}
        try:
            while places := self._next():
                pairs = [pair for place in places if (pair := self._pairs[place]) is not None]
                with self.clock.measure("run"):
                    verdicts |= zip(places, grade_many(pairs), strict=True)
        except BaseException as error:
            self._verdicts.set_exception(error)
        else:
            self._verdicts.set_result([verdicts[place] for place in range(len(self._pairs))])

    def _next(self) -> list[int]:
        with self._changed:
            self._changed.wait_for(lambda: self._error or not self._to_come or len(self._waiting) >= CHUNK)
            if self._error is not None:
                raise self._error
            places, self._waiting = self._waiting, []
            return places


class Executor:
    """The thread that judges. A context manager: no part is left waiting, and no thread behind."""

    def __init__(self, grade_many: GradeMany) -> None:
        self._grade_many = grade_many
        self._parts: SimpleQueue[Judging | None] = SimpleQueue()
        self._opened: list[Judging] = []
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name="hone-executor", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Executor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, size: int, clock: Clock) -> Judging:
        """Announce a part of `size` programs; parts are judged in this order. Raises CancelledError after `close`."""
        part = Judging(size, clock)
        with self._lock:
            if self._closed:
                raise CancelledError("the executor is closed")
            self._opened = [*(opened for opened in self._opened if not opened.over), part]
            self._parts.put(part)
        return part

    def close(self) -> None:
        """Give up what is not judged yet, and wait for the chunk that is being judged."""
        with self._lock:
            self._closed = True
            self._parts.put(None)
        for part in self._opened:
            part.give_up(CancelledError("the executor was closed"))
        self._thread.join()

    def _serve(self) -> None:
        while (part := self._parts.get()) is not None:
            part.judge(self._grade_many)
