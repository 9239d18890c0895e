"""What calls of a specified library come to, found from the specification alone: no package is run for it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hone.tasks.libraries.core import Step
from hone.tasks.libraries.spec import Function, LibrarySpec, Parameter, Role, Session

KEY_MODULUS = 99991
MARK_MODULUS = 97
TEXT_FACTOR = 31
"""By which a position counts beside the item that is there."""


class Absent:
    """What there is where there is nothing; the library has a name for it."""


ABSENT = Absent()


class Refused(Exception):  # a library's error, which is no error of ours
    """The call raises."""

    def __init__(self, error: str, number: int) -> None:
        super().__init__(error)
        self.error = error
        self.number = number


@dataclass(frozen=True)
class Answer:
    """What a call returns: a value, and a mark where it returns a record."""

    value: Any
    mark: int | None = None


def called(library: LibrarySpec, function: Function, given: Mapping[str, Any]) -> Answer | Absent:
    """What a function returns for arguments as the library wants them, by the parameters' names.

    Raises:
        Refused: it raises.
    """
    key = function.start
    main = given[function.main]
    position = next((one for one in function.parameters if one.role is Role.POSITION), None)
    words = {one.name: key_of(library, one, given[one.name]) for one in function.parameters if one.role is Role.SETTING}
    if _is_refused(library, function, main, given[position.name] if position else 0):
        raise Refused(function.fault.error, function.fault.number)
    for one in function.absorbed:
        value = words[one.name] if one.role is Role.SETTING else given[one.name]
        key = (key * one.weight + _absorbed(library, one, value, main)) % KEY_MODULUS
    if function.absent is not None and key % function.absent[0] == function.absent[1]:
        return ABSENT
    return Answer(through(function.steps, main, key), key % MARK_MODULUS if function.record else None)


def held(library: LibrarySpec, session: Session, word: str, items: Iterable[Any]) -> Answer:
    """What a session comes to that is opened with a setting and fed these items.

    Raises:
        Refused: it raises.
    """
    key = session.start + key_of(library, session.setting, word)
    items = list(items)
    for item in items:
        key = (key * session.item.weight + _absorbed(library, session.item, item, "")) % KEY_MODULUS
    if len(items) < session.fault.bound:
        raise Refused(session.fault.error, session.fault.number)
    return Answer(through(session.steps, key, len(items)))


def through(steps: Iterable[Step], value: Any, key: int) -> Any:
    """The value after all steps."""
    for step in steps:
        value = step.meaning(value, key)
    return value


def key_of(library: LibrarySpec, parameter: Parameter, word: str) -> int:
    """The number that a setting's word stands for. Raises Refused for a word that is no setting."""
    if word not in parameter.settings.values():
        raise Refused(library.setting_error, 0)
    return int(digest_of(library.salt, word)[16:24], 16) % KEY_MODULUS


@lru_cache(maxsize=4096)
def digest_of(salt: str, word: str) -> str:
    """What a package knows of a setting's word: its first 16 digits. The number is made of others."""
    return hashlib.sha256(f"{salt}{word}".encode()).hexdigest()


def _is_refused(library: LibrarySpec, function: Function, main: Any, position: int) -> bool:
    match function.main_parameter.role:
        case Role.QUANTITY:
            return main < function.fault.bound
        case Role.SERIES:
            return not 0 <= library.counting.index(position, len(main)) < len(main)
    return len(main) > function.fault.bound


def _absorbed(library: LibrarySpec, parameter: Parameter, value: Any, main: Any) -> int:
    match parameter.role:
        case Role.POSITION:
            return value * TEXT_FACTOR + main[library.counting.index(value, len(main))]
        case Role.LIMIT if value is ABSENT:
            return 1
        case Role.TEXT:
            return sum((at + 1) * ord(char) for at, char in enumerate(value))
    return value
