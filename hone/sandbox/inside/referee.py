"""The referee: runs human-written tests, by name, against the stand-in for the candidate's module.

Its own link to the host is the only thing that decides: no exit status, no printed summary. A test during which the
candidate's process ended, or that was skipped, or that does not exist, has not passed.
"""

import ast
import builtins
import importlib
import inspect
import itertools
import socket
import sys
import types
import unittest
from collections.abc import Callable
from typing import Any, Protocol

from . import runner
from .framing import Channel, receive_job
from .standin import CandidateGone, Wire, install

Verdict = tuple[str, BaseException | str | None]
"""Status, and what was raised or why."""
PASSED: Verdict = ("done", None)


def warm_up() -> None:
    """Import the test libraries once, before forking."""
    importlib.import_module("unittest.mock")
    try:
        importlib.import_module("pytest")
    except ImportError:  # a light installation has none; suites that import it will say so
        return


def run_tests(link: socket.socket) -> None:
    """Run the job's tests in order, telling the host of each as it ends; stop when the candidate is gone."""
    job = receive_job(link)
    channel = Channel(link, job["nonce"], job["reply_bytes"])
    runner.enter(job["scratch"])
    capped = runner.capture_output(job["output_bytes"])
    wire = Wire(Channel(socket.socket(fileno=4), job["wire_nonce"], job["reply_bytes"]))
    try:
        install(job["module"], wire)
        channel.send_value({"ready": True})
        suite: types.ModuleType | Verdict = _load_suite(job["tests"], job["module"])
    except CandidateGone:
        channel.send_value({"gone": True})
        return
    for index, name in job["names"]:
        status, problem = _run_named(suite, name) if isinstance(suite, types.ModuleType) else suite
        if wire.gone:
            channel.send_value({"gone": True, "i": index})
            return
        fault = wire.take_fault()
        if fault and status == "done":
            status, problem = "raised", fault
        text, names = runner.describe(problem) if isinstance(problem, BaseException) else (problem or "", [])
        channel.send_value({"i": index, "s": status, "e": text, "t": names, "o": capped.take()})


def _load_suite(source: str, module_name: str) -> types.ModuleType | Verdict:
    module = types.ModuleType("test_solution")
    sys.modules[module.__name__] = module
    try:
        tree = _Stars(ast.parse(source), module_name).rewritten()
        exec(compile(tree, "test_solution.py", "exec", dont_inherit=True), module.__dict__)  # noqa: S102  # human-written tests, jailed
    except CandidateGone:
        raise
    except ImportError as error:
        lacking = error.name == module_name  # `from module import name`, and the candidate has no such name
        return ("missing entry point" if lacking else "raised"), error
    except BaseException as error:
        return "raised", error
    return module


class _Stars(ast.NodeTransformer):
    """Makes `from module import *` bring in only the names that the tests read and nothing else binds.

    Otherwise a candidate that defines `abs`, `all` or `math` would put its own in the place of the tests'.
    """

    def __init__(self, tree: ast.Module, module_name: str) -> None:
        self._tree = tree
        self._module_name = module_name
        read, bound = set(), set(dir(builtins))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                bound.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        self._wanted = sorted(read - bound)

    def rewritten(self) -> ast.Module:
        """The tests' tree, its star imports made explicit."""
        return ast.fix_missing_locations(self.visit(self._tree))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:  # the ast module's name
        if node.module != self._module_name or node.names[0].name != "*":
            return node
        offered = vars(sys.modules[self._module_name])
        names = [ast.alias(name) for name in self._wanted if name in offered]
        return ast.copy_location(ast.ImportFrom(self._module_name, names, 0) if names else ast.Pass(), node)


def _run_named(suite: types.ModuleType, name: str) -> Verdict:
    owner_name, _dot, method = name.rpartition(".")
    owner = getattr(suite, owner_name, None) if owner_name else suite
    if owner is None or not callable(getattr(owner, method, None)):
        return "raised", f"the suite has no test {name}"
    if isinstance(owner, type) and issubclass(owner, unittest.TestCase):
        return _run_case(owner, method)
    try:
        if isinstance(owner, type):
            _run_in_class(owner, method)
        else:
            _run_function(getattr(owner, method))
    except BaseException as error:
        return _verdict_on(error)
    return PASSED


def _verdict_on(error: BaseException) -> Verdict:
    if isinstance(error, AssertionError) or type(error).__name__ == "Failed":  # pytest.fail and pytest.raises
        return "failed", error
    return ("out of memory" if isinstance(error, MemoryError) else "raised"), error


class _Mark(Protocol):
    """pytest's `parametrize` mark, as far as it is read here."""

    name: str
    args: tuple[Any, ...]


def _run_function(test: Callable[..., Any]) -> None:
    """Call a pytest-style function, once for each of its parameter sets."""
    sets = [_parameter_sets(mark) for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    for chosen in itertools.product(*sets):
        keywords = {name: value for parameters in chosen for name, value in parameters.items()}
        missing = set(inspect.signature(test).parameters) - set(keywords) - {"self"}
        if missing:
            raise TypeError(f"the referee has no fixture {', '.join(sorted(missing))}")
        test(**keywords)


def _parameter_sets(mark: "_Mark") -> list[dict[str, Any]]:
    names, values = mark.args[0], list(mark.args[1])
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    rows = [getattr(value, "values", value) if hasattr(value, "marks") else value for value in values]
    if len(names) == 1:
        rows = [row if hasattr(value, "marks") else (row,) for row, value in zip(rows, values, strict=True)]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _run_in_class(owner: type, method: str) -> None:
    """A pytest-style class: a fresh instance, with its setup and teardown methods."""
    instance: Any = owner()
    for name in ("setup_class", "setup_method"):
        if hasattr(instance, name):
            setup = getattr(instance, name)
            setup(*([getattr(instance, method)] if inspect.signature(setup).parameters else []))
    try:
        _run_function(getattr(instance, method))
    finally:
        if hasattr(instance, "teardown_method"):
            teardown = instance.teardown_method
            teardown(*([getattr(instance, method)] if inspect.signature(teardown).parameters else []))


_Raised = tuple[type[BaseException], BaseException, types.TracebackType] | tuple[None, None, None]


class _Problems(unittest.TestResult):
    """Collects what went wrong as exceptions, not as text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Verdict] = []

    def addError(self, test: unittest.TestCase, err: _Raised) -> None:
        del test
        self.found.append(_verdict_on(err[1] or RuntimeError("no exception")))

    def addFailure(self, test: unittest.TestCase, err: _Raised) -> None:
        self.addError(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: _Raised | None) -> None:
        del test, subtest
        if err is not None:
            self.found.append(_verdict_on(err[1] or RuntimeError("no exception")))

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
    problems = _Problems()
    try:
        unittest.TestSuite([owner(method)]).run(problems)
    except BaseException as error:
        return _verdict_on(error)
    if problems.found:
        return problems.found[0]
    return PASSED if problems.testsRun == 1 else ("raised", "the test did not run")
