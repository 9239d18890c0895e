"""What calls of a specified library come to, found from the specification alone: no package is run for it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hone.tasks.libraries.core import Step
from hone.tasks.libraries.spec import Function, LibrarySpec, Parameter, Role, Session

KEY_MODULUS = 2**31 - 1
"""Of what steps take for a key. What keys are made of is as wide as a hash, so that no search comes upon it."""
MARK_MODULUS = 97
SEEN = 16
"""Digits of a word's digest by which a package knows it; the others are the secret that keys are made of."""


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
    main = given[function.main]
    position = next((one for one in function.parameters if one.role is Role.POSITION), None)
    secrets = {one.name: secret_of(library, one, given[one.name]) for one in function.parameters if one.settings}
    if _is_refused(library, function, main, given[position.name] if position else 0):
        raise Refused(function.fault.error, function.fault.number)
    absorbed: list[Any] = []
    for one in function.absorbed:
        absorbed += _absorbed(library, one, secrets.get(one.name, given[one.name]), main)
    key = mixed(library, function.start, *absorbed) % KEY_MODULUS
    if function.absent is not None and key % function.absent[0] == function.absent[1]:
        return ABSENT
    return Answer(through(function.steps, main, key), key % MARK_MODULUS if function.record else None)


def held(library: LibrarySpec, session: Session, word: str, items: Iterable[Any]) -> Answer:
    """What a session comes to that is opened with a setting and fed these items.

    Raises:
        Refused: it raises.
    """
    state = mixed(library, session.start, secret_of(library, session.setting, word))
    items = list(items)
    for item in items:
        state = mixed(library, state, item)
    if len(items) < session.fault.bound:
        raise Refused(session.fault.error, session.fault.number)
    return Answer(through(session.steps, state % KEY_MODULUS, len(items)))


def through(steps: Iterable[Step], value: Any, key: int) -> Any:
    """The value after all steps."""
    for step in steps:
        value = step.meaning(value, key)
    return value


def secret_of(library: LibrarySpec, parameter: Parameter, word: str) -> str:
    """What a setting's word stands for. Raises Refused for a word that is no setting."""
    if word not in parameter.settings.values():
        raise Refused(library.setting_error, 0)
    return digest_of(library.salt, word)[SEEN:]


def mixed(library: LibrarySpec, *given: str | int) -> int:
    """One number of all that a call was given, by a hash.

    Whoever lacks a setting's word thus learns nothing from one call about another, even with the check of words and the
    number itself replaced: no number that could be searched for serves two calls.
    """
    return int(digest_of(library.salt, ascii(given)), 16)


@lru_cache(maxsize=4096)
def digest_of(salt: str, text: str) -> str:
    """In hexadecimal digits."""
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()


def _is_refused(library: LibrarySpec, function: Function, main: Any, position: int) -> bool:
    match function.main_parameter.role:
        case Role.QUANTITY:
            return main < function.fault.bound
        case Role.SERIES:
            return not 0 <= library.counting.index(position, len(main)) < len(main)
    return len(main) > function.fault.bound


def _absorbed(library: LibrarySpec, parameter: Parameter, value: Any, main: Any) -> tuple[str | int, ...]:
    match parameter.role:
        case Role.POSITION:
            return value, main[library.counting.index(value, len(main))]
        case Role.LIMIT if value is ABSENT:
            return (1,)
    return (value,)
