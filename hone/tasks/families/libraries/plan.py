"""The plan of a task: which calls of which libraries its program must make, and what they come to."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hone.tasks.libraries.core import LETTERS, Kind
from hone.tasks.libraries.meaning import ABSENT, Absent, Refused, called, held
from hone.tasks.libraries.spec import Entry, Function, How, LibrarySpec, Parameter, Role, Session, parameters_of

_ORDER = (Role.SERIES, Role.TEXT, Role.QUANTITY, Role.POSITION, Role.LIMIT, Role.SETTING)


@dataclass(frozen=True)
class Source:
    """Where the value of a parameter comes from: an argument, a word that the prompt states, or the step before."""

    argument: str = ""
    stated: str = ""
    """What is meant by a setting: `coarse`."""

    @property
    def is_result(self) -> bool:
        """Whether it is what the step before came to."""
        return not self.argument and not self.stated


@dataclass(frozen=True)
class Stage:
    """A call, or a session from its opening to its closing."""

    library: LibrarySpec
    entry: Entry
    given: Mapping[str, Source]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """In an order that tells nothing of the signature's: the main one first."""
        several, main = parameters_of(self.entry), _main_name(self.entry)
        return tuple(sorted(several, key=lambda one: (one.name != main, _ORDER.index(one.role), one.meaning)))

    @property
    def may_be_absent(self) -> bool:
        """Whether there may be no answer."""
        return isinstance(self.entry, Function) and self.entry.absent is not None


@dataclass(frozen=True)
class Plan:
    """Stages in their order."""

    entry_point: str
    stages: tuple[Stage, ...]
    catches: bool
    """Whether an error of a library is to be answered by minus its number."""
    wants_mark: bool
    """Whether the mark of the last result is asked for, in place of its value."""

    @property
    def libraries(self) -> tuple[LibrarySpec, ...]:
        """Each once."""
        return tuple({stage.library.name: stage.library for stage in self.stages}.values())

    @property
    def arguments(self) -> dict[str, tuple[Stage, Parameter]]:
        """Names of the entry point's arguments, in order, and what each is for."""
        return {
            stage.given[one.name].argument: (stage, one)
            for stage in self.stages
            for one in stage.parameters
            if stage.given[one.name].argument
        }

    @property
    def may_be_absent(self) -> bool:
        """Whether there may be no answer."""
        return any(stage.may_be_absent for stage in self.stages)

    @property
    def gives(self) -> Kind:
        """The type of what is returned, refusals and absences aside."""
        return Kind.INT if self.wants_mark else self.stages[-1].entry.gives

    def outcome(self, arguments: Mapping[str, Any]) -> Any:
        """What the program must return.

        Raises:
            Refused: a library refuses a step, and the program does not catch it.
        """
        value, mark = None, None
        try:
            for stage in self.stages:
                answer = _answer(stage, arguments, value)
                if answer is None:
                    return None
                value, mark = answer
        except Refused as refused:
            if self.catches:
                return -refused.number
            raise
        return mark if self.wants_mark else value


def drawn_arguments(rng: random.Random, plan: Plan, turn: int) -> dict[str, Any]:
    """Values for the entry point; in a few turns, every setting and an absent limit come up."""
    made: dict[str, Any] = {}
    series: list[int] = [0]
    for name, (stage, one) in plan.arguments.items():
        bound = stage.entry.fault.bound
        match one.role:
            case _ if isinstance(stage.entry, Session) and one.role is not Role.SETTING:
                count = rng.randint(0 if plan.catches and turn % 3 == 0 else bound, bound + 3)
                made[name] = [_text(rng, 8) if one.role is Role.TEXT else rng.randint(0, 60) for _ in range(count)]
            case Role.QUANTITY if isinstance(stage.entry, Function) and one.name == stage.entry.main:
                least = -(-bound // stage.library.unit(one).factor)
                made[name] = rng.randint(least, 3 * least + 20)
                if plan.catches and turn % 3 == 0:
                    made[name] = rng.randint(0, least)
            case Role.QUANTITY:
                made[name] = rng.randint(0, 200)
            case Role.LIMIT:
                made[name] = None if turn % 4 == 1 else rng.randint(0, 60)
            case Role.SERIES:
                made[name] = series = [rng.randint(0, 300) for _ in range(rng.randint(1, 6))]
            case Role.POSITION:
                outside = plan.catches and turn % 3 == 0
                made[name] = rng.choice((-1, len(series))) if outside else rng.randrange(len(series))
            case Role.TEXT:
                made[name] = _text(rng, bound)
                if plan.catches and turn % 3 == 0:
                    made[name] += "z" * (bound + rng.choice((0, 1, 2)) - len(made[name]))
            case Role.SETTING:
                words = list(one.settings)
                made[name] = words[turn % len(words)]
    if len(series) > 1 and plan.catches and turn % 3 == 1:  # the ends show how the library counts
        for name, (_, one) in plan.arguments.items():
            if one.role is Role.POSITION:
                made[name] = rng.choice((0, len(series) - 1))
    return made


def is_broken(before: LibrarySpec, stage: Stage) -> bool:
    """Whether the stage, written for the version before, fails or comes to something else now."""
    now = stage.library
    if isinstance(stage.entry, Session):
        return before.sessions[now.sessions.index(stage.entry)].feeding != stage.entry.feeding
    old = before.functions[now.functions.index(stage.entry)]
    measured = [one.dimension for one in old.parameters if one.dimension and stage.given[one.name].argument]
    return (
        old.name != stage.entry.name
        or any(before.units[one] != now.units[one] for one in measured)
        or any(one.role is Role.POSITION for one in old.parameters)
        or any(one.settings not in [new.settings for new in stage.entry.parameters] for one in old.parameters)
        or not _binds(old.parameters, stage.entry.parameters)
    )


def _main_name(entry: Entry) -> str:
    return entry.main if isinstance(entry, Function) else entry.item.name


def _binds(old: Sequence[Parameter], new: Sequence[Parameter]) -> bool:
    """Whether a call that gave by position what had to be, and the rest by name, is understood as it was."""
    by_position = [one.name for one in old if one.how is How.POSITIONAL]
    understood = [one.name for one in new if one.how is not How.KEYWORD][: len(by_position)] == by_position
    return understood and not any(one.how is How.POSITIONAL for one in new if one.name not in by_position)


def _answer(stage: Stage, arguments: Mapping[str, Any], result: Any) -> tuple[Any, int | None] | None:
    """Value and mark; None where there is no answer."""
    library, entry = stage.library, stage.entry
    plain = {}
    for one in stage.parameters:
        source = stage.given[one.name]
        plain[one.name] = result if source.is_result else source.stated or arguments[source.argument]
    if isinstance(entry, Session):
        items = [_converted(library, entry.item, item, 0) for item in plain[entry.item.name]]
        word = _converted(library, entry.setting, plain[entry.setting.name], 0)
        return held(library, entry, word, items).value, None
    main = plain[entry.main]
    length = len(main) if isinstance(main, list) else 0
    given = {one.name: _converted(library, one, plain[one.name], length) for one in entry.parameters}
    answer = called(library, entry, given)
    return None if isinstance(answer, Absent) else (answer.value, answer.mark)


def _converted(library: LibrarySpec, parameter: Parameter, value: Any, length: int) -> Any:
    match parameter.role:
        case Role.LIMIT if value is None:
            return ABSENT
        case Role.QUANTITY | Role.LIMIT:
            return value * library.unit(parameter).factor
        case Role.POSITION:
            return library.counting.number(value, length)
        case Role.SETTING:
            return parameter.settings[value]
    return value


def _text(rng: random.Random, most: int) -> str:
    return "".join(rng.choice(LETTERS[:12] + " ") for _ in range(rng.randint(min(3, most), most)))
