"""Mutants: a program with one small mistake in it, as people make them.

Each mutant is the program's own text with one span replaced, so that the difference is one place and the rest keeps its
shape. The order is the text's; a mutant that is the same text as another, or is no program, is left out.

(mutmut and cosmic-ray are commands over files and test runners, with no interface that takes a text and gives its
mutants; what is needed of them is this small.)
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from hone.syntax import parse
from hone.tasks.mutation.operators import OPERATORS, Change

_MOST = 2000


@dataclass(frozen=True)
class Mutant:
    """A program with one mistake."""

    operator: str
    """What kind of mistake: a name in `OPERATORS`."""
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.operator}: {_short(self.before)} → {_short(self.after)}"


def mutants(source: str, *, is_ours: bool = False) -> list[Mutant]:
    """All mutants of a program, in the order of its text.

    Args:
        is_ours: the text is Hone's own, and its mutants are compiled. Others are only parsed, for the compiler can be
            made to crash; so there are a few mutants among them that do not compile (a `nonlocal` that binds nothing).

    Raises:
        SyntaxError: the program does not parse.
    """
    is_program = _compiles if is_ours else _parses
    tree = parse(source)
    text = _Text(source)
    told = _told(tree)
    found: dict[str, Mutant] = {}
    for node in _in_order(tree):
        for name, operator in OPERATORS.items():
            for change in operator(node) if node not in told else ():
                mutant = _made(text, name, change)
                if mutant.source != source and mutant.source not in found and is_program(mutant.source):
                    found[mutant.source] = mutant
        if len(found) >= _MOST:
            break
    return list(found.values())


class _Text:
    """The source, addressed as the parser does: by lines, and bytes within them."""

    def __init__(self, source: str) -> None:
        self.data = source.encode()
        self.starts = [0]
        for line in self.data.split(b"\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)

    def span(self, node: ast.expr | ast.stmt) -> slice:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return slice(
            self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset
        )


def _made(text: _Text, operator: str, change: Change) -> Mutant:
    span = text.span(change.node)
    if change.through is not None:
        span = slice(span.start, text.span(change.through).start)
    before, after = text.data[span], change.text.encode()
    source = text.data[: span.start] + after + text.data[span.stop :]
    return Mutant(operator, change.node.lineno, before.decode(), change.text, source.decode())


def _in_order(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes depth first, in the order of the text."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        yield from _in_order(child)


def _told(tree: ast.AST) -> set[ast.AST]:
    """What says something and does nothing: docstrings, annotations, the words of exceptions, parts of f-strings."""
    roots: list[ast.AST | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()):
                roots.append(node)
            case ast.Raise(exc=ast.Call(args=args)):
                roots += [arg for arg in args if isinstance(arg, ast.Constant | ast.JoinedStr)]
            case ast.JoinedStr():
                roots += node.values
            case ast.arg(annotation=annotation) | ast.AnnAssign(annotation=annotation):
                roots.append(annotation)
            case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns):
                roots.append(returns)
    return {inner for root in roots if root is not None for inner in ast.walk(root)}


def _parses(source: str) -> bool:
    try:
        parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "…"
