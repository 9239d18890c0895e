"""Runs Hone's own mutated text within a budget of steps, so that what it does never depends on a clock.

Steps are counted at each call of its functions and each turn of its loops and comprehensions. One single operation of
the interpreter is not bounded: this is for small mistakes in small references, and no sandbox.
"""

import ast
import types
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hone.syntax import parse

_STEPS = 3000
_STEP = "_hone_step"


class OutOfSteps(BaseException):
    """The budget is spent; no `except Exception` of the program holds it back."""


def bounded(source: str, entry_point: str, steps: int = _STEPS) -> Callable[..., Any]:
    """The entry point of a program; all its calls together have one budget of steps.

    Raises:
        OutOfSteps: by the entry point, when the budget is spent.
    """
    left = steps

    def step() -> bool:
        nonlocal left
        left -= 1
        if left < 0:
            raise OutOfSteps
        return True

    module = types.ModuleType("mutant")
    module.__dict__[_STEP] = step
    exec(_counted(source), module.__dict__)  # noqa: S102  # our own text
    return module.__dict__[entry_point]


@lru_cache(maxsize=64)
def _counted(source: str) -> types.CodeType:
    tree = parse(source)
    _Counted().visit(tree)
    ast.fix_missing_locations(tree)
    return compile(tree, "mutant.py", "exec")


class _Counted(ast.NodeTransformer):
    def visit(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.FunctionDef() | ast.For() | ast.While():
                node.body.insert(0, ast.Expr(_step()))
            case ast.comprehension():
                node.ifs.insert(0, _step())
            case ast.Lambda():
                node.body = ast.IfExp(_step(), node.body, ast.Constant(None))
        return node


def _step() -> ast.Call:
    return ast.Call(ast.Name(_STEP, ast.Load()), [], [])
