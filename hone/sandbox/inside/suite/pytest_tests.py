"""Tests that need pytest: fixtures, marks, parameters. Run by pytest itself, in this process, one by one.

pytest collects the module that is already loaded, without rewriting its assertions; `conftest.py`, configuration files
and plugins beyond its own are not supported. What it prints decides nothing: the exceptions of each phase do.
"""

import os
import types
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from .forward import TESTS_FILE
from .plain_tests import PASSED, Verdict, verdict_on

Report = Callable[[int, Verdict], None]
"""Is told how each test ended, by its index."""
_WITHOUT = (
    *("cacheprovider", "doctest", "faulthandler", "junitxml", "legacypath", "logging", "pastebin", "setuponly"),
    *("setupplan", "stepwise", "terminal", "threadexception", "unraisableexception", "warnings"),
)
_ARGUMENTS = [
    "--capture=no",
    "--assert=plain",
    "--noconftest",
    "-c/dev/null",
    "--rootdir=/",
    *(word for name in _WITHOUT for word in ("-p", f"no:{name}")),
]


def warm_up() -> None:
    """Run no test, once: pytest's first start takes ten times as long as the next."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    run(types.ModuleType("test_nothing"), [], lambda _index, _verdict: None)


def run(suite: types.ModuleType, names: list[tuple[int, str]], report: Report) -> None:
    """Run the named tests in their order and report each as it ends. Raises whatever `report` raises."""
    plugin = _Plugin(suite, names, report)
    pytest.main(_ARGUMENTS, plugins=[plugin])
    if plugin.escaped is not None:
        raise plugin.escaped
    for index, _name in names[plugin.reported :]:
        report(index, plugin.collection_problem or ("raised", "pytest could not collect the tests"))


class _Suite(pytest.Module):
    """The module that was loaded already."""

    loaded: types.ModuleType

    def _getobj(self) -> types.ModuleType:
        return self.loaded


class _Plugin:
    """Collects one module, runs its tests in the order asked for, keeps what each phase raised."""

    def __init__(self, suite: types.ModuleType, names: list[tuple[int, str]], report: Report) -> None:
        self._suite = suite
        self._names = names
        self._report = report
        self._problems: list[Verdict] = []
        self._calls = 0
        self.reported = 0
        self.collection_problem: Verdict | None = None
        self.escaped: BaseException | None = None

    def pytest_collection(self, session: pytest.Session) -> bool:
        """In the place of looking for files."""
        module = _Suite.from_parent(session, path=Path.cwd() / TESTS_FILE)
        module.loaded = self._suite
        session.items = list(session.genitems(module)) if self._names else []
        session.testscollected = len(session.items)
        return True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module or class that cannot be collected (an error in `parametrize`, for example)."""
        if not report.passed:
            self.collection_problem = ("raised", f"not collected: {str(report.longrepr)[-300:]}")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """All tests of a name, then its report; what escapes ends the run."""
        by_name: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            by_name.setdefault(_name_of(item), []).append(item)
        order = [(index, name, by_name.get(name, [])) for index, name in self._names]
        upcoming = [item for _index, _name, items in order for item in items][1:]
        following = iter([*upcoming, None])
        try:
            for index, name, items in order:
                self._problems, self._calls = [], 0
                for item in items:
                    runtestprotocol(item, log=False, nextitem=next(following))
                self._report(index, self._verdict(name, len(items)))
                self.reported += 1
        except BaseException as error:
            self.escaped = error
        return True

    def _verdict(self, name: str, items: int) -> Verdict:
        if self._problems:
            return self._problems[0]
        if not items:
            return self.collection_problem or ("raised", f"the suite has no test {name}")
        return PASSED if self._calls == items else ("raised", "the test did not run")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """After each phase of each test."""
        report = yield
        expected = hasattr(report, "wasxfail") and item.get_closest_marker("xfail") is not None
        self._calls += report.when == "call" and (report.passed or expected)
        if report.failed:
            raised = None if call.excinfo is None else call.excinfo.value
            self._problems.append(("failed", str(report.longrepr)) if raised is None else verdict_on(raised))
        elif report.skipped and not expected:
            self._problems.append(("raised", f"skipped: {call.excinfo.value if call.excinfo else ''}"))
        return report


def _name_of(item: pytest.Item) -> str:
    """The name by which the task knows it: classes and function, without parameters."""
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    return ".".join([*classes, getattr(item, "originalname", None) or item.name])
