"""The builtins that look at whoever calls them: `globals`, `locals`, `vars`, `eval` and `exec`, beside a driver.

They are made in C, and what is made in C looks at the caller's caller: a program whose method is a `partial` of `exec`,
or the item of a `defaultdict(globals)`, has the driver call it, and was given the driver's scope. Here they ask for the
frame that called, as Python's own code would, and refuse the scopes that are not the program's.

Nobody is given a frame for it, not even these functions: asked for one, the audit hook of `driven.py` puts it where
only they look, and raises. So no code that runs in between, as the collector's callbacks may, comes by one.
"""

import types
from collections.abc import Callable
from typing import Any, cast

from . import audit

_NAMES = ("globals", "locals", "vars", "eval", "exec")


def looks(
    ask_frame: Callable[[int], types.FrameType],
    identity: Callable[[], int],
    looking: dict[int, types.FrameType | None],
) -> Callable[[int], types.FrameType | None]:
    """`(depth) -> frame`, from the function that asks as 1; None where there is none.

    Args:
        ask_frame: the real `sys._getframe`.
        identity: of the thread.
        looking: what the audit hook puts a frame into, by thread, where the thread has an entry.
    """

    def look(depth: int) -> types.FrameType | None:
        here = identity()
        looking[here] = None
        try:
            ask_frame(depth)
        except ValueError:  # by the hook, or where the stack is not that deep
            return looking.pop(here, None)
        return None

    return look


def of_caller(
    look: Callable[[int], types.FrameType | None], protected: list[dict[str, Any]], noticed: set[str]
) -> dict[str, Callable[..., Any]]:
    """What stands for each of these builtins, by its name."""
    plain_vars, plain_eval, plain_exec, frames = vars, eval, exec, audit.WALKS_FRAMES

    def caller() -> types.FrameType:
        frame = look(3)
        if frame is None or any(frame.f_globals is one for one in protected):
            noticed.add(frames)
            raise ValueError(f"it {frames}")
        return frame

    def globals_() -> dict[str, Any]:
        return caller().f_globals

    def locals_() -> Any:
        return caller().f_locals

    def vars_(*given: Any) -> Any:
        return plain_vars(*given) if given else caller().f_locals

    def eval_(source: Any, scope: Any = None, names: Any = None, /) -> Any:
        if scope is None:
            frame = caller()
            scope, names = frame.f_globals, frame.f_locals if names is None else names
        return plain_eval(source, scope, names)

    def exec_(source: Any, scope: Any = None, names: Any = None, /, **more: Any) -> None:
        if scope is None:
            frame = caller()
            scope, names = frame.f_globals, frame.f_locals if names is None else names
        plain_exec(source, scope, names, **more)

    made = (globals_, locals_, vars_, eval_, exec_)
    return dict(zip(_NAMES, made, strict=True))


def with_builtins(function: Callable[..., Any], public: dict[str, Any]) -> Callable[..., Any]:
    """The same function over the program's builtins: `eval` puts those of its caller into a scope that has none."""
    own = cast("types.FunctionType", function)
    made = types.FunctionType(own.__code__, {"__builtins__": public}, own.__name__, own.__defaults__, own.__closure__)
    made.__kwdefaults__ = own.__kwdefaults__
    return made
