"""The documentation of a specified library, as markdown: it tells everything that a caller must know."""

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from hone.tasks.libraries.changes import counted, signature
from hone.tasks.libraries.core import Kind
from hone.tasks.libraries.meaning import ABSENT, Absent, Answer, Refused, called, held
from hone.tasks.libraries.spec import (
    Entry,
    Fault,
    Function,
    How,
    LibrarySpec,
    Parameter,
    Role,
    Session,
    Style,
    parameters_of,
)

_TYPES = {Role.TEXT: "str", Role.SERIES: "list[int]", Role.SETTING: "str"}


def documentation(library: LibrarySpec, entries: Collection[Entry] = ()) -> str:
    """Markdown.

    Args:
        entries: functions and sessions to tell of; by default all of them.
    """
    told = [one for one in (*library.functions, *library.sessions) if not entries or one in entries]
    dimensions = {one.dimension for entry in told for one in parameters_of(entry) if one.dimension}
    lines = [f"# {library.name} {library.version}", "", *_overview(library)]
    if dimensions:
        lines += ["", "## Units", "", "| of | everyday unit | unit here | how many make one everyday unit |"]
        lines.append("| --- | --- | --- | --- |")
        for dimension in sorted(dimensions):
            unit = library.units[dimension]
            lines.append(f"| {dimension} | {unit.everyday} | {unit.name} | {unit.factor} |")
    if any(one.role is Role.POSITION for entry in told for one in parameters_of(entry)):
        lines += ["", "## Positions", "", f"Positions are {counted(library.counting)}."]
    for entry in told:
        lines += ["", *(_function(library, entry) if isinstance(entry, Function) else _session(library, entry))]
    return "\n".join([*lines, ""])


def _overview(library: LibrarySpec) -> list[str]:
    name = library.name
    lines = [f"`import {name}` gives the errors and `{name}.{library.absent}`; functions are in modules of their own."]
    if library.requires:
        lines.append(f"It needs {', '.join(f'`{one}`' for one in library.requires)}.")
    lines += ["", "## Errors", "", f"Every error is a `{name}.{library.base_error}`, with a number in its attribute"]
    lines[-1] += f" `{library.number}`. A word that is no setting raises `{name}.{library.setting_error}`, number 0."
    lines += [
        "",
        "## What is absent",
        "",
        f"`{name}.{library.absent}` stands for a limit that there is not, and for an",
    ]
    lines[-1] += " answer that there is not. Compare with `is`: it is neither true nor false, and `None` is refused."
    return lines


def _function(library: LibrarySpec, function: Function) -> list[str]:
    lines = [f"## `{library.name}.{function.module}.{signature(function)}`", "", f"{_capital(function.does)}.", ""]
    lines += _table(library, function.parameters)
    lines += ["", f"Returns {_returned(library, function)}."]
    lines.append(_raises(library, function.fault, _refused(library, function)))
    return [*lines, "", *_example(library, function)]


def _session(library: LibrarySpec, session: Session) -> list[str]:
    setting, item = session.setting.name, session.item.name
    place = f"{library.name}.{session.module}"
    if session.style is Style.BUILDER:
        lines = [f"## `class {place}.{session.name}({setting})`", "", f"{_capital(session.does)}.", ""]
        feeding, closing = f".{session.feeding}({item})", f".{session.closing}()"
        told = f"`{feeding}` returns a new `{session.name}` that has one parcel more, and leaves the old one as it was."
    else:
        lines = [f"## `{place}.{session.opening}({setting})`", "", f"{_capital(session.does)}.", ""]
        given = f"{item}, handle" if session.handle_last else f"handle, {item}"
        feeding, closing = f"{session.feeding}({given}, /)", f"{session.closing}(handle, /)"
        told = f"It returns a handle. `{feeding}`, of the same module, adds a parcel to it, and returns nothing."
    item_how = How.EITHER if session.style is Style.BUILDER else How.POSITIONAL
    lines += _table(library, (session.setting, replace(session.item, how=item_how)))
    lines += ["", told, f"`{closing}` returns the result, {_article(session.gives)}, of all parcels in their order."]
    lines.append(_raises(library, session.fault, f"there are fewer than {session.fault.bound} parcels"))
    return [*lines, "", *_session_example(library, session)]


def _table(library: LibrarySpec, parameters: Iterable[Parameter]) -> list[str]:
    lines = ["| parameter | type | given | what it is |", "| --- | --- | --- | --- |"]
    for one in parameters:
        what = one.meaning
        if one.dimension:
            what += f", in {library.unit(one).name}"
        if one.role is Role.LIMIT:
            what += f", or `{library.name}.{library.absent}`"
        if one.settings:
            what += ": " + ", ".join(f'`"{word}"` for {meaning}' for meaning, word in one.settings.items())
        lines.append(f"| `{one.name}` | {_TYPES.get(one.role, 'int')} | {one.how} | {what} |")
    return lines


def _returned(library: LibrarySpec, function: Function) -> str:
    value = _article(function.gives)
    if function.record is not None:
        record = function.record
        fields = [f"`{record.value}` (the result, {value})", f"`{record.mark}` (its mark, an `int`)"]
        first, second = reversed(fields) if record.mark_first else fields
        return f"a `{record.name}`, a named tuple of {first} and {second}"
    absent = f", or `{library.name}.{library.absent}` where there is no answer" if function.absent else ""
    return f"the result, {value}{absent}"


def _refused(library: LibrarySpec, function: Function) -> str:
    main, bound = function.main_parameter, function.fault.bound
    match main.role:
        case Role.QUANTITY:
            return f"`{main.name}` is less than {bound} {library.unit(main).name}"
        case Role.SERIES:
            return f"`{function.parameter(Role.POSITION).name}` is the position of no item"
    return f"`{main.name}` has more than {bound} characters"


def _raises(library: LibrarySpec, fault: Fault, where: str) -> str:
    return f"Raises `{library.name}.{fault.error}` with number {fault.number} where {where}."


def _example(library: LibrarySpec, function: Function) -> list[str]:
    """A call that returns something, with what it returns."""
    rng = random.Random(f"example {library.name} {function.name}")
    given, answer = _answered(rng, library, function)
    absent = f"{library.name}.{library.absent}"
    shown = {name: absent if value is ABSENT else repr(value) for name, value in given.items()}
    arguments = [
        shown[one.name] if one.how is How.POSITIONAL else f"{one.name}={shown[one.name]}" for one in function.parameters
    ]
    lines = ["```python", f">>> from {library.name}.{function.module} import {function.name}"]
    lines.append(f">>> {function.name}({', '.join(arguments)})")
    record = function.record
    if isinstance(answer, Absent):
        lines.append(library.absent)
    elif record is None:
        lines.append(repr(answer.value))
    else:
        fields = [f"{record.value}={answer.value!r}", f"{record.mark}={answer.mark}"]
        lines.append(f"{record.name}({', '.join(reversed(fields) if record.mark_first else fields)})")
    return [*lines, "```"]


def _answered(
    rng: random.Random, library: LibrarySpec, function: Function
) -> tuple[Mapping[str, Any], Answer | Absent]:
    while True:
        series = [rng.randint(1, 40) for _ in range(3)]
        given: dict[str, Any] = {}
        for one in function.parameters:
            match one.role:
                case Role.QUANTITY | Role.LIMIT:
                    given[one.name] = rng.randint(0, 900)
                case Role.SERIES:
                    given[one.name] = series
                case Role.POSITION:
                    given[one.name] = library.counting.number(rng.randrange(3), 3)
                case Role.TEXT:
                    given[one.name] = rng.choice(("tin box", "blue", "oak", "red hat"))
                case Role.SETTING:
                    given[one.name] = rng.choice(list(one.settings.values()))
        try:
            return given, called(library, function, given)
        except Refused:
            continue


def _session_example(library: LibrarySpec, session: Session) -> list[str]:
    items = ("oak", "tin", "red") if session.item.role is Role.TEXT else (40, 7, 300)
    word = next(iter(session.setting.settings.values()))
    answer = held(library, session, word, items)
    start = f">>> from {library.name}.{session.module} import "
    if session.style is Style.BUILDER:
        fed = "".join(f".{session.feeding}({item!r})" for item in items)
        lines = [start + session.name, f">>> {session.name}({word!r}){fed}.{session.closing}()"]
    else:
        lines = [f"{start}{session.opening}, {session.feeding}, {session.closing}"]
        lines.append(f">>> handle = {session.opening}({word!r})")
        for item in items:
            given = f"{item!r}, handle" if session.handle_last else f"handle, {item!r}"
            lines.append(f">>> {session.feeding}({given})")
        lines.append(f">>> {session.closing}(handle)")
    return ["```python", *lines, repr(answer.value), "```"]


def _article(kind: Kind) -> str:
    return f"an `{kind}`" if kind is Kind.INT else f"a `{kind}`"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
