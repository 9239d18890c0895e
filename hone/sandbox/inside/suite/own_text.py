"""Which text may run as code beside the tests: their own, and what can do nothing.

A text is the tests' own where each of its lines stands in a string of theirs, however indented, joined or put in order;
where the string has gaps (`f"VALUE = {n}"`), words, numbers and subscripts may stand there. So it does not matter which
way a text took: what the candidate returned, or wrote to a file that the tests load, is not made of their lines.

An expression that only makes plain values and objects of the candidate's can do nothing, whoever wrote it: tests of a
`__repr__` evaluate one, and annotations are such.
"""

import array
import ast
import collections
import datetime as dt
import decimal
import fractions
import pathlib
import re
import types
import uuid
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from .standin import CandidateRaised, Handle, StandInClass
from .standin_module import StandInModule

_GAP, _REPR_GAP = "\0", "\1"
_WORDS = r"(?:[\w ,\[\]:-]|(?<=\d)\.(?=\d))*"
"""No call, no attribute, no quotation mark that would end the string in which a gap may be."""
_PATTERNS = {_GAP: _WORDS, _REPR_GAP: rf"""(?:'[^'"\\]*'|"[^'"\\]*"|{_WORDS})"""}
_FIELD = re.compile(r"\{[^{}]*\}|%\(\w+\)[a-z]|%[a-z]|\$\w+|\$\{\w+\}")
"""A gap in a string for `format`, `%` or `Template`."""
_HARMLESS_NODES = (
    *(
        ast.Constant,
        ast.Tuple,
        ast.List,
        ast.Set,
        ast.Dict,
        ast.Name,
        ast.Load,
        ast.Attribute,
        ast.Subscript,
        ast.Slice,
    ),
    *(ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.Call, ast.keyword, ast.Expr, ast.Module),
)
_PLAIN = frozenset({bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, range, slice})
_OF_THE_LIBRARY = frozenset({
    *(dt.date, dt.datetime, dt.time, dt.timedelta, dt.timezone, decimal.Decimal, fractions.Fraction, uuid.UUID),
    *(collections.Counter, collections.OrderedDict, collections.defaultdict, collections.deque, array.array),
    *(pathlib.PurePosixPath, pathlib.PosixPath, pathlib.Path, pathlib.PurePath),
})  # fmt: skip
_MADE_HARMLESSLY: frozenset[Any] = _PLAIN | _OF_THE_LIBRARY
_NOT_FOUND, _NOT_ALLOWED = object(), object()

Lookup = Callable[[str], Any]
"""What a name means where the text is to run; raises KeyError where it means nothing."""


class OwnText:
    """The lines of the tests' strings."""

    def __init__(self, tests: str) -> None:
        """Nothing is read before it is asked for: few tests run text."""
        self._tests = tests
        self._lines: set[str] | None = None
        self._patterns: list[re.Pattern[str]] = []

    def has(self, text: str | bytes) -> bool:
        """Whether each line of `text` is the tests' own."""
        if isinstance(text, bytes):
            try:
                text = text.decode("utf-8-sig")
            except UnicodeDecodeError:
                return False
        if self._lines is None:
            self._lines = self._read()
        return all(self._has_line(line.strip()) for line in text.replace("\r", "\n").split("\n"))

    def _has_line(self, line: str) -> bool:
        known = self._lines or ()
        return not line or line in known or any(pattern.fullmatch(line) for pattern in self._patterns)

    def _read(self) -> set[str]:
        import timeit  # it runs a text that it makes of the tests'

        lines = set()
        patterns = set()
        template: str = vars(timeit)["template"]
        given = ("", ", _setup=_setup", ", _stmt=_stmt", ", _setup=_setup, _stmt=_stmt")
        of_timeit = [template.replace("{init}", names) for names in given]
        for string in (*_strings(ast.parse(self._tests)), *of_timeit, "_stmt()\n_setup()"):
            for part in string.replace("\r", "\n").split("\n"):
                line = part.strip()
                lines.add(line)
                with_gaps = _FIELD.sub(_GAP, line).replace("{{", "{").replace("}}", "}")
                literal = with_gaps.replace(_GAP, "").replace(_REPR_GAP, "")
                if literal.strip() and literal != with_gaps:
                    patterns.add(with_gaps)
        self._patterns = [_pattern(line) for line in sorted(patterns)]
        return lines


def _strings(tree: ast.AST) -> Iterator[str]:
    """The strings in the tests' code; an f-string as one, with gaps."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.replace(_GAP, "").replace(_REPR_GAP, "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, bytes):
            yield node.value.decode("utf-8", "replace").replace(_GAP, "").replace(_REPR_GAP, "")
        elif isinstance(node, ast.JoinedStr):
            yield "".join(_of_f_string(part) for part in node.values)


def _of_f_string(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value).replace("{", "{{").replace("}", "}}")
    return _REPR_GAP if isinstance(part, ast.FormattedValue) and part.conversion == ord("r") else _GAP


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile("".join(_PATTERNS.get(char) or re.escape(char) for char in line))


def can_do_nothing(source: str | bytes | ast.AST, lookup: Lookup) -> bool:
    """Whether a text is one expression of plain values and of the candidate's classes, or does not parse at all.

    A name that means a value of the tests is none of these: the candidate would have the expected answer by it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are told when the text is compiled
            tree = source if isinstance(source, ast.AST) else ast.parse(source.lstrip())
        nodes = list(ast.walk(tree))
    except (SyntaxError, ValueError):
        return True
    except (RecursionError, MemoryError):
        return False
    if isinstance(tree, ast.Module) and not (len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)):
        return not tree.body
    return all(isinstance(node, (*_HARMLESS_NODES, ast.Expression)) for node in nodes) and all(
        _is_harmless(node, lookup) for node in nodes
    )


def _is_harmless(node: ast.AST, lookup: Lookup) -> bool:
    if isinstance(node, ast.Name | ast.Attribute):
        meant = _meant(node, lookup)
        is_kind = isinstance(meant, type | types.ModuleType) or type(meant).__module__ == "typing"
        return meant is _NOT_FOUND or is_kind or _is_candidates_function(meant)
    if isinstance(node, ast.Call):
        meant = _meant(node.func, lookup)
        is_candidates = isinstance(meant, StandInClass) or _is_candidates_function(meant)
        return is_candidates or (isinstance(meant, type) and meant in _MADE_HARMLESSLY)
    return True


def _is_candidates_function(meant: Any) -> bool:
    return isinstance(meant, Handle) and not isinstance(meant, CandidateRaised) and type(meant).__name__ == "function"


def _meant(node: ast.expr, lookup: Lookup) -> Any:
    """What a name stands for, or an attribute of a module or class; of anything else, what is not allowed."""
    if isinstance(node, ast.Name):
        try:
            return lookup(node.id)
        except KeyError:
            return _NOT_FOUND
    if isinstance(node, ast.Attribute) and not node.attr.startswith("_"):
        owner = _meant(node.value, lookup)
        if owner is _NOT_FOUND:
            return _NOT_FOUND
        if isinstance(owner, StandInModule):
            return getattr(owner, node.attr, _NOT_ALLOWED)
        if isinstance(owner, types.ModuleType):
            return vars(owner).get(node.attr, _NOT_ALLOWED)
        if isinstance(owner, type) and not isinstance(owner, StandInClass):
            return next((vars(kind)[node.attr] for kind in owner.__mro__ if node.attr in vars(kind)), _NOT_ALLOWED)
    return _NOT_ALLOWED
