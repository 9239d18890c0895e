"""Later versions with breaking changes, and the changelog that tells of them."""

import random
from dataclasses import dataclass, replace
from enum import StrEnum

from hone.tasks.libraries.draw import DECIPHER, ENCIPHER, RESERVED, arranged
from hone.tasks.libraries.names import Names
from hone.tasks.libraries.spec import Counting, Function, How, LibrarySpec


class Break(StrEnum):
    """What a new version may break."""

    RENAMED = "renamed"
    REORDERED = "reordered"
    ERROR = "error"
    UNIT = "unit"
    COUNTING = "counting"
    SETTING = "setting"


@dataclass(frozen=True)
class Change:
    """One breaking change."""

    kind: Break
    told: str
    """The changelog's line."""


@dataclass(frozen=True)
class Release:
    """A version and what it breaks of the one before."""

    library: LibrarySpec
    changes: tuple[Change, ...]


def next_major(before: LibrarySpec) -> Release:
    """The next major version: every function and session is changed in some way, and so are a unit and the counting."""
    rng = random.Random(f"release {before.name} {before.version}")
    major = int(before.version.partition(".")[0]) + 1
    names = Names(rng, {*RESERVED, *_names(before)})
    changes: list[Change] = []
    functions = []
    for function in before.functions:
        changed, told = _changed(rng, names, before, function)
        functions.append(changed)
        changes.append(told)
    sessions = []
    for session in before.sessions:
        sessions.append(replace(session, feeding=names.word(3)))
        changes.append(Change(Break.RENAMED, f"`{session.feeding}` is now called `{sessions[-1].feeding}`."))
    dimension = rng.choice(sorted(before.units))
    unit = before.units[dimension]
    factor = rng.choice([number for number in range(3, 60) if number != unit.factor])
    changes.append(
        Change(Break.UNIT, f"One of the {unit.everyday} is now {factor} {unit.name}; it was {unit.factor} {unit.name}.")
    )
    firsts = [first for first in (0, 1, 10, 100) if first != before.counting.first]
    counting = Counting(rng.choice(firsts), not before.counting.backwards)
    changes.append(
        Change(Break.COUNTING, f"Positions are now {counted(counting)}; they were {counted(before.counting)}.")
    )
    rng.shuffle(changes)
    after = replace(
        before,
        version=f"{major}.{rng.randint(0, 5)}.{rng.randint(0, 9)}",
        functions=tuple(functions),
        sessions=tuple(sessions),
        units={**before.units, dimension: replace(unit, factor=factor)},
        counting=counting,
    )
    return Release(after, tuple(changes))


def changelog(before: LibrarySpec, release: Release) -> str:
    """Markdown."""
    lines = [f"# Changes of {before.name}", "", f"## {release.library.version} (after {before.version})", ""]
    lines += [f"- {change.told}" for change in release.changes]
    return "\n".join([*lines, "- Nothing else has changed.", ""])


def counted(counting: Counting) -> str:
    """`counted from 1, which is the first item`."""
    return f"counted from {counting.first}, which is the {'last' if counting.backwards else 'first'} item"


def signature(function: Function) -> str:
    """`velmo(ast, /, brin, *, kul)`."""
    parts: list[str] = []
    hows = [one.how for one in function.parameters]
    for at, one in enumerate(function.parameters):
        if one.how is How.KEYWORD and How.KEYWORD not in hows[:at]:
            parts.append("*")
        parts.append(one.name)
        if one.how is How.POSITIONAL and hows[at + 1 : at + 2] != [How.POSITIONAL]:
            parts.append("/")
    return f"{function.name}({', '.join(parts)})"


def _changed(rng: random.Random, names: Names, library: LibrarySpec, function: Function) -> tuple[Function, Change]:
    kinds = [Break.RENAMED, Break.REORDERED, Break.ERROR, Break.SETTING]
    if function.does in (ENCIPHER, DECIPHER):  # with other words one would not undo the other
        kinds.remove(Break.SETTING)
    kind = rng.choice(kinds)
    match kind:
        case Break.RENAMED:
            after = replace(function, name=names.word(3))
            return after, Change(kind, f"`{function.name}` is now called `{after.name}`.")
        case Break.REORDERED:
            after = function
            while signature(after) == signature(function):
                after = replace(function, parameters=arranged(rng, list(function.parameters)))
            return after, Change(kind, f"`{signature(function)}` is now `{signature(after)}`.")
        case Break.ERROR:
            error = rng.choice([name for name in library.errors if name != function.fault.error])
            number = function.fault.number + 1000
            after = replace(function, fault=replace(function.fault, error=error, number=number))
            told = f"`{function.name}` now raises `{error}` with number {number}; it was `{function.fault.error}`."
            return after, Change(kind, told)
    after, lines = _resettled(names, function)
    return after, Change(kind, f"`{function.name}`: {'; '.join(lines)}.")


def _resettled(names: Names, function: Function) -> tuple[Function, list[str]]:
    """The function with other words for its settings."""
    parameters, lines = [], []
    for one in function.parameters:
        if one.settings:
            words = {meaning: names.setting() for meaning in one.settings}
            lines += [
                f'for {meaning} write `"{word}"`, no longer `"{one.settings[meaning]}"`'
                for meaning, word in words.items()
            ]
            one = replace(one, settings=words)
        parameters.append(one)
    return replace(function, parameters=tuple(parameters)), lines


def _names(library: LibrarySpec) -> set[str]:
    """Every name that the library uses."""
    found = {library.name, library.number, *library.modules, *library.errors}
    for function in library.functions:
        found |= {function.name, *(one.name for one in function.parameters)}
    for session in library.sessions:
        found |= {session.opening, session.feeding, session.closing, session.setting.name, session.item.name}
    return found
