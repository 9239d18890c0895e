"""Mutation operators: each looks at one node and offers changes of its text, the mistakes that people make there."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """New text for a node's span."""

    node: ast.expr | ast.stmt
    text: str
    through: ast.stmt | None = None
    """Where the span ends before this statement instead: the head of a block."""


_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
_EXCEPTIONS = {
    "ValueError": "RuntimeError",
    "TypeError": "RuntimeError",
    "KeyError": "IndexError",
    "IndexError": "ValueError",
    "ZeroDivisionError": "ValueError",
    "LookupError": "ValueError",
    "TimeoutError": "RuntimeError",
    "PermissionError": "ValueError",
    "FileNotFoundError": "ValueError",
    "OverflowError": "ValueError",
}
_COPIES = ("list", "dict", "set", "tuple", "bytearray", "deepcopy", "copy")
_LOCKS = ("lock", "mutex", "condition", "semaphore", "changed", "guard")
_NAIVE = {
    "fsum": "sum({0})",
    "log1p": "math.log(1 + ({0}))",
    "expm1": "(math.exp({0}) - 1)",
    "hypot": "math.sqrt(({0}) ** 2 + ({1}) ** 2)",
}


def comparison(node: ast.AST) -> Iterator[Change]:
    """`<` for `<=`, `==` for `!=`, `in` for `not in`."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            changed = copy.deepcopy(node)
            changed.ops[index] = _COMPARISONS[type(operator)]()
            yield Change(node, ast.unparse(changed))


def arithmetic(node: ast.AST) -> Iterator[Change]:
    """`+` for `-`, `//` for `*`."""
    match node:
        case ast.BinOp(op=operator) if type(operator) in _ARITHMETIC and not _is_text(node):
            changed = copy.copy(node)
            changed.op = _ARITHMETIC[type(operator)]()
            yield Change(node, f"({ast.unparse(changed)})")
        case ast.AugAssign(op=operator) if type(operator) in _ARITHMETIC:
            changed = copy.copy(node)
            changed.op = _ARITHMETIC[type(operator)]()
            yield Change(node, ast.unparse(changed))
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield Change(node, f"({ast.unparse(operand)})")


def boolean(node: ast.AST) -> Iterator[Change]:
    """`and` for `or`, a condition without its `not`."""
    match node:
        case ast.BoolOp():
            changed = copy.copy(node)
            changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield Change(node, f"({ast.unparse(changed)})")
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield Change(node, f"({ast.unparse(operand)})")


def constant(node: ast.AST) -> Iterator[Change]:
    """A number one off, the other truth value, another text."""
    match node:
        case ast.Constant(value=bool(value)):
            yield Change(node, repr(not value))
        case ast.Constant(value=int(value)):
            yield Change(node, repr(value + 1))
            if value > 0:
                yield Change(node, repr(value - 1))
        case ast.Constant(value=float(value)):
            yield Change(node, repr(value * 1.25 + (value == 0)))
        case ast.Constant(value=str(value)):
            yield Change(node, repr(value + "x") if value else repr("x"))


def off_by_one(node: ast.AST) -> Iterator[Change]:
    """The end of a range or of a slice one too far."""
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[end] | [_, end] | [_, end, _]):
            if not isinstance(end, ast.Constant):
                yield Change(end, f"{ast.unparse(end)} - 1")
                yield Change(end, f"{ast.unparse(end)} + 1")
        case ast.Subscript(slice=ast.Slice(lower=lower, upper=upper)):
            for bound in (lower, upper):
                if bound is not None and not isinstance(bound, ast.Constant):
                    yield Change(bound, f"{ast.unparse(bound)} + 1")


def edge_case(node: ast.AST) -> Iterator[Change]:
    """A branch never taken, or always; a loop or comprehension without its filter."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            yield Change(test, "False")
            yield Change(test, "True")
        case ast.comprehension(ifs=tests):
            for test in tests:
                yield Change(test, "True")


def exception(node: ast.AST) -> Iterator[Change]:
    """Another exception raised, or caught."""
    match node:
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name) as kind) | (ast.Name(id=name) as kind)):
            if name in _EXCEPTIONS:
                yield Change(kind, _EXCEPTIONS[name])
        case ast.ExceptHandler(type=ast.Name(id=name) as kind) if name in _EXCEPTIONS:
            yield Change(kind, _EXCEPTIONS[name])


def arguments(node: ast.AST) -> Iterator[Change]:
    """The first two arguments swapped, a keyword argument forgotten."""
    if not isinstance(node, ast.Call):
        return
    if len(node.args) >= 2 and not any(isinstance(arg, ast.Starred) for arg in node.args[:2]):
        first, second, *rest = node.args
        changed = copy.copy(node)
        changed.args = [second, first, *rest]
        yield Change(node, ast.unparse(changed))
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            changed = copy.copy(node)
            changed.keywords = node.keywords[:index] + node.keywords[index + 1 :]
            yield Change(node, ast.unparse(changed))


def missing_copy(node: ast.AST) -> Iterator[Change]:
    """The thing itself where a copy of it was meant."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Name() | ast.Attribute() as held]):
            if name in _COPIES:
                yield Change(node, ast.unparse(held))
        case ast.Call(func=ast.Attribute(value=held, attr="copy"), args=[]):
            yield Change(node, ast.unparse(held))
        case ast.Subscript(value=held, slice=ast.Slice(lower=None, upper=None, step=None)):
            yield Change(node, ast.unparse(held))


def dropped_lock(node: ast.AST) -> Iterator[Change]:
    """A block that no lock guards any more."""
    if isinstance(node, ast.With | ast.AsyncWith):
        held = " ".join(ast.unparse(item.context_expr).lower() for item in node.items)
        if any(name in held for name in _LOCKS):
            yield Change(node, "if True:\n" + " " * node.body[0].col_offset, through=node.body[0])


def unstable(node: ast.AST) -> Iterator[Change]:
    """The textbook formula in place of the stable one."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr=name), args=args) if name in _NAIVE:
            texts = [ast.unparse(arg) for arg in args]
            if len(texts) > _NAIVE[name].count("{1}"):
                yield Change(node, _NAIVE[name].format(*texts))


def statement(node: ast.AST) -> Iterator[Change]:
    """A statement forgotten, a result not returned, a loop left too late."""
    match node:
        case ast.Expr(value=ast.Call() | ast.Await() | ast.Yield()) | ast.AugAssign() | ast.Delete():
            yield Change(node, "pass")
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield Change(node, "pass")
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield Change(value, "None")
        case ast.Break():
            yield Change(node, "pass")
        case ast.Continue():
            yield Change(node, "pass")


def _is_text(node: ast.BinOp) -> bool:
    """Whether a side is text for certain: then another operator only raises."""
    sides = (node.left, node.right)
    return any(isinstance(side, ast.JoinedStr) or isinstance(getattr(side, "value", None), str) for side in sides)


OPERATORS: dict[str, Callable[[ast.AST], Iterator[Change]]] = {
    "comparison": comparison,
    "arithmetic": arithmetic,
    "boolean": boolean,
    "constant": constant,
    "off by one": off_by_one,
    "edge case": edge_case,
    "exception": exception,
    "arguments": arguments,
    "missing copy": missing_copy,
    "dropped lock": dropped_lock,
    "unstable formula": unstable,
    "statement": statement,
}
