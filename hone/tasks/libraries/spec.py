"""The specification of a generated library: everything that its package, its documentation and its tasks follow from.

A specification is also executable: `hone.tasks.libraries.meaning` says what each call comes to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hone.tasks.libraries.core import Kind, Step


class How(StrEnum):
    """How an argument may be given."""

    POSITIONAL = "by position only"
    EITHER = "by position or name"
    KEYWORD = "by name only"


class Role(StrEnum):
    """What a parameter is for; this decides how values of a task become values of the library."""

    QUANTITY = "quantity"
    """A whole number in a unit of the library's."""
    LIMIT = "limit"
    """The same, or the library's word for what is absent."""
    POSITION = "position"
    """Of an item in a series or a character in a text, as the library counts."""
    TEXT = "text"
    SERIES = "series"
    SETTING = "setting"
    """One of a few words, which nothing but the documentation tells."""


@dataclass(frozen=True)
class Unit:
    """A unit of the library's own for an everyday one."""

    everyday: str
    """Plural, as the tasks' numbers are given: `kilograms`."""
    name: str
    """The library's, plural."""
    factor: int
    """So many of the library's make one of the everyday unit."""


@dataclass(frozen=True)
class Counting:
    """How the library counts positions."""

    first: int
    """The number of the first item that is counted."""
    backwards: bool
    """Whether the last item is the first that is counted."""

    def number(self, index: int, length: int) -> int:
        """The library's number for an item that has this index, counted from 0 at the front."""
        return (length - 1 - index if self.backwards else index) + self.first

    def index(self, number: int, length: int) -> int:
        """The reverse."""
        at = number - self.first
        return length - 1 - at if self.backwards else at


@dataclass(frozen=True)
class Parameter:
    """Of a function."""

    name: str
    role: Role
    how: How
    meaning: str
    """What it stands for: `mass of the cargo`."""
    dimension: str = ""
    """Of quantities and limits: which unit it is in."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of settings: what can be meant, and the word for it."""


@dataclass(frozen=True)
class Fault:
    """What a function refuses, and how."""

    error: str
    number: int
    """That the error carries."""
    bound: int
    """In the library's units, characters or items; what it bounds follows from the main parameter."""


@dataclass(frozen=True)
class Record:
    """What a function returns that returns two things."""

    name: str
    value: str
    mark: str
    """Names of the fields."""
    mark_first: bool


@dataclass(frozen=True)
class Function:
    """One function: a main parameter goes through steps whose key depends on all the others."""

    name: str
    module: str
    does: str
    """`weigh a cargo`."""
    parameters: tuple[Parameter, ...]
    """In the order of the signature."""
    main: str
    steps: tuple[Step, ...]
    gives: Kind
    start: int
    fault: Fault
    record: Record | None = None
    absent: tuple[int, int] | None = None
    """`(d, r)`: there is no answer where the key leaves `r` when divided by `d`."""

    def parameter(self, role: Role) -> Parameter:
        """The first parameter of that role."""
        return next(one for one in self.parameters if one.role is role)

    @property
    def main_parameter(self) -> Parameter:
        """The one that the steps transform."""
        return next(one for one in self.parameters if one.name == self.main)

    @property
    def absorbed(self) -> tuple[Parameter, ...]:
        """The others, in the order in which the key is made of them: the same whatever the signature's order is."""
        return tuple(sorted((one for one in self.parameters if one.name != self.main), key=lambda one: one.name))


class Style(StrEnum):
    """How a session is held."""

    HANDLE = "handle"
    """Functions that pass an opaque handle around."""
    BUILDER = "builder"
    """A class whose methods return a new object each, and leave the old one alone."""


@dataclass(frozen=True)
class Session:
    """What is opened, fed item by item, and closed for a result."""

    style: Style
    name: str
    """Of the class."""
    module: str
    does: str
    opening: str
    feeding: str
    closing: str
    setting: Parameter
    item: Parameter
    handle_last: bool
    steps: tuple[Step, ...]
    gives: Kind
    start: int
    fault: Fault
    """Closing before it was fed `bound` items."""


Entry = Function | Session
"""What a program may call."""


def parameters_of(entry: Entry) -> tuple[Parameter, ...]:
    """In the order of the signature; of a session, its setting and its item."""
    return entry.parameters if isinstance(entry, Function) else (entry.setting, entry.item)


@dataclass(frozen=True)
class Requirement:
    """That another library is needed, in versions from one major number up to (not including) another."""

    name: str
    least: int
    below: int

    def allows(self, version: str) -> bool:
        """Whether a version will do."""
        return self.least <= int(version.partition(".")[0]) < self.below

    def __str__(self) -> str:
        return f"{self.name}>={self.least}.0,<{self.below}.0"


@dataclass(frozen=True)
class LibrarySpec:
    """One version of one library."""

    name: str
    version: str
    salt: str
    """What the words of settings are hashed with."""
    units: Mapping[str, Unit]
    counting: Counting
    absent: str
    """The name of the library's object for what is absent."""
    base_error: str
    setting_error: str
    """Raised for a word that is no setting."""
    errors: tuple[str, ...]
    number: str
    """The attribute that errors carry their number in."""
    modules: tuple[str, ...]
    functions: tuple[Function, ...]
    sessions: tuple[Session, ...]
    requires: tuple[Requirement, ...] = ()

    def unit(self, parameter: Parameter) -> Unit:
        """That a quantity or a limit is in."""
        return self.units[parameter.dimension]
