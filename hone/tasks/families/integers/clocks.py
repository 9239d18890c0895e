"""Clocks and calendars of other planets: moments taken apart into days, hours and minutes."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_ASKED = {
    "split": (
        "On a far planet a day has {hours} hours and an hour has {minutes} minutes. `moment` is a number of minutes "
        "since the start of day 0; before it, moments are negative, and so are days: the last minute of day -1 is "
        "moment -1. Hours and minutes count from 0 and are never negative.",
        "A day has {hours} hours of {minutes} minutes here. `moment` counts minutes from the start of day 0 on, and "
        "below 0 those before it, so that moment -1 is the last minute of day -1. The hours of a day and the minutes "
        "of an hour are numbered from 0, also in days before day 0.",
    ),
    "tuple": (
        "Return the tuple `(day, hour, minute)` for `moment`.",
        "What is wanted is `(day, hour, minute)`, a tuple of three integers.",
    ),
    "text": (
        "Return `moment` as the text 'day:hour:minute' in decimal, hour and minute with at least two digits (put 0 in "
        "front), day with as few as it takes (and a minus sign if it is negative).",
        "Return the text 'day:hour:minute'. Hour and minute have a 0 in front if they are below 10; the day is written "
        "plainly, with a minus sign where it is negative.",
    ),
    "zone": (
        "First, {offset} minutes are added to `moment`.",
        "The clock is set {offset} minutes ahead: add that to `moment` before anything else.",
    ),
    "round": (
        "Then the moment is rounded to the nearest multiple of {step} minutes; halfway between two multiples, the "
        "later one is taken.",
        "Then round the moment to a multiple of {step} minutes: to the nearest, and to the later of two that are "
        "equally near.",
    ),
    "long": (
        "Every day whose number is a multiple of {every}, day 0 among them, has one hour more than the others, at its "
        "end.",
        "But days whose number {every} divides, as it divides 0, are longer by one hour, which is their last.",
    ),
    "reject": (
        "Raise ValueError if `moment` as given is below {low} or above {high}.",
        "If the `moment` that is passed is less than {low} or more than {high}, raise ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    hours, minutes = rng.randint(5, 30), rng.choice((8, 10, 12, 16, 20, 24, 30, 40, 45, 50, 64, 80, 90, 100))
    low = 0 if "long" in rules else -rng.randint(1, 3) * hours * minutes // 2
    drawn = {
        "hours": hours,
        "minutes": minutes,
        "offset": rng.randint(2, hours * minutes),
        "step": rng.randint(3, 15),
        "every": rng.randint(2, 5),
        "low": low,
        "high": rng.randint(3, 9) * hours * minutes + rng.randint(0, minutes),
    }
    gives = "str" if "text" in rules else "tuple[int, int, int]"
    signature = f"{rng.choice(('clock', 'reading', 'local_time', 'date_of'))}(moment: int) -> {gives}"
    said = worded(rng, _ASKED, rules, **drawn)
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=said,
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    hours, minutes, step = drawn["hours"], drawn["minutes"], drawn["step"]
    lines = []
    if "reject" in rules:
        lines += [f"if not {drawn['low']} <= moment <= {drawn['high']}:", '    raise ValueError("out of range")']
    lines += [f"moment += {drawn['offset']}"] if "zone" in rules else []
    if "round" in rules:
        lines += rng.choice(
            (
                [f"moment = (2 * moment + {step}) // {2 * step} * {step}"],
                [f"over = moment % {step}", f"moment += {step} - over if 2 * over >= {step} else -over"],
            )
        )
    if "long" in rules:
        lines += rng.choice((_day_by_day, _by_cycles))(drawn)
    else:
        lines += rng.choice(
            (
                [f"day, rest = divmod(moment, {hours * minutes})", f"hour, minute = divmod(rest, {minutes})"],
                [
                    f"minute = moment % {minutes}",
                    f"hour = moment // {minutes} % {hours}",
                    f"day = moment // {hours * minutes}",
                ],
            )
        )
    return [*lines, 'return f"{day}:{hour:02}:{minute:02}"' if "text" in rules else "return day, hour, minute"]


def _day_by_day(drawn: dict[str, Any]) -> list[str]:
    hours, minutes, every = drawn["hours"], drawn["minutes"], drawn["every"]
    return [
        "def length(day: int) -> int:",
        f"    return {(hours + 1) * minutes} if day % {every} == 0 else {hours * minutes}",
        "",
        "day, rest = 0, moment",
        "while rest < 0:",
        "    day -= 1",
        "    rest += length(day)",
        "while rest >= length(day):",
        "    rest -= length(day)",
        "    day += 1",
        f"hour, minute = divmod(rest, {minutes})",
    ]


def _by_cycles(drawn: dict[str, Any]) -> list[str]:
    hours, minutes, every = drawn["hours"], drawn["minutes"], drawn["every"]
    long, short = (hours + 1) * minutes, hours * minutes
    return [
        f"cycle, rest = divmod(moment, {every * short + minutes})",
        f"day = cycle * {every}",
        f"if rest >= {long}:",
        f"    more, rest = divmod(rest - {long}, {short})",
        "    day += more + 1",
        f"hour, minute = divmod(rest, {minutes})",
    ]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    minutes, step = drawn["minutes"], drawn["step"]
    short = drawn["hours"] * minutes
    low, high = (drawn["low"], drawn["high"]) if "reject" in rules else (-4 * short, 9 * short)
    starts = [0, minutes, short, short + minutes, 2 * short + minutes, (drawn["every"] + 1) * short + minutes]
    moments = [start + near for start in starts for near in (-1, 0)]
    moments += [-short, -short - 1, -short - minutes, -minutes, 10 * minutes, 9 * minutes + 9]
    moments += [step // 2, (step + 1) // 2, 3 * step + step // 2, 4 * step + (step + 1) // 2, -(step // 2)]
    if "zone" in rules:
        moments = [moment - drawn["offset"] for moment in moments]
    moments = [moment for moment in moments if low <= moment <= high]
    moments += [rng.randint(low, high) for _ in range(6)]
    if "reject" in rules:
        moments += [low - 1, low, high, high + 1]
    hidden: list[Arguments] = [(moment,) for moment in dict.fromkeys(moments)]
    return [(rng.randint(max(low, -short), min(high, 4 * short)),) for _ in range(6)], hidden


FAMILY = DraftedFamily(
    name="integers.clocks",
    about="moments taken apart into days, hours and minutes of other planets",
    skills=("modular arithmetic", "calendars"),
    compositions={
        1: (("split", "tuple"), ("split", "text")),
        2: (("split", "zone", "tuple"), ("split", "long", "tuple"), ("split", "zone", "text")),
        3: (
            ("split", "zone", "round", "tuple"),
            ("split", "zone", "round", "text"),
            ("split", "long", "zone", "text"),
            ("split", "long", "zone", "tuple"),
        ),
        4: (
            ("split", "zone", "tuple", "reject"),
            ("split", "long", "zone", "tuple", "reject"),
            ("split", "zone", "round", "text", "reject"),
            ("split", "long", "text", "reject"),
        ),
        5: (
            ("split", "long", "zone", "round", "text", "reject"),
            ("split", "long", "zone", "round", "tuple", "reject"),
        ),
    },
    draw=_draw,
)
