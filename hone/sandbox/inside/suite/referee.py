"""The referee: runs human-written tests, by name, against the stand-in for the candidate's module.

Its own link to the host is the only thing that decides: no exit status, no printed summary. A test during which the
candidate's process ended, or that was skipped, or that does not exist, has not passed.

What does not work as it would in one process, by intent or by nature:
- A candidate's object never equals a plain value, is not ordered to one, and is no instance of a plain type, even where
  its class derives from `list` or `int`; arithmetic with a plain value has to give another object of the candidate's.
- Plain values cross as copies. An argument that is changed in place during a call is changed in the test as well, but
  nothing is shared afterwards: `obj.items.append(1)` changes the test's copy of the list.
- A candidate's `__exit__` can only suppress what a `raise` statement in the tests has raised.
- What an object of the candidate's answers (its length, its members, its methods' results) is the candidate's word.
- Files below the scratch (`/tmp`, where `tmp_path` and the working directory are) cross as copies with every call,
  where the tests seem to use files; links, pipes and sockets do not. `random.seed` in a test holds for the candidate.
- `conftest.py`, plugins and configuration of pytest are not read, and asserts are not rewritten. Each unittest case is
  run with class and module fixtures of its own.
"""

import importlib
import marshal
import random
import re
import socket
import sys
import time
import types
from typing import Any

from .. import runner
from ..framing import Channel, receive_job
from . import mirror, plain_tests
from .compiled import compiled_without_stars
from .forward import TESTS_MODULE
from .guard import Guard
from .peer import MODULE, Gone
from .plain_tests import Verdict
from .search_path import ClosedSearchPath
from .shared import SharedFiles
from .standin_module import install
from .wire import Wire

_RECURSION_LIMIT = 4000
"""Room for calls that go to and fro: each of them takes some frames of the wire's own."""
_PICKLES = re.compile(r"pickle|shelve")
"""Words in tests that load pickles, for which what loads them is replaced."""


def load_pytest() -> None:
    """Import pytest and what else is slow to import, before forking: for tests that use it."""
    importlib.import_module("unittest.mock")
    try:
        from . import pytest_tests
    except ImportError:  # a light installation has no pytest; suites that import it will say so
        return
    pytest_tests.warm_up()


def run_tests(link: socket.socket) -> None:
    """Run the job's tests in order, telling the host of each as it ends; stop when the candidate is gone."""
    job = receive_job(link)
    channel = Channel(link, job["nonce"], job["reply_bytes"])
    runner.enter(job)
    capped = runner.capture_output(job["output_bytes"])
    random.seed()  # all forks have the warm interpreter's state
    runner.vary_time(job)
    sys.setrecursionlimit(_RECURSION_LIMIT)
    files = SharedFiles(job["scratch"], job["reply_bytes"]) if job["share_files"] else None
    channel_to_candidate = Channel(socket.socket(fileno=4), job["wire_nonce"], job["wire_bytes"])
    search_path = ClosedSearchPath() if job["share_search_path"] else None
    randomness = "random" in job["tests"]
    wire = Wire(channel_to_candidate, job["reply_bytes"], files, search_path, share_randomness=randomness)
    report = Report(channel, wire, capped)
    Guard(job["scratch"], job["tests"], job["site"], wire.refuse).install()
    if _PICKLES.search(job["tests"]):
        from . import pickles

        pickles.install()
    try:
        wire.wait_for_module()
        mirror.install(wire)
        install(job["module"], wire.value(MODULE))
        channel.send_value({"ready": True})
        _run_suite(job, report)
    except Gone:
        channel.send_value({"gone": True})


class Report:
    """Tells the host how each test ended."""

    def __init__(self, channel: Channel, wire: Wire, capped: runner.CappedOutput) -> None:
        self._channel = channel
        self._wire = wire
        self._capped = capped
        self._used = time.process_time()

    def __call__(self, index: int, verdict: Verdict) -> None:
        """Tell of one test. Raises Gone where the candidate went in the middle of it."""
        status, problem = verdict
        if self._wire.gone:
            raise Gone("in the middle of a test")
        fault = self._wire.take_fault()
        if fault and status == "done":
            status, problem = "raised", fault
        text, names = runner.describe(problem) if isinstance(problem, BaseException) else (problem or "", [])
        before, self._used = self._used, time.process_time()
        answer = {"i": index, "s": status, "e": text, "t": names, "o": self._capped.take(), "c": self._used - before}
        self._channel.send_value(answer)


def _run_suite(job: dict[str, Any], report: Report) -> None:
    names = job["names"]
    suite = _load_suite(job)
    if not isinstance(suite, types.ModuleType):
        for index, _name in names:
            report(index, suite)
    elif job["is_plain"]:
        for index, name in names:
            report(index, plain_tests.run(suite, name))
    else:
        from . import pytest_tests

        pytest_tests.run(suite, names, report)


def _load_suite(job: dict[str, Any]) -> types.ModuleType | Verdict:
    module_name = job["module"]
    module = types.ModuleType(TESTS_MODULE)
    sys.modules[module.__name__] = module
    try:
        if job["has_stars"]:
            code = compiled_without_stars(job["tests"], module_name, dir(sys.modules[module_name]))
        else:
            code = marshal.loads(job["code"])  # noqa: S302  # from the host, which had them compiled in this jail
        exec(code, module.__dict__)  # noqa: S102  # human-written tests, jailed
    except Gone:
        raise
    except ImportError as error:
        lacking = error.name == module_name  # `from module import name`, and the candidate has no such name
        return ("missing entry point" if lacking else "raised"), error
    except BaseException as error:
        return "raised", error
    return module
