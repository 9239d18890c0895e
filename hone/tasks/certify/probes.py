"""Programs that tell whether a task is fair: its reference, its stub, and others that solve nothing."""

import ast
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hone.syntax import parse
from hone.tasks.task import CallCheck, Check, Compare, CompareOutput, Form, StdioCheck, Task

_FIRST_CHECKS = 24
"""A program that ought to fail is tried on so many checks first: one of them suffices to fail it."""
_CONSTANTS = 3
"""Most frequent expected values that are tried as constant answers."""
_POOL = 40
"""Most answers that a guessing program picks from."""

_BLANK = ("[]", "()", "{}", "set()", "''", "0", "1", "True", "float('nan')")
"""Answers that say nothing, for checkers, which have no expected answers to try: many an author's comparison of two
lists takes an empty one for any. `None` is what the stub returns."""
_BLANK_OF_PACKAGES = {
    "numpy": ("__import__('numpy').array([])",),
    "pandas": ("__import__('pandas').DataFrame()", "__import__('pandas').Series(dtype=float)"),
}
_BLANK_OUTPUTS = ("", "0", "-1", "YES", "NO")

REFERENCE, STUB, BUGGY = "reference", "stub", "buggy program"


@dataclass(frozen=True)
class Probe:
    """One program to judge on one task, and whether it ought to pass."""

    task: Task
    called: str
    source: str

    @property
    def honest(self) -> bool:
        """Whether it ought to pass."""
        return self.called == REFERENCE

    def shortened(self) -> "Probe":
        """The same program on the first checks alone, where there are many."""
        first = self.task.checks[:_FIRST_CHECKS]
        if self.honest or len(first) == len(self.task.checks):
            return self
        return replace(self, task=replace(self.task, id=f"{self.task.id}:first", visible=(), hidden=first))


def probes(task: Task, buggy: str) -> Iterable[Probe]:
    """All programs to judge on a task; `buggy` is one known to be wrong, where there is one."""
    if task.reference:
        yield Probe(task, REFERENCE, task.reference)
    if buggy:
        yield Probe(task, BUGGY, buggy)
    yield Probe(task, STUB, stub_of(task))
    for called, source in cheats(task):
        yield Probe(task, called, source)


def stub_of(task: Task) -> str:
    """A program with all names that the task asks for, and no behaviour: each function's body is `pass`.

    Made of the reference where there is one, so that its imports, constants and signatures stay.
    """
    if task.form is Form.STDIO:
        return "pass\n"
    try:
        tree = parse(task.reference)
        stub = ast.unparse(ast.fix_missing_locations(_Emptied().visit(tree)))
    except (
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
    ):  # such a reference fails by itself, or nests too deep
        stub = ""
    return f"{stub}\n" if stub else _everywhere(task, "pass")


class _Emptied(ast.NodeTransformer):
    """Puts `pass` in place of every function's body, and `None` in place of a lambda's."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [ast.Pass()]
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.body = [ast.Pass()]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.body = ast.Constant(None)
        return node


def cheats(task: Task) -> list[tuple[str, str]]:
    """Programs that ought to fail, with what to call them; none where a reference and its stub say enough.

    By value: the identity, the visible examples by heart, an early exit, random answers of the right type, and the most
    frequent expected answers as constants, or empty ones where a checker decides; but where nothing is given (predict
    what a program returns), a constant is what is asked for. Suites without a reference: a few constants, the identity,
    and a refusal of everything.
    """
    match task.form:
        case Form.CALL if not any(check.args for check in task.checks if isinstance(check, CallCheck)):
            return []
        case Form.CALL:
            found = [
                ("identity", _function(task.entry_point, "return arguments[0] if arguments else None")),
                ("echo of the visible examples", _lookup(task)),
                ("early exit", f"import os\nos._exit(0)\n\n\n{_function(task.entry_point, 'pass')}"),
            ]
            if _plain(task.checks):
                found.append(("random answers of the right type", _guess(task)))
            answers = _frequent(repr(value) for value in _expected(task) if _is_literal(value))
            return found + [
                (f"constant {text[:60]}", _function(task.entry_point, f"return {text}"))
                for text in dict.fromkeys((*answers, *_blank(task)))
            ]
        case Form.STDIO:
            outputs = [check.stdout for check in task.checks if isinstance(check, StdioCheck)]
            blank = _BLANK_OUTPUTS if CompareOutput.CHECKER in _comparisons(task) else ()
            echo = ("identity", "import sys\nsys.stdout.write(sys.stdin.read())\n")
            left = ("early exit", "import os\nos._exit(0)\n")
            constants = dict.fromkeys((*_frequent(outputs), *blank))
            return [echo, left, *((f"constant {text!r:.60}", f"print({text!r})\n") for text in constants)]
        case _ if task.reference:
            return [("early exit", f"import os\nos._exit(0)\n\n\n{stub_of(task)}")]
    answers = [(f"constant {text}", f"return {text}") for text in ("0", "True", "''", "[]")]
    bodies = [("identity", "return arguments[0] if arguments else None"), ("refusal", "raise ValueError('no')")]
    return [(called, _everywhere(task, body)) for called, body in (*answers, *bodies)]


def _blank(task: Task) -> Iterable[str]:
    """Sources of answers that say nothing, where a checker decides what is right."""
    if Compare.CHECKER in _comparisons(task):
        yield from _BLANK
        for package, texts in _BLANK_OF_PACKAGES.items():
            yield from texts if package in task.allowed_imports else ()


def _comparisons(task: Task) -> set[str]:
    return {check.compare for check in task.checks if isinstance(check, CallCheck | StdioCheck)}


def _expected(task: Task) -> Iterable[Any]:
    for check in task.checks:
        if not isinstance(check, CallCheck) or check.compare in (Compare.RAISES, Compare.CHECKER):
            continue
        if check.compare is Compare.ONE_OF:
            yield from check.expected
        else:
            yield check.expected


def _is_literal(value: Any) -> bool:
    try:
        ast.literal_eval(parse(repr(value), mode="eval"))
    except (ValueError, SyntaxError, RecursionError):
        return False
    return True


def _frequent(texts: Iterable[str]) -> list[str]:
    """The most frequent ones, the earlier ones first among equals."""
    return [text for text, _count in Counter(texts).most_common(_CONSTANTS)]


def _lookup(task: Task) -> str:
    """Answers the visible examples and nothing else."""
    pairs = [(list(check.args), check.expected) for check in _plain(task.visible)]
    return (
        f"KNOWN = {pairs!r}\n\n\ndef {task.entry_point}(*arguments):\n    for given, answer in KNOWN:\n"
        "        if given == list(arguments):\n            return answer\n    return None\n"
    )


def _guess(task: Task) -> str:
    """Answers of the right type, picked at random from those of all checks; the same for the same arguments."""
    answers = list({repr(check.expected): check.expected for check in _plain(task.checks)}.values())[:_POOL]
    return (
        f"import random\n\nANSWERS = {answers!r}\n\n\ndef {task.entry_point}(*arguments):\n"
        "    return random.Random(repr(arguments)).choice(ANSWERS)\n"
    )


def _plain(checks: Sequence[Check]) -> list[CallCheck]:
    """Checks whose arguments and answer can be written down in a program."""
    return [
        check
        for check in checks
        if isinstance(check, CallCheck)
        and check.compare not in (Compare.RAISES, Compare.CHECKER, Compare.ONE_OF)
        and _is_literal(check.args)
        and _is_literal(check.expected)
    ]


def _everywhere(task: Task, body: str) -> str:
    """A module in which every function that the task asks for has this body."""
    return "\n".join(_function(name, body) for name in asked_names(task))


def _function(name: str, body: str) -> str:
    return f"def {name}(*arguments, **options):\n    {body}\n"


def asked_names(task: Task) -> list[str]:
    """Names that a program must define: the entry point, or what the tests take from the candidate's module."""
    if task.form is not Form.SUITE:
        return [task.entry_point]
    names: dict[str, None] = {}
    for node in ast.walk(parse(task.tests)):
        match node:
            case ast.Attribute(value=ast.Name(id=task.entry_point), attr=name):
                names[name] = None
            case ast.ImportFrom(module=task.entry_point, names=aliases):
                names |= {alias.name: None for alias in aliases if alias.name != "*"}
    return list(names)
