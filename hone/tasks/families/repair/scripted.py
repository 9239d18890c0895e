"""A service with one mistake, and the calls up to the one on which it shows.

The tests of such a task hold scripts of calls on one object, with what each must come to. They are run here on the
mutant itself, within a budget of steps, one call after the other.
"""

import ast
import random
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hone.syntax import parse
from hone.tasks.checks import SuiteCheck
from hone.tasks.families.repair.plain import is_plain
from hone.tasks.mutation import Mutant, mutants
from hone.tasks.mutation.bounded import OutOfSteps, bounded
from hone.tasks.task import Task

_SCRIPT = "test_script_"
_STEPS = 30_000
"""Of one script. The longest of references take a tenth of it."""
_MOST_CALLS = 40
"""More are not shown."""
_OWN = frozenset({"outcome"})


@dataclass(frozen=True)
class _Seen:
    """A call that comes to something else than it must."""

    script: str
    calls: tuple[str, ...]
    """Up to that one, the making of the object first."""
    told: str


def broken(task: Task, rng: random.Random, told: str) -> Task | None:
    """The task of mending one mutant of this service's reference; None where none is seen to fail.

    Args:
        told: a sentence that says what to do with the program shown.
    """
    several = mutants(task.reference, is_ours=True)
    visible = {check.name for check in task.visible if isinstance(check, SuiteCheck)}
    for mutant in rng.sample(several, len(several)):
        seen = sorted(_failures(task, mutant), key=lambda one: (one.script not in visible, len(one.calls)))
        if not seen or len(seen[0].calls) > _MOST_CALLS:
            continue
        shown = seen[0]
        if all(one.script in visible for one in seen if one is not shown):
            continue
        calls = "\n".join(shown.calls)
        prompt = f"{task.prompt}\n{told}\n\n```python\n{mutant.source.rstrip()}\n```\n\nWith it, in\n\n{calls}\n\n"
        return replace(
            task,
            prompt=f"{prompt}{shown.told}\n",
            visible=(*task.visible, *(check for check in task.hidden if check == SuiteCheck(shown.script))),
            hidden=tuple(check for check in task.hidden if check != SuiteCheck(shown.script)),
        )
    return None


def _failures(task: Task, mutant: Mutant) -> Iterator[_Seen]:
    """Where the mutant fails for certain, in each script that it fails; nothing if it may not end."""
    found = []
    scripts, scope = _scripts(task.tests)
    for name, script in scripts.items():
        try:
            seen = _seen(name, script, scope, mutant.source)
        except (OutOfSteps, RecursionError, MemoryError):
            return
        if seen is not None:
            found.append(seen)
    yield from found


@lru_cache(maxsize=64)
def _scripts(tests: str) -> tuple[Mapping[str, list[ast.stmt]], Mapping[str, Any]]:
    """The scripts of a service's tests, and the functions that they call the service through."""
    body = parse(tests).body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    helpers = [
        node
        for node in body
        if (isinstance(node, ast.Import) and [alias.name for alias in node.names] != ["solution"])
        or (isinstance(node, ast.FunctionDef) and not node.name.startswith("test_") and node.name not in _OWN)
    ]
    scope: dict[str, Any] = {}
    exec(compile(ast.Module(list(helpers), []), "tests.py", "exec"), scope)  # noqa: S102  # our own text
    return {name: node.body for name, node in functions.items() if name.startswith(_SCRIPT)}, scope


def _seen(name: str, script: list[ast.stmt], scope: Mapping[str, Any], source: str) -> _Seen | None:
    """The first call of a script that comes to something else than it must; None where none does, or cannot be told."""
    calls: list[str] = []
    held: dict[str, Any] = dict(scope)
    for statement in script:
        match statement:
            case ast.Assign(value=ast.Call(func=ast.Attribute(attr=entry_point)) as call):
                solution = types.SimpleNamespace(**{entry_point: bounded(source, entry_point, _STEPS)})
                calls.append(f"service = {ast.unparse(call).removeprefix('solution.')}")
                held |= {"solution": solution, "service": _evaluated(call, held | {"solution": solution})}
                continue
            case ast.Assert(test=ast.Compare(left=call, ops=[ast.Eq() | ast.Is() as how], comparators=[expected])):
                wanted, raises, itself = ast.literal_eval(expected), "", isinstance(how, ast.Is)
            case ast.Try(body=[ast.Expr(value=call)], handlers=[ast.ExceptHandler(type=ast.Name(id=raises))]):
                wanted, itself = None, False
            case _:
                return None
        calls.append(ast.unparse(call))
        must = f"must raise {raises}" if raises else f"must return `{wanted!r}`"
        try:
            answer = _evaluated(call, held)
        except (RecursionError, MemoryError):
            raise
        except Exception as error:  # the mistake's own doing, and what the task is about
            if raises in [kind.__name__ for kind in type(error).__mro__]:
                continue
            return _Seen(name, tuple(calls), f"the last call raises {type(error).__name__}; it {must}.")
        if not raises and (answer is wanted if itself else answer == wanted):
            continue
        return (
            _Seen(name, tuple(calls), f"the last call returns `{answer!r}`; it {must}.") if is_plain(answer) else None
        )
    return None


def _evaluated(call: ast.expr, scope: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(call), "script.py", "eval"), scope)  # noqa: S307  # our own text
