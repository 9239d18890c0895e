"""Reference solutions: one composition, many surface forms (comprehension or loop, nested or step by step)."""

import ast
import random

from hone.syntax import parse
from hone.tasks.families.composed.compose import Apply, Branch, Composition, Repeat
from hone.tasks.families.composed.primitive import VARIABLE, Kind, literal

_ATOMS = (ast.Call, ast.Subscript, ast.Name, ast.Attribute, ast.Constant, ast.ListComp, ast.DictComp, ast.List)
_NEST = 0.25
"""How often two expressions that follow each other are written as one."""
_SECOND_FORM = 0.35
"""How often a primitive with several surfaces is not written in its first."""


def signature(takes: Kind, gives: Kind) -> str:
    """`solve(xs: list[int]) -> int`"""
    return f"solve({VARIABLE[takes]}: {takes}) -> {gives}"


def reference(rng: random.Random, composition: Composition, takes: Kind, gives: Kind) -> str:
    """A correct program for the composition, in a surface form drawn from `rng`."""
    body = _Body(rng, takes)
    for step in composition:
        match step:
            case Apply():
                body.apply(step)
            case Branch(condition, k, then, other):
                x = body.settle()
                test = condition.surface.format(x=x, k=literal(k))
                body.lines.append(f"if {test}:")
                body.lines += _indent(body.assignment(then, x))
                body.lines.append("else:")
                body.lines += _indent(body.assignment(other, x))
            case Repeat(times, inner):
                x = body.settle()
                body.lines.append(f"for _ in range({times}):")
                body.lines += _indent(body.assignment(inner, x))
    lines = body.finish()
    return "\n".join([f"def {signature(takes, gives)}:", *_indent(lines)]) + "\n"


class _Body:
    """The statements written so far, and the expression that the next step works on."""

    def __init__(self, rng: random.Random, kind: Kind) -> None:
        self.rng = rng
        self.kind = kind
        self.lines: list[str] = []
        self.value = VARIABLE[kind]

    def settle(self) -> str:
        """Assign a pending expression to the variable of its kind; its name."""
        name = VARIABLE[self.kind]
        if self.value != name:
            self.lines.append(f"{name} = {self.value}")
            self.value = name
        return name

    def apply(self, step: Apply) -> None:
        surface = self._surface(step)
        gives = step.primitive.gives
        if "\n" in surface:
            self.lines += _block(surface, self.settle(), VARIABLE[gives], step.k)
            self.value = VARIABLE[gives]
        else:
            pending = self.value != VARIABLE[self.kind]
            if pending and (surface.count("{x}") > 1 or self.rng.random() > _NEST):
                self.settle()
            x = self.value if "({x})" in surface or "({x}," in surface else _atom(self.value)
            self.value = surface.format(x=x, k=literal(step.k))
        self.kind = gives

    def assignment(self, step: Apply, x: str) -> list[str]:
        """Lines that put the step's value where its input was (the kind stays)."""
        surface = self._surface(step)
        return _block(surface, x, x, step.k) if "\n" in surface else [f"{x} = {_format(surface, x, step.k)}"]

    def finish(self) -> list[str]:
        """All lines, ending in a return; an assignment just before it is folded into it."""
        name = VARIABLE[self.kind]
        if self.value == name and self.lines and self.lines[-1].startswith(f"{name} = "):
            self.value = self.lines.pop().removeprefix(f"{name} = ")
        return [*self.lines, f"return {self.value}"]

    def _surface(self, step: Apply) -> str:
        first, *others = step.primitive.surfaces
        return self.rng.choice(others) if others and self.rng.random() < _SECOND_FORM else first


def _format(surface: str, x: str, k: object) -> str:
    return surface.format(x=x, k=literal(k))


def _block(surface: str, x: str, y: str, k: object) -> list[str]:
    lines = surface.format(x=x, y=y, k=literal(k)).split("\n")
    return [line for line in lines if line.strip() != f"{y} = {y}"]


def _indent(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _atom(expression: str) -> str:
    node = parse(expression, mode="eval").body
    return expression if isinstance(node, _ATOMS) else f"({expression})"
