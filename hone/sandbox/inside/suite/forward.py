"""The rules for special methods of handles: which ask the candidate, and which of its answers are refused.

A candidate that returns an object of its own where the tests expect a number must not decide how it compares:
`==` and `!=` to a plain value are settled here, without asking. To `<` and its like the candidate may object, but its
answer is never used. Arithmetic with a plain value gives another handle or nothing, and no number is made of what is
left when a plain number is subtracted: otherwise `abs(answer - expected) < 1e-9` would be the candidate's to say.
"""

import dis
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import operators

if TYPE_CHECKING:
    from .wire import Wire

TESTS_MODULE = "test_solution"
TESTS_FILE = f"{TESTS_MODULE}.py"
MEMBER_NAMES = frozenset({"__init__", "__post_init__", "__init_subclass__"})
"""Special methods that are reached through a class (`super().__init__()`), though they are no operators."""
_RAISES = frozenset({dis.opmap["RAISE_VARARGS"], dis.opmap["RERAISE"]})


def never_plain(name: str) -> Callable[[Any, object], Any]:
    """`__eq__` or `__ne__` for a handle whose class has none of its own: identity, and never equal to a plain value."""

    def equal(self: Any, other: object) -> Any:
        del self
        return False if operators.is_plain(other) else NotImplemented

    def unequal(self: Any, other: object) -> Any:
        answer = type(self).__eq__(self, other)
        return answer if answer is NotImplemented else not answer

    return equal if name == "__eq__" else unequal


def forwarder(name: str, owner: int) -> Callable[..., Any]:
    """The special method `name` of the stand-in for the candidate's class number `owner`."""
    if name in ("__eq__", "__ne__"):
        return _equality(name, owner)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        wire, number = self._hone
        if name == "__call__":
            return _ask(wire, number, "call", self, owner, args, kwargs)
        return _operate(self, name, owner, args)

    def leave(self: Any, kind: object, error: BaseException | None, trace: types.TracebackType | None) -> bool:
        del kind
        answer = _operate(self, "__exit__", owner, (None if error is None else type(error), error, None))
        return bool(answer) and error is not None and _was_raised_by_the_tests(error, trace)

    chosen = leave if name == "__exit__" else method
    chosen.__name__ = name
    return chosen


def _equality(name: str, owner: int) -> Callable[[Any, object], Any]:
    def compare(self: Any, other: object) -> Any:
        wire, _number = self._hone
        if operators.is_plain(other):
            return name == "__ne__"
        return _operate(self, name, owner, (other,)) if wire.is_handle(other) else NotImplemented

    return compare


def _operate(handle: Any, name: str, owner: int, args: tuple[Any, ...]) -> Any:
    wire, number = handle._hone
    if name in operators.NUMBERS_OUT and number in wire.differences:
        wire.refuse(f"{name} of what is left when a number is subtracted from an object of the candidate")
    answer = _ask(wire, number, name, handle, owner, args, {})
    if answer is NotImplemented:
        if name in operators.REFLECTABLE:
            return NotImplemented
        raise TypeError(f"{name} is not implemented")
    if name in operators.REFLECTABLE and args:
        _check_against_plain(wire, number, name, args[0], answer)
    return answer


def _ask(
    wire: "Wire", number: int, name: str, handle: Any, owner: int, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    special = "__call__" if name == "call" else name
    if wire.is_lent(type(handle)):  # the tests' own method called `super()`: it must not be asked itself
        return wire.ask("method_as", owner, (special, handle, *args), kwargs)
    return wire.ask("call", number, args, kwargs) if name == "call" else wire.ask("operate", number, (name, *args))


def _check_against_plain(wire: "Wire", number: int, name: str, other: Any, answer: Any) -> None:
    plain = operators.is_plain(other)
    if plain and name in operators.ORDERINGS:
        wire.refuse(f"{name} between an object of the candidate and a plain {type(other).__name__}")
    if name not in operators.ARITHMETIC:
        return
    if not wire.is_handle(answer):
        handles = type(answer) is tuple and answer and all(map(wire.is_handle, answer))  # of divmod
        if plain and not handles and not (name in ("__matmul__", "__rmatmul__") and isinstance(other, list | tuple)):
            wire.refuse(f"{name} of an object of the candidate and a plain {type(other).__name__} gave a plain value")
        return
    subtracted = name in operators.DIFFERENCES and operators.is_number(other)
    inherited = number in wire.differences or (wire.is_handle(other) and other._hone[1] in wire.differences)
    if subtracted or inherited:
        wire.differences.add(answer._hone[1])


def _was_raised_by_the_tests(error: BaseException, trace: types.TracebackType | None) -> bool:
    """Whether a `raise` in the tests raised it: only that may a candidate's `__exit__` suppress.

    A failed assertion, or an error that the candidate caused halfway through the `with` block, would otherwise skip
    the assertions that follow.
    """
    if trace is None or isinstance(error, AssertionError):
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    return code.co_filename == TESTS_FILE and code.co_code[trace.tb_lasti] in _RAISES
