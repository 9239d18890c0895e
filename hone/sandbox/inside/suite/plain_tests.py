"""Tests that need no pytest: functions without fixtures, and unittest's cases. The fast path, used by most suites."""

import ast
import inspect
import types
import unittest
from collections.abc import Iterable
from typing import Any

Verdict = tuple[str, BaseException | str | None]
"""Status, and what was raised or why."""
PASSED: Verdict = ("done", None)
_XUNIT = frozenset(
    f"{verb}_{scope}" for verb in ("setup", "teardown") for scope in ("module", "function", "class", "method")
)


def suffice(nodes: Iterable[ast.AST]) -> bool:
    """Whether nothing among the tests' nodes needs pytest to run it (`pytest.raises` and `approx` do not)."""
    for node in nodes:
        match node:
            case ast.Attribute(attr="mark" | "fixture") | ast.alias(name="mark" | "fixture"):
                return False
            case ast.FunctionDef(name=name) if name in _XUNIT:
                return False
            case ast.FunctionDef(name=name, args=taken) if name.startswith("test") and _takes_fixtures(taken):
                return False
    return True


def _takes_fixtures(taken: ast.arguments) -> bool:
    names = [argument.arg for argument in (*taken.posonlyargs, *taken.args)]
    wanted = len(names) - len(taken.defaults) - (names[:1] == ["self"])
    return wanted > 0 or len(taken.kwonlyargs) > len([default for default in taken.kw_defaults if default])


def run(suite: types.ModuleType, name: str) -> Verdict:
    """Run one test by its name: `test_x`, `Class.test_x`, `Class.Inner.test_x`."""
    *owners, method = name.split(".")
    owner: Any = suite
    for part in owners:
        owner = getattr(owner, part, None)
    test = getattr(owner, method, None)
    if not callable(test):
        return "raised", f"the suite has no test {name}"
    if isinstance(owner, type) and issubclass(owner, unittest.TestCase):
        return _run_case(owner, method)
    try:
        came_back = getattr(owner(), method)() if isinstance(owner, type) else test()
    except BaseException as error:
        return verdict_on(error)
    return _unless_it_only_began(came_back)


def verdict_on(error: BaseException) -> Verdict:
    """What an exception out of a test means."""
    if isinstance(error, AssertionError) or type(error).__name__ == "Failed":  # pytest.fail and pytest.raises
        return "failed", error
    return ("out of memory" if isinstance(error, MemoryError) else "raised"), error


def _unless_it_only_began(came_back: object) -> Verdict:
    """A coroutine or a generator came back: the test's body has not run."""
    if inspect.iscoroutine(came_back) or inspect.isgenerator(came_back):
        came_back.close()
        return "raised", "the test is a coroutine or a generator: it did not run"
    return PASSED


_Raised = tuple[type[BaseException], BaseException, types.TracebackType] | tuple[None, None, None]


class _Problems(unittest.TestResult):
    """Collects what went wrong as exceptions, not as text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Verdict] = []

    def addError(self, test: unittest.TestCase, err: _Raised) -> None:
        del test
        self.found.append(verdict_on(err[1] or RuntimeError("no exception")))

    def addFailure(self, test: unittest.TestCase, err: _Raised) -> None:
        self.addError(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: _Raised | None) -> None:
        del test, subtest
        if err is not None:
            self.found.append(verdict_on(err[1] or RuntimeError("no exception")))

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        del test
        self.found.append(("raised", f"skipped: {reason}"))

    def addExpectedFailure(self, test: unittest.TestCase, err: _Raised) -> None:
        del test, err

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        del test
        self.found.append(("failed", "unexpected success"))


def _run_case(owner: type[unittest.TestCase], method: str) -> Verdict:
    """One method of a TestCase, with its class's and module's fixtures."""
    is_async = inspect.iscoroutinefunction(getattr(owner, method))
    if is_async and not issubclass(owner, unittest.IsolatedAsyncioTestCase):
        return "raised", "an async test of a TestCase that is not IsolatedAsyncioTestCase: unittest would not run it"
    problems = _Problems()
    try:
        unittest.TestSuite([owner(method)]).run(problems)
    except BaseException as error:
        return verdict_on(error)
    if problems.found:
        return problems.found[0]
    return PASSED if problems.testsRun == 1 else ("raised", "the test did not run")
