"""What the tests lend to the candidate: functions, mocks, objects passed as arguments; and what it may do with them.

It may call what can be called, use the special methods on the fixed list, and get, set or delete attributes that do not
begin with an underscore: of things that were passed to it, or that it got from them this way. Nothing leads from there
to a frame, a module, a function's globals or closure, or to the assertions of a mock.
"""

import inspect
import types
import unittest
from collections.abc import Callable
from typing import Any

from ..codec import WireError, encode
from . import describe, operators

_HIDDEN_PREFIXES = ("_", "gi_", "cr_", "ag_")
"""Insides of objects, generators and coroutines begin so."""
_NEVER_LENT = (types.FrameType, types.CodeType, types.ModuleType, types.CellType, types.GetSetDescriptorType)
_MOST_SHOWN = 200
HAD = frozenset({"nothing", "module", "value", "global"})
"""Kinds of things that the candidate has of its own, and never has to ask the tests about."""


class Lent:
    """The tests' things that the candidate knows, by negative number."""

    def __init__(self, on_failure: Callable[[BaseException], None]) -> None:
        """`on_failure` hears of each assertion that fails inside a call of the candidate's."""
        self._things: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._implied: set[int] = set()
        self._had: set[int] = set()
        self._on_failure = on_failure

    def number(self, value: Any, news: list[Any], *, implied: bool = False) -> int | None:
        """Lend `value`, and add to `news` what is new; None where it must not be lent."""
        known = self._numbers.get(id(value))
        if known is None:
            told = self._told(value, news)
            if told is None:
                return None
            known = self.tell(value, told, news)
            if told[0] in HAD:
                self._had.add(known)
            if implied:
                self._implied.add(known)
        if not implied:
            self._implied.discard(known)
        return known

    def tell(self, value: Any, told: list[Any], news: list[Any]) -> int:
        """Give `value` the next number."""
        self._things.append(value)  # kept, so that its id stays its own
        number = -len(self._things)
        self._numbers[id(value)] = number
        news.append([number, *told])
        return number

    def value(self, number: int) -> Any:
        """What was lent under a number. Raises WireError."""
        if not -len(self._things) <= number < 0:
            raise WireError("a number under which nothing was lent")
        return self._things[-number - 1]

    def _told(self, value: Any, news: list[Any]) -> list[Any] | None:
        if isinstance(value, types.TracebackType):
            return ["nothing"]
        if isinstance(value, types.ModuleType) and describe.is_own(value.__name__):
            return ["module", value.__name__]
        if isinstance(value, _NEVER_LENT):
            return None
        plain = describe.told_value(value)
        if plain is not None:
            return ["value", *plain]
        name = describe.global_name(value)
        if name is not None:
            return ["global", *name]
        if isinstance(value, BaseException):
            kind = self.number(type(value), news, implied=True)
            return ["error", kind, _carried(value)]
        if isinstance(value, type):
            if issubclass(value, BaseException):
                return ["error class", value.__name__, describe.builtin_bases(value)]
            return ["class", value.__name__, operators.offered_by(value)]
        if isinstance(value, types.FunctionType | types.MethodType):
            return ["function", value.__name__, value.__doc__, _parameters(value)]
        kind = type(value)
        if describe.global_name(kind) is not None:  # a thing of the standard library, held here: a class of its own
            offered = ["__call__"] if _is_only_to_be_called(value) else operators.offered_by(kind)
            return ["thing", kind.__name__, offered]
        return ["object", self.number(kind, news, implied=True)]

    def perform(self, operation: str, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Do what the candidate asks of a thing.

        Raises:
            AttributeError, TypeError: it may not, or cannot.
        """
        if self._numbers.get(id(target)) is None or self._numbers[id(target)] in self._implied | self._had:
            raise TypeError("that was not passed to the candidate")
        try:
            if operation == "call":
                return target(*args, **kwargs)
            name, *rest = args
            if operation == "operate":
                if name != "__call__" and _is_only_to_be_called(target):  # its repr, for one, tells what it holds
                    raise TypeError(f"{name} of what is only to be called")
                return operators.perform(name, target, rest)
            _check_name(target, name)
            if operation == "get":
                return getattr(target, name)
            if operation == "set":
                _check_may_set(target, name)
                return setattr(target, name, *rest)
            if operation == "del":
                _check_may_set(target, name)
                return delattr(target, name)
        except (AssertionError, *_outcomes()) as error:
            self._on_failure(error)
            raise
        raise TypeError(f"operation {operation!r}")


def _parameters(function: Any) -> list[list[Any]] | None:
    """Names, kinds and whether there is a default: what a candidate may look at to decide how to call."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[parameter.name, int(parameter.kind), parameter.default is not parameter.empty] for parameter in found]


def _carried(error: BaseException) -> bytes:
    """An error's arguments; a failed assertion's not, which tell what was expected."""
    if isinstance(error, (AssertionError, *_outcomes())):
        return encode([])
    try:
        return encode(list(error.args), limit=4096)
    except Exception:  # arguments that cannot cross: the text must do
        return encode([str(error)[:_MOST_SHOWN]])


def _outcomes() -> tuple[type[BaseException], ...]:
    """How pytest says that a test failed or was skipped."""
    outcomes = describe.loaded("_pytest.outcomes")
    return () if outcomes is None else (outcomes.OutcomeException,)


def _check_name(target: Any, name: object) -> None:
    """Raises AttributeError for what is not the candidate's to see."""
    hidden = type(name) is not str or name == "mro" or _is_only_to_be_called(target)
    is_inside = not hidden and name.startswith(_HIDDEN_PREFIXES) and not _is_of_a_mocked_thing(target, name)
    if hidden or is_inside or _is_of_every_mock(target, name):
        raise AttributeError(f"{type(target).__name__!r} object has no attribute {name!r} for the candidate")


def _is_of_a_mocked_thing(target: Any, name: str) -> bool:
    """Whether a mock plays that the thing it stands for has this attribute; its own insides have other names."""
    mock = describe.loaded("unittest.mock")
    is_mock = mock is not None and isinstance(target, mock.NonCallableMock)
    return is_mock and not name.startswith(("__", "_mock", "_spec")) and name not in vars(mock.MagicMock())


def _is_only_to_be_called(thing: Any) -> bool:
    """Functions, and callables of the standard library: a `partial` would tell the arguments that the test bound."""
    is_function = isinstance(thing, types.FunctionType | types.MethodType)
    return is_function or (callable(thing) and describe.global_name(type(thing)) is not None)


def _is_of_every_mock(target: Any, name: str) -> bool:
    mock = describe.loaded("unittest.mock")
    return mock is not None and isinstance(target, mock.NonCallableMock) and hasattr(mock.NonCallableMagicMock, name)


def _check_may_set(target: Any, name: str) -> None:
    """Only attributes of the tests' own objects, and no methods: a candidate must not put its own in their place.

    Raises:
        AttributeError: it is not to be set.
    """
    found = inspect.getattr_static(type(target), name, None)
    is_data = found is None or inspect.isdatadescriptor(found) or not (callable(found) or hasattr(found, "__get__"))
    if isinstance(target, type | types.FunctionType | types.MethodType | unittest.TestCase) or not is_data:
        raise AttributeError(f"attribute {name!r} is not the candidate's to set")
