"""What the tests hold of the candidate's: handles for its objects, stand-ins for its classes, errors and module.

A handle's type is the stand-in for its class, so `isinstance(x, module.Class)` is Python's own. A stand-in class has
those special methods that the candidate's class claims to have, out of a fixed list, each of which asks the candidate.
It is never asked whether a handle equals a plain value: it does not (`forward.py` has the rules).
"""

import types
from typing import TYPE_CHECKING, Any

from . import describe, operators
from .forward import MEMBER_NAMES, forwarder, never_plain
from .peer import FUNCTIONS
from .signatures import rebuilt_signature

if TYPE_CHECKING:
    import inspect

    from .wire import Wire

_PYTHON_KINDS: dict[str, type] = {
    "function": types.FunctionType,
    "builtin": types.BuiltinFunctionType,
    "method": types.MethodType,
    "generator": types.GeneratorType,
}
"""What `inspect` asks for: a handle may say that it is one of these. None of them is a value to compare."""
_NOT_LENT = frozenset({"__module__", "__qualname__", "__classcell__", "__dict__", "__weakref__", "__slots__"})

_OF_ERRORS = MEMBER_NAMES | {name for name in dir(BaseException) if not name.startswith("_")}
"""What an exception here has of its own."""


def _readable(name: str) -> bool:
    """Whether an attribute is the candidate's to answer, and not one that Python and test libraries probe for."""
    return not (name.startswith("__") and name.endswith("__")) or name in operators.READABLE


class Handle:
    """An object that stays in the candidate's process."""

    __slots__ = ("__weakref__", "_hone")
    _hone: "tuple[Wire, int]"

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Reached from a test's subclass with `super().__init__()` where the candidate's class has none."""
        if args or kwargs:
            raise TypeError(f"{type(self).__name__}() takes no arguments")

    def __getattr__(self, name: str) -> Any:
        if not _readable(name):
            raise AttributeError(name)
        wire, number = self._hone
        return wire.ask("get", number, (name,))

    def __setattr__(self, name: str, value: object) -> None:
        local = _own_property(type(self), name)
        if local is not None:
            local.__set__(self, value)
            return
        wire, number = self._hone
        wire.replaced.add(name)
        wire.ask("set", number, (name, value))

    def __delattr__(self, name: str) -> None:
        local = _own_property(type(self), name)
        if local is not None:
            local.__delete__(self)
            return
        wire, number = self._hone
        wire.ask("del", number, (name,))

    def __dir__(self) -> list[str]:
        wire, number = self._hone
        return [name for name in wire.ask("dir", number) if type(name) is str]

    @property
    def __dict__(self) -> dict[str, Any]:
        wire, number = self._hone
        return wire.ask("get", number, ("__dict__",))

    __eq__ = never_plain("__eq__")
    __ne__ = never_plain("__ne__")
    __hash__ = object.__hash__

    def __copy__(self) -> Any:
        wire, number = self._hone
        return wire.ask("copy", number)

    def __deepcopy__(self, memo: object) -> Any:
        wire, number = self._hone
        return wire.ask("deepcopy", number)

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("an object of the candidate cannot be pickled in the tests")


def _own_property(kind: type, name: str) -> property | None:
    """The property of that name which a subclass in the tests defines."""
    for base in kind.__mro__:
        if name in base.__dict__:
            found = base.__dict__[name]
            return found if isinstance(found, property) else None
    return None


class CandidateRaised(BaseException):
    """What the stand-ins for the candidate's exception classes share: further attributes are asked for."""

    _hone: "tuple[Wire, int]"
    _hone_text = ""

    def __getattr__(self, name: str) -> Any:
        if name == "_hone" or not _readable(name):
            raise AttributeError(name)
        wire, number = self._hone
        return wire.ask("get", number, (name,))

    def __str__(self) -> str:
        return self._hone_text


class Member:
    """What the candidate's class has under a name."""

    def __init__(self, wire: "Wire", owner: int, name: str, *, is_function: bool) -> None:
        self._wire = wire
        self._owner = owner
        self._name = name
        self._is_function = is_function

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            wire, number = class_address(owner)
            return wire.ask("get", number, (self._name,))
        through = self._owner if is_lent(owner) else None  # `super().name`: not the test's own that overrides it
        if self._is_function and self._name not in self._wire.replaced:
            return Method(instance, self._name, through)
        if through is not None:
            return self._wire.ask("get_as", through, (self._name, instance))
        return self._wire.ask("get", instance._hone[1], (self._name,))


class Method:
    """A method of a handle, not yet asked for: calling it is one question instead of two."""

    def __init__(self, instance: Any, name: str, through: int | None) -> None:
        self.__self__ = instance
        self.__name__ = name
        self._through = through

    def __call__(self, *args: object, **kwargs: object) -> Any:
        wire, number = self.__self__._hone
        if self._through is not None:
            return wire.ask("method_as", self._through, (self.__name__, self.__self__, *args), kwargs)
        return wire.ask("method", number, (self.__name__, *args), kwargs)

    def __getattr__(self, name: str) -> Any:
        if not _readable(name):
            raise AttributeError(name)
        return getattr(self._asked_for(), name)

    def _asked_for(self) -> Any:
        wire, number = self.__self__._hone
        return wire.ask("get", number, (self.__name__,))

    @property
    def __class__(self) -> type:
        return types.MethodType

    @property
    def __doc__(self) -> Any:
        return self._asked_for().__doc__

    @property
    def __signature__(self) -> "inspect.Signature":
        return self._asked_for().__signature__

    def __eq__(self, other: object) -> bool:
        return type(other) is Method and other.__self__ is self.__self__ and other.__name__ == self.__name__

    def __hash__(self) -> int:
        return hash((id(self.__self__), self.__name__))


class StandInClass(type):
    """The type of the stand-ins for the candidate's classes; one that the tests derive is lent to the candidate."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> "StandInClass":
        """A subclass written in the tests: its functions stay here, and the candidate gets a class that calls them."""
        owners = [base for base in bases if isinstance(base, StandInClass)]
        wire, _number = class_address(owners[0])
        mixed_in: dict[str, Any] = {}
        for base in reversed(bases):
            if not isinstance(base, StandInClass):
                for ancestor in reversed(base.__mro__[:-1]):
                    mixed_in |= vars(ancestor)
        members = {key: _lent_member(value) for key, value in (mixed_in | namespace).items() if _is_lent_name(key)}
        made = type.__new__(mcs, name, bases, namespace)
        type.__setattr__(made, "_hone_lent", True)
        number = wire.lend_class(made, name, owners, members)
        type.__setattr__(made, "_hone_class", (wire, number))
        for key, (kind, *_parts) in members.items():
            if kind == "value" and key in namespace:  # an instance of the candidate's may have another
                type.__setattr__(made, key, Member(wire, number, key, is_function=False))
        return made

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> None:
        type.__init__(cls, name, bases, namespace)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        wire, number = class_address(cls)
        return wire.ask("call", number, args, kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_hone") or not _readable(name):
            raise AttributeError(name)
        wire, number = class_address(cls)
        return wire.ask("get", number, (name,))

    def __setattr__(cls, name: str, value: object) -> None:
        wire, number = class_address(cls)
        wire.replaced.add(name)
        if isinstance(value, Member):  # what `patch` found in `__dict__` and puts back
            wire.ask("restore", number, (name,))
            return
        kind, *parts = _lent_member(value)
        wire.ask("replace", number, (name, kind, *parts))
        if name not in cls.__dict__:
            type.__setattr__(cls, name, Member(wire, number, name, is_function=False))

    def __delattr__(cls, name: str) -> None:
        wire, number = class_address(cls)
        wire.ask("del", number, (name,))
        if name in cls.__dict__:
            type.__delattr__(cls, name)

    def __instancecheck__(cls, instance: Any) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        if not isinstance(type(instance), StandInClass):
            return False
        wire, number = class_address(cls)  # an abstract class or a protocol of the candidate may know better
        return wire.ask("isinstance", number, (instance,)) is True

    def _operate(cls, name: str, *args: object) -> Any:
        wire, number = class_address(cls)
        return wire.ask("operate", number, (name, *args))

    def __bool__(cls) -> bool:
        return True

    def __iter__(cls) -> Any:
        return cls._operate("__iter__")

    def __reversed__(cls) -> Any:
        return cls._operate("__reversed__")

    def __len__(cls) -> Any:
        return cls._operate("__len__")

    def __getitem__(cls, key: object) -> Any:
        return cls._operate("__getitem__", key)

    def __contains__(cls, item: object) -> Any:
        return cls._operate("__contains__", item)

    @property
    def __signature__(cls) -> "inspect.Signature":
        wire, number = class_address(cls)
        return rebuilt_signature(wire.ask("signature", number))


def class_address(cls: type) -> "tuple[Wire, int]":
    """Where a stand-in class's own class lives."""
    return cls.__dict__["_hone_class"]


def is_lent(cls: type) -> bool:
    """Whether the tests wrote the class."""
    return "_hone_lent" in cls.__dict__


def _is_lent_name(name: str) -> bool:
    if name in _NOT_LENT or name.startswith("_hone"):
        return False
    return not (name.startswith("__") and name.endswith("__")) or name in operators.FORWARDED | MEMBER_NAMES


def _lent_member(value: Any) -> list[Any]:
    """How something in a class of the tests is told to the candidate."""
    if isinstance(value, property):
        return ["property", value.fget, value.fset, value.fdel]
    if isinstance(value, staticmethod | classmethod):
        return ["static" if isinstance(value, staticmethod) else "class", value.__func__]
    return ["function" if isinstance(value, types.FunctionType) else "value", value]


def build_class(wire: "Wire", number: int, told: dict[str, Any], bases: tuple[type, ...]) -> type:
    """The stand-in for a class of the candidate's.

    Args:
        told: what the candidate says of it (`describe.py`).
        bases: stand-ins, and real exception classes.

    Raises:
        TypeError, ValueError, KeyError: no class can be made of that.
    """
    is_error = any(issubclass(base, BaseException) for base in bases)
    namespace: dict[str, Any] = {
        "_hone_class": (wire, number),
        "__module__": str(told["module"])[:100],
        "__qualname__": str(told["qualname"])[:200],
        "__doc__": told["doc"] if type(told["doc"]) is str else None,
    }
    for name, is_function in told["members"].items():
        if type(name) is str and (not name.startswith(("__", "_hone")) or name in MEMBER_NAMES):
            namespace[name] = Member(wire, number, name, is_function=is_function is True)
    if is_error:
        for name in _OF_ERRORS & set(namespace):
            del namespace[name]
        bases = bases if any(issubclass(base, CandidateRaised) for base in bases) else (CandidateRaised, *bases)
    else:
        bases = bases or (Handle,)
        namespace["__slots__"] = ()
        for name in told["offered"]:
            if name in operators.FORWARDED:
                namespace[name] = forwarder(name, number)
        if "__eq__" in namespace or not told["hashable"]:
            namespace.setdefault("__hash__", object.__hash__ if told["hashable"] else None)
        kind = _PYTHON_KINDS.get(told["kind"])
        if kind is not None:
            namespace |= {"__class__": property(lambda _: kind), "__signature__": property(_signature)}
            namespace["__doc__"] = property(lambda handle: handle._hone[0].ask("get", handle._hone[1], ("__doc__",)))
    return type.__new__(StandInClass, str(told["name"])[:100], bases, namespace)


_FUNCTIONS: list[type] = []
"""Stand-ins for the type of functions, made before forking: it costs a fork more to make one than a short test does."""
_TOLD_OF_FUNCTIONS = describe.told_class(types.FunctionType, lambda _: None)


def prepare_functions() -> None:
    """Make a stand-in for the type of functions, for the wire that will be."""
    no_wire: Any = None
    _FUNCTIONS.append(build_class(no_wire, FUNCTIONS, _TOLD_OF_FUNCTIONS, ()))


def function_class(wire: "Wire") -> type:
    """The stand-in for the type of the candidate's functions."""
    if not _FUNCTIONS:
        prepare_functions()
    made = _FUNCTIONS.pop()
    type.__setattr__(made, "_hone_class", (wire, FUNCTIONS))
    return made


def _signature(handle: Any) -> "inspect.Signature":
    wire, number = handle._hone
    return rebuilt_signature(wire.ask("signature", number))
