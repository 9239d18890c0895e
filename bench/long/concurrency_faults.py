"""Mistakes that people make with threads and coroutines, as changes of the references of the concurrency families."""

import re
from dataclasses import dataclass

from hone.tasks.task import Task

_ALL = ""
"""In place of a family: for each whose reference has the place."""


@dataclass(frozen=True)
class Fault:
    """One mistake: where its pattern is found in a reference of its family, it can be made there."""

    name: str
    family: str
    changes: tuple[tuple[str, str], ...]
    """Patterns and what is put in their place, all of them."""
    only: str = ""
    """Words that the prompt must hold for it to be a mistake."""
    harmless: str = ""
    """Why it only looks like a mistake: then no program with it may fail."""

    def made_in(self, task: Task) -> str | None:
        """The faulty program; None where the reference has no such place."""
        if self.family not in ("", task.family.partition(".")[2]) or not re.search(self.only, task.prompt):
            return None
        source = task.reference
        for pattern, text in self.changes:
            source, count = re.subn(pattern, text, source, flags=re.MULTILINE | re.DOTALL)
            if count == 0:
                return None
        return source if source != task.reference else None


def _fault(family: str, name: str, *changes: tuple[str, str], only: str = "", harmless: str = "") -> Fault:
    return Fault(name, family, changes, only, harmless)


_HELD_TWICE = (
    r"with self\.changed:\n            while not self\.items",
    "with self.changed, self.changed:\n            while not self.items",
)

FAULTS: tuple[Fault, ...] = (
    _fault("counter", "no lock at all", (r"with self\.lock:", "if True:")),
    _fault("counter", "lock of its own for each call", (r"with self\.lock:", "with threading.Lock():")),
    _fault("counter", "lock is never let go", (r"with self\.lock:", "if self.lock.acquire():")),
    _fault(
        "counter",
        "update split in two",
        (r"^            self\.count \+= amount", "            n = self.count\n            self.count = n + amount"),
        harmless="the lock is still held",
    ),
    _fault("bounded_queue", "nobody is woken", (r"self\.changed\.notify_all\(\)", "pass")),
    _fault("bounded_queue", "one is woken where all should be", (r"self\.changed\.notify_all", "self.changed.notify")),
    _fault("bounded_queue", "waits once, without looking again", ("while not self.items", "if not self.items")),
    _fault("bounded_queue", "room is not looked at again", (r"while len\(self\.items\) ==", "if len(self.items) ==")),
    _fault("bounded_queue", "never waits for room", (r"self\.changed\.wait_for\(lambda:", "(lambda:")),
    _fault("bounded_queue", "waits with the lock taken twice", _HELD_TWICE, harmless="a condition's lock may be"),
    _fault(
        "bounded_queue",
        "items come out in the wrong order",
        (r"self\.items\.popleft\(\)", "self.items.pop()"),
        only="at most (?!1 )",
    ),
    _fault(
        "bounded_queue",
        "closing wakes nobody",
        (r"self\.closed = True\n *self\.changed\.notify_all\(\)", "self.closed = True"),
    ),
    _fault("rate_limiter", "no lock at all", (r"with self\.lock:", "if True:")),
    _fault("rate_limiter", "lock of its own for each call", (r"with self\.lock:", "with threading.Lock():")),
    _fault("rate_limiter", "lock is never let go", (r"with self\.lock:", "if self.lock.acquire():")),
    _fault(
        "rate_limiter",
        "looked at and used under the lock, one after the other",
        (
            r"^            ((?:self|budget)\.used \+= [^\n]*)\n            return True",
            r"        with self.lock:\n            \1\n            return True",
        ),
    ),
    _fault(
        "rate_limiter",
        "refund outside the lock",
        (r"(def refund.*?)with self\.lock:", r"\1if True:"),
    ),
    _fault("accounts", "locks in the order of the call", (r"sorted\(\(source, target\)\)", "(source, target)")),
    _fault(
        "accounts",
        "locks in the order of the call, in a loop",
        (r"_held\(\{source, target\}\)", "_held(list(dict.fromkeys([source, target])))"),
        (r"sorted\(names\)", "names"),
    ),
    _fault(
        "accounts", "many locks in the order of the call", (r"sorted\(\{source, \*targets\}\)", "[source, *targets]")
    ),
    _fault(
        "accounts",
        "one lock for all accounts",
        (r"\{name: threading\.\w+\(\) for name in balances\}", "dict.fromkeys(balances, threading.RLock())"),
    ),
    _fault("accounts", "no lock at all", (r"with self\.locks\[first\], self\.locks\[second\]:", "if True:")),
    _fault("accounts", "no lock at all, in a loop", (r"with self\._held\(\{source, target\}\):", "if True:")),
    _fault(
        "accounts",
        "only the source is locked",
        (r"with self\.locks\[first\], self\.locks\[second\]:", "with self.locks[source]:"),
    ),
    _fault("accounts", "only the source is locked, in a loop", (r"_held\(\{source, target\}\)", "_held({source})")),
    _fault(
        "accounts",
        "looked at outside the locks",
        (
            r"        (with self\.locks\[first\], self\.locks\[second\]:)\n"
            r"    (        if [^\n]*)\n    ([^\n]*return False)",
            r"\2\n\3\n        \1",
        ),
    ),
    _fault(
        "accounts",
        "noted after the locks are free",
        (
            r"^            self\.note\(source, target\)\n            return True\n\n    def balance",
            r"        self.note(source, target)\n        return True\n\n    def balance",
        ),
    ),
    _fault(
        "accounts",
        "sums up without the locks",
        (r"with ExitStack\(\) as held:\n[^\n]*\n[^\n]*\n            return sum", "if True:\n            return sum"),
    ),
    _fault(
        "accounts",
        "sums up one account at a time",
        (
            r"with ExitStack\(\) as held:\n[^\n]*\n[^\n]*\n            return sum[^\n]*",
            "if True:\n            return sum([self.balance(name) for name in self.balances])",
        ),
    ),
    _fault(
        "accounts",
        "spread as one transfer after the other",
        (
            r"with ExitStack\(\) as held:(?:(?!def ).)*return True\n\Z",
            "if True:\n            return all([self.transfer(source, target, amount) for target in targets])\n",
        ),
        only="spread",
    ),
    _fault(
        "barrier",
        "waits until nobody is there",
        (r"(while|if|lambda: not \()(.*?)self\.number == number", r"\1\2self.count != 0"),
    ),
    _fault("barrier", "one is woken where all should be", (r"self\.changed\.notify_all", "self.changed.notify")),
    _fault("barrier", "nobody is woken", (r"self\.changed\.notify_all\(\)", "pass")),
    _fault(
        "barrier",
        "counted outside the lock",
        (
            r"with self\.changed:\n            number = self\.number\n            self\.count \+= 1",
            "number = self.number\n        self.count += 1\n        with self.changed:",
        ),
    ),
    _fault(
        "barrier",
        "the count goes on",
        (r"(def _complete\(self\) -> None:\n) *self\.count = 0\n", r"\1"),
    ),
    _fault(
        "barrier",
        "whoever leaves does not look who waits",
        (r"(self\.parties -= 1\n            if )self\.count == self\.parties", r"\1False"),
    ),
    _fault(
        "barrier",
        "aborting wakes nobody",
        (r"self\.broken = True\n            self\.changed\.notify_all\(\)", "self.broken = True"),
    ),
    _fault(
        "barrier",
        "no round number to wait for",
        (
            r"(            )while self\.number == number[^\n]*:\n                self\.changed\.wait\(\)",
            r"\1if self.count:\n                self.changed.wait()",
        ),
        harmless="nobody is woken but at the end of a round",
        only=r"(?s)\A(?!.*(abort|reset))",
    ),
    _fault("cancellation", "no lock at all", (r"with self\.lock:", "if True:")),
    _fault(
        "cancellation",
        "looked at before it locks",
        (
            r"with (self\.\w+):\n(            if self\.given is not None:\n                return False\n)",
            r"if self.given is not None:\n            return False\n        with \1:\n",
        ),
    ),
    _fault("cancellation", "nobody is woken", (r"self\.(changed\.notify_all|cancelled\.set)\(\)", "pass")),
    _fault("cancellation", "one is woken where all should be", (r"self\.changed\.notify_all", "self.changed.notify")),
    _fault(
        "cancellation",
        "calls others while it holds the lock",
        (
            r"(self\.lock = .*)heard, self\.heard = self\.heard, \[\]",
            r"\1heard, self.heard = self.heard, []\n            for function in heard:\n"
            r"                function(given)\n            heard = []",
        ),
    ),
    _fault(
        "cancellation",
        "whoever listens late is not told",
        (r"            given = self\.given\n        function\(given\)", "            given = self.given"),
    ),
    _fault(
        "cancellation",
        "listens without looking under the lock",
        (
            r"with (self\.\w+):\n            if self\.given is None:\n(                self\.heard\.append[^\n]*\n)"
            r"                return\n            given = self\.given\n",
            r"if self.given is None:\n            with \1:\n\2            return\n        given = self.given\n",
        ),
    ),
    _fault(
        "cancellation",
        "makes children without looking under the lock",
        (
            r"with (self\.\w+):\n            if self\.given is None:\n(                self\.children\.append[^\n]*\n)"
            r"                return made\n            given = self\.given\n",
            r"if self.given is None:\n            with \1:\n\2            return made\n        given = self.given\n",
        ),
    ),
    _fault(
        "cancellation",
        "swallows what ends it",
        (
            r"except RuntimeError:\n                if self\.reason\(\) is not None:",
            "except RuntimeError:\n                if False:",
        ),
    ),
    _fault(
        "cancellation", "runs on", (r"(for step in steps:\n            if )self\.reason\(\) is not None", r"\1False")
    ),
    _fault("sequencer", "no lock at all", (r"with self\.lock:", "if True:")),
    _fault("sequencer", "lock of its own for each call", (r"with self\.lock:", "with threading.Lock():")),
    _fault(
        "sequencer",
        "delivered after the lock is free",
        (
            r"(self\.kept\[number\] = item\n)            self\._deliver\(\)(\n            return True)?\n",
            r"\1        self._deliver()\n        return True\n",
        ),
    ),
    _fault("sequencer", "waits once, without looking again", (r"while number > self\.due", "if number > self.due")),
    _fault("sequencer", "one is woken where all should be", (r"self\.lock\.notify_all", "self.lock.notify")),
    _fault("sequencer", "nobody is woken", (r"(self\.due \+= \d+\n *)self\.lock\.notify_all\(\)", r"\1pass")),
    _fault(
        "sequencer",
        "closing wakes nobody",
        (r"self\.closed = True\n            self\.lock\.notify_all\(\)", "self.closed = True"),
    ),
    _fault("sequencer", "skipped outside the lock", (r"(def skip[^\n]*\n        )with self\.lock:", r"\1if True:")),
    _fault(
        "sequencer",
        "looks for the number before it locks",
        (
            r"        with self\.lock:\n(            if number < self\.due or [^\n]*\n                return False\n)",
            r"        if number < self.due or number in self.kept:\n            return False\n"
            r"        with self.lock:\n",
        ),
    ),
    _fault("sequencer", "passes items on as they come", (r"self\.kept\[number\] = item\n", "self.sink(item)\n")),
    _fault(
        "worker_pool",
        "takes jobs without a lock",
        (r"with lock:", "if True:"),
    ),
    _fault(
        "worker_pool",
        "results in the order in which jobs end",
        (r"results: list\[int\] = [^\n]*", "results: list[int] = []"),
        (r"results\[index\] = result", "results.append(result)"),
    ),
    _fault("worker_pool", "one worker too many", (r"min\(workers, len", "min(workers + 1, len")),
    _fault(
        "worker_pool", "one worker only", (r"range\((count|min\(workers, len\(jobs\)\))\)", "range(min(1, len(jobs)))")
    ),
    _fault("worker_pool", "does not wait for its threads", (r"thread\.join\(\)", "thread.join(0)")),
    _fault("worker_pool", "tells without a lock", (r"with telling:", "if True:")),
    _fault("worker_pool", "tells under a lock of its own", (r"with telling:", "with threading.Lock():")),
    _fault("worker_pool", "an error ends its worker", (r"except Exception:", "except ValueError:")),
    _fault("worker_pool", "forgets that one has failed", (r"failed\.set\(\)", "pass")),
    _fault(
        "worker_pool",
        "one pool for all calls",
        (r"\n\n\ndef ", "\n\n_POOL = ThreadPoolExecutor(4)\n\n\ndef "),
        (r"with ThreadPoolExecutor\(max\(count, 1\)\) as pool:", "for pool in [_POOL]:"),
        only="itself call",
    ),
    _fault(
        "worker_pool",
        "jobs dealt out beforehand",
        (
            r"while \(index := next_job\(\)\) is not None:",
            "for index in range(next_job(), len(jobs), workers):",
        ),
        only=r"(?s)\A(?!.*started; those)",
    ),
    _fault(
        "memo",
        "looked at and computed without a lock",
        (
            r"    def get\(.*?= (Running|Future)\(\).*?\n\n(?=    def )",
            "    def get(self, key: str) -> int:\n        if key in self.values:\n            return self.values[key]\n"
            r"        return self._run(key, \1())"
            "\n\n",
        ),
    ),
    _fault(
        "memo",
        "one lock while it computes",
        (
            r"    def get\(.*?\n\n(?=    def .*value >= (-?\d+))",
            "    def get(self, key: str) -> int:\n        with self.lock:\n            if key in self.values:\n"
            "                return self.values[key]\n            value = self.compute(key)\n"
            r"            if value >= \1:"
            "\n                self._keep(key, value)\n            return value\n\n",
        ),
        (r"threading\.(Lock|RLock|Condition)\(\)", "threading.RLock()"),
    ),
    _fault("memo", "no lock at all", (r"with self\.lock:", "if True:")),
    _fault("memo", "lock of its own for each call", (r"with self\.lock:", "with threading.Lock():")),
    _fault(
        "memo",
        "an error wakes nobody",
        (
            r"            running\.(set_result\(value\)|ended\.set\(\))$",
            r"            if value is not None:\n                running.\1",
        ),
        only="raises",
    ),
    _fault("memo", "nobody is woken", (r"running\.(set_result\(value\)|ended\.set\(\))", "pass")),
    _fault("memo", "forgets no running one", (r"self\.running\.pop\(key, None\)", "pass")),
    _fault("memo", "does not wait for the running one", (r"running is None", "True")),
    _fault(
        "async_pool",
        "swallows cancellation",
        (r"except Exception:(.*for index in left)", r"except BaseException:\1"),
        only="cancelled itself|further job|cancels all",
    ),
    _fault("async_pool", "ends before its jobs have", (r", return_exceptions=True", "")),
    _fault("async_pool", "all at once", (r"Semaphore\(workers\)", "Semaphore(1000)")),
    _fault("async_pool", "all at once, in tasks", (r"min\(workers, len\(jobs\)\)", "len(jobs)")),
    _fault("async_pool", "one at a time", (r"Semaphore\(workers\)", "Semaphore(1)")),
    _fault("async_pool", "one at a time, in tasks", (r"min\(workers, len\(jobs\)\)", "min(1, len(jobs))")),
    _fault("async_pool", "tries again at once", (r"await asyncio\.sleep\(\d+\)", "pass")),
    _fault("async_pool", "others run on after a failure", (r"task\.cancel\(\)", "pass")),
    _fault("async_pool", "jobs are shielded from cancellation", (r"job\(\)", "asyncio.shield(job())"), only="cancel"),
    _fault("async_pool", "an error ends its worker", (r"except Exception:", "except ValueError:")),
    _fault(
        "async_pool",
        "waits for the first only",
        (
            r"await asyncio\.gather\(\*tasks[^\n]*",
            "if tasks:\n        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)",
        ),
    ),
)

IDIOMS: tuple[Fault, ...] = (
    _fault(_ALL, "a lock that may be taken twice", (r"threading\.Lock\(\)", "threading.RLock()")),
    _fault(_ALL, "a condition as a lock", (r"threading\.(Lock|RLock)\(\)", "threading.Condition()")),
    _fault(_ALL, "a semaphore as a lock", (r"threading\.(Lock|RLock)\(\)", "threading.Semaphore()")),
    _fault(_ALL, "a condition over a lock", (r"threading\.Condition\(\)", "threading.Condition(threading.Lock())")),
    _fault(
        _ALL,
        "waits a little at a time",
        (r"\.(changed|lock)\.wait\(\)", r".\1.wait(0.01)"),
    ),
    _fault(
        _ALL,
        "an event waited for a little at a time",
        (r"^( *)running\.ended\.wait\(\)", r"\1while not running.ended.wait(0.005):\n\1    pass"),
    ),
    _fault(
        _ALL,
        "dawdles while it holds the lock",
        (r"^( *)with self\.(lock|changed):\n", r"\1import time\n\1with self.\2:\n\1    time.sleep(0.0003)\n"),
    ),
    _fault(
        _ALL,
        "takes and frees the lock by hand",
        (
            r"^( *)with self\.lock:\n((?:\1    [^\n]*\n|\n)+)",
            r"\1self.lock.acquire()\n\1try:\n\2\1finally:\n\1    self.lock.release()\n",
        ),
    ),
    _fault(
        "worker_pool",
        "a thread for a worker as a daemon",
        (r"Thread\(target=work\)", "Thread(target=work, daemon=True)"),
    ),
    _fault(
        "worker_pool",
        "jobs from a queue",
        (
            r"taken = 0\n",
            "import queue\n\n    left = queue.SimpleQueue()\n"
            "    for number in range(len(jobs)):\n        left.put(number)\n",
        ),
        (r"nonlocal taken\n *with lock:\n", "if True:\n"),
        (r"if taken == len\(jobs\)", "if left.empty()"),
        (
            r"taken \+= 1\n *return taken - 1",
            "try:\n                return left.get_nowait()\n"
            "            except queue.Empty:\n                return None",
        ),
    ),
    _fault(
        "async_pool",
        "a group of tasks",
        (r"await asyncio\.gather\(\*tasks\)", "if tasks:\n        await asyncio.wait(tasks)"),
        only=r"(?s)\A(?!.*cancelled itself)",
    ),
)
"""Changes that keep a program right."""
