"""Families of tasks that each carry libraries of their own, drawn for the task and documented in its prompt.

A hash of a library's name alone decides its split, whatever the family or the rules: a library that tasks of one split
carry, none of another does. So the splits differ in libraries, and not in rules: there are no held-out compositions.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hone.errors import Boundary, HoneError
from hone.tasks.families.calls import CallDraft
from hone.tasks.families.libraries.plan import Plan, Source, Stage, drawn_arguments, is_broken
from hone.tasks.families.libraries.program import program
from hone.tasks.families.libraries.told import asked, signature
from hone.tasks.families.splits import Rules, Split, bucket, family_is_held_out
from hone.tasks.libraries.changes import changelog, next_major
from hone.tasks.libraries.core import Kind
from hone.tasks.libraries.draw import draw_library
from hone.tasks.libraries.meaning import Refused
from hone.tasks.libraries.names import library_name
from hone.tasks.libraries.spec import Entry, Function, LibrarySpec, Parameter, Role, Session, parameters_of
from hone.tasks.libraries.wheel import installed
from hone.tasks.task import Task

THEN, FAULT, ABSENT, CHANGED, TWO = "then", "fault", "absent", "changed", "two"
"""Rules: a second step from the same library, an error to catch, an answer that may be absent, a new version, a second
step from another library."""
_TRIES = 400
_HELD_OUT_PARAMETERS = 15
_VALIDATION = 8
"""Per cent of libraries."""
_ENTRY_POINTS = ("worked_out", "reckoned", "outcome", "derived", "settled", "found_value")
_VISIBLE, _HIDDEN = 6, 12
_ARGUMENTS = {
    Role.POSITION: "index",
    Role.LIMIT: "limit",
    Role.TEXT: "text",
    Role.SERIES: "items",
    Role.SETTING: "setting",
}


@dataclass(frozen=True)
class LibraryFamily:
    """A family whose first step uses one kind of thing that libraries offer."""

    name: str
    about: str
    skills: tuple[str, ...]
    compositions: Mapping[int, tuple[Rules, ...]] = field(hash=False)
    """For each level, the combinations of rules that tasks may have."""
    first: Callable[[LibrarySpec, bool], Sequence[Entry]]
    """What the first step may use; the flag: whether there may be no answer."""
    second: Callable[[LibrarySpec], Sequence[Entry]]
    """What the second step may use."""

    def levels_of(self, split: Split) -> tuple[int, ...]:
        """As `Family`."""
        return tuple(self.compositions) if split in self._splits else ()

    def task(self, name: str, level: int, split: Split) -> Task:
        """As `Family`.

        Raises:
            HoneError: no fair task was found.
        """
        rng = random.Random(name)
        facts = {
            "id": name,
            "domain": self.name.partition(".")[0],
            "level": level,
            "family": self.name,
            "skills": self.skills,
            "source": f"hone ({split})",
            "licence": "Apache-2.0",
        }
        for _ in range(_TRIES):
            draft = self._draft(rng, rng.choice(self.compositions[level]), level, split)
            task = None if draft is None else draft.task(rng, facts)
            if task is not None:
                return task
        raise HoneError(Boundary.TASK, f"no fair task found for {name} in {_TRIES} tries", "choose another index")

    @property
    def _splits(self) -> tuple[Split, ...]:
        if family_is_held_out(self.name):
            return (Split.HELD_OUT_FAMILIES,)
        return Split.TRAIN, Split.VALIDATION, Split.HELD_OUT_PARAMETERS

    def _draft(self, rng: random.Random, rules: Rules, level: int, split: Split) -> CallDraft | None:
        before = draw_library(_name(rng, split))
        release = next_major(before) if CHANGED in rules else None
        library = release.library if release else before
        firsts = self.first(library, ABSENT in rules)
        stages = [_stage(rng, library, rng.choice(list(firsts)), None)]
        if THEN in rules or TWO in rules:
            other = draw_library(_name(rng, split)) if TWO in rules else library
            following = [
                (entry, takes)
                for entry in self.second(other)
                if entry is not stages[0].entry and (takes := _taking(entry, stages[0].entry.gives)) is not None
            ]
            if not following:
                return None
            stages.append(_stage(rng, other, *rng.choice(following)))
        last = stages[-1].entry
        wants_mark = isinstance(last, Function) and last.record is not None and rng.random() < 0.5
        plan = Plan(rng.choice(_ENTRY_POINTS), tuple(_named(stages)), FAULT in rules, wants_mark)
        if release and not any(is_broken(before, stage) for stage in plan.stages):
            return None
        names = tuple(plan.arguments)
        told = changelog(before, release) if release else ""
        return CallDraft(
            parameters=tuple(one.name for one in plan.libraries),
            signature=signature(plan),
            asked=asked(plan, [(one, _entries(rng, plan, one, level)) for one in plan.libraries], told),
            reference=program(plan),
            inputs=lambda rng: _inputs(rng, plan),
            expected=lambda *values: plan.outcome(dict(zip(names, values, strict=True))),
            more={
                "libraries": tuple(map(installed, plan.libraries)),
                "allowed_imports": tuple(one.name for one in plan.libraries),
            },
        )


def split_of_library(name: str) -> Split:
    """Among the splits of families that are trained on."""
    number = bucket("library", name)
    if number < _HELD_OUT_PARAMETERS:
        return Split.HELD_OUT_PARAMETERS
    return Split.VALIDATION if number < _HELD_OUT_PARAMETERS + _VALIDATION else Split.TRAIN


def _name(rng: random.Random, split: Split) -> str:
    """A library's name of that split; a family that is held out takes names that are not trained on."""
    wanted = Split.HELD_OUT_PARAMETERS if split is Split.HELD_OUT_FAMILIES else split
    while split_of_library(name := library_name(rng)) is not wanted:
        continue
    return name


def _stage(rng: random.Random, library: LibrarySpec, entry: Entry, takes: Parameter | None) -> Stage:
    """`takes` is the parameter that the result of the step before is for. The arguments are unnamed yet."""
    given = {}
    for one in parameters_of(entry):
        given[one.name] = Source(one.dimension or _ARGUMENTS[one.role])
        if one.role is Role.LIMIT:
            given[one.name] = Source("limit")
        if one is takes:
            given[one.name] = Source()
        elif one.settings and rng.random() < 0.5:
            given[one.name] = Source(stated=rng.choice(list(one.settings)))
        elif isinstance(entry, Session) and not one.settings:
            given[one.name] = Source("parcels")
    return Stage(library, entry, given)


def _named(stages: Sequence[Stage]) -> list[Stage]:
    """The stages with no two arguments of one name."""
    used: set[str] = set()
    made = []
    for stage in stages:
        given = {}
        for key, source in stage.given.items():
            name, number = source.argument, 2
            while name in used:
                name, number = f"{source.argument}_{number}", number + 1
            used |= {name} - {""}
            given[key] = Source(name, source.stated)
        made.append(Stage(stage.library, stage.entry, given))
    return made


def _taking(entry: Entry, kind: Kind) -> Parameter | None:
    """The parameter that a value of that type can be for: the main one, or else an amount."""
    if isinstance(entry, Session):
        return None
    wanted = {Kind.INT: Role.QUANTITY, Kind.TEXT: Role.TEXT, Kind.SERIES: Role.SERIES}[kind]
    if entry.main_parameter.role is wanted:
        return entry.main_parameter
    return next((one for one in entry.parameters if one.role is wanted), None)


def _entries(rng: random.Random, plan: Plan, library: LibrarySpec, level: int) -> list[Entry]:
    """What the documentation tells of: what is needed, and as many others as the level says, three at most."""
    needed = [stage.entry for stage in plan.stages if stage.library is library]
    others = [one for one in (*library.functions, *library.sessions) if one not in needed]
    chosen = [*needed, *rng.sample(others, min(level, 3))]
    return [one for one in (*library.functions, *library.sessions) if one in chosen]


def _inputs(rng: random.Random, plan: Plan) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Arguments that no library refuses, unless that is to be caught; both come up where both can."""
    found: dict[str, tuple[tuple[Any, ...], Any]] = {}
    for turn in range(4 * (_VISIBLE + _HIDDEN)):
        arguments = drawn_arguments(rng, plan, turn)
        try:
            answer = plan.outcome(arguments)
        except Refused:
            continue
        found.setdefault(repr(arguments), (tuple(arguments.values()), answer))
        if len(found) == _VISIBLE + _HIDDEN:
            break
    hidden = list(found.values())[:_HIDDEN]
    answers = [answer for _, answer in hidden]
    refusals = {-stage.entry.fault.number for stage in plan.stages} & {one for one in answers if type(one) is int}
    if (plan.catches and not refusals) or (plan.may_be_absent and None not in answers):
        return [], []
    return [arguments for arguments, _ in list(found.values())[_HIDDEN:]], [arguments for arguments, _ in hidden]
