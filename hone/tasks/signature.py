"""A function's signature as its task states it: `def add(a: int, b: int = 2) -> int`. Parsed, never executed."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass

from hone.errors import Boundary, HoneError
from hone.syntax import parse as parse_source

_LONGEST = 4000
"""Characters of a header; a longer one is not read. Nesting so short cannot exhaust the parser's stack."""
_PLAIN_NAMES = {name.capitalize(): name for name in ("list", "dict", "set", "tuple", "type")} | {
    "FrozenSet": "frozenset",
    "Text": "str",
}
"""Names of `typing` that mean a builtin."""


@dataclass(frozen=True)
class Parameter:
    """One parameter. Its default and annotation are source in one spelling; None where there is none."""

    name: str
    kind: str
    """`positional-only`, `positional`, `*`, `keyword-only` or `**`."""
    default: str | None = None
    annotation: str | None = None


@dataclass(frozen=True)
class Signature:
    """A function's name, its parameters in order, and what it says it returns."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: str | None = None
    is_async: bool = False


@functools.lru_cache(maxsize=1024)
def stated(header: str) -> Signature:
    """The signature that a task states, with or without the colon at its end.

    Raises:
        HoneError: it is not the header of one function.
    """
    found = parse(header)
    if found is None:
        raise HoneError(Boundary.TASK, f"signature {header!r}", "write it as `def name(a: int, b: int = 2) -> int`")
    return found


def parse(header: str) -> Signature | None:
    """The signature in a function's header, or nothing where it is none."""
    if len(header) > _LONGEST:
        return None
    text = header.strip().removesuffix("...").rstrip().removesuffix(":")
    try:
        body = parse_source(f"{text}: pass").body
        if len(body) == 1 and isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef):
            node = body[0]
            returns = _spelled(node.returns)
            return Signature(node.name, tuple(_parameters(node.args)), returns, isinstance(node, ast.AsyncFunctionDef))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return None


def _parameters(args: ast.arguments) -> Iterator[Parameter]:
    placed = [(arg, "positional-only") for arg in args.posonlyargs] + [(arg, "positional") for arg in args.args]
    defaults = [None] * (len(placed) - len(args.defaults)) + [ast.unparse(default) for default in args.defaults]
    for (arg, kind), default in zip(placed, defaults, strict=True):
        yield Parameter(arg.arg, kind, default, _spelled(arg.annotation))
    if args.vararg is not None:
        yield Parameter(args.vararg.arg, "*", None, _spelled(args.vararg.annotation))
    for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield Parameter(
            arg.arg, "keyword-only", None if value is None else ast.unparse(value), _spelled(arg.annotation)
        )
    if args.kwarg is not None:
        yield Parameter(args.kwarg.arg, "**", None, _spelled(args.kwarg.annotation))


def _spelled(annotation: ast.expr | None) -> str | None:
    """An annotation in one spelling, so that `List[int]`, `typing.List[int]` and `"list[int]"` are the same."""
    return None if annotation is None else ast.unparse(_OneSpelling().visit(annotation))


class _OneSpelling(ast.NodeTransformer):
    """Builtins for `typing`'s names, `X | None` for `Optional[X]`, and no quotes."""

    def visit_Name(self, node: ast.Name) -> ast.expr:  # the ast module's name
        return ast.Name(_PLAIN_NAMES.get(node.id, node.id))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id in ("typing", "t"):
            return self.visit(ast.Name(node.attr))
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        try:
            return self.visit(parse_source(node.value, mode="eval").body)
        except SyntaxError:
            return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        kind = self.visit(node.value)
        if isinstance(kind, ast.Name) and kind.id == "Literal":
            return ast.Subscript(kind, node.slice)
        inner = self.visit(node.slice)
        if isinstance(kind, ast.Name) and kind.id in ("Optional", "Union"):
            members = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
            if kind.id == "Optional":
                members.append(ast.Constant(None))
            union = members[0]
            for member in members[1:]:
                union = ast.BinOp(union, ast.BitOr(), member)
            return union
        return ast.Subscript(kind, inner)
