"""Draws a library from its name: the same name is the same library on every machine."""

import random
from dataclasses import replace

from hone.tasks.libraries.core import Kind, Step, draw_steps
from hone.tasks.libraries.names import Names
from hone.tasks.libraries.spec import (
    Counting,
    Fault,
    Function,
    How,
    LibrarySpec,
    Parameter,
    Record,
    Role,
    Session,
    Style,
    Unit,
)

_VERBS = (
    *("weigh", "grade", "stamp", "rank", "trace", "sift", "press", "tint", "blend", "survey", "seal", "thin", "polish"),
    *("temper", "rate", "sound", "chart", "prune", "brace", "settle", "cure", "gauge", "sort", "line", "mend", "price"),
)
_NOUNS = (
    *("cargo", "bell", "furrow", "kiln", "ledger", "lantern", "orchard", "quarry", "ribbon", "sluice", "tapestry"),
    *(
        "vault",
        "wagon",
        "anvil",
        "barge",
        "cellar",
        "drum",
        "ferry",
        "gable",
        "hedge",
        "jetty",
        "loom",
        "mast",
        "needle",
    ),
)
_DIMENSIONS = {
    "mass": "kilograms",
    "length": "metres",
    "age": "days",
    "cost": "francs",
    "volume": "litres",
    "delay": "minutes",
}
_SETTINGS = (
    ("coarse", "fine"),
    ("light", "heavy"),
    ("wet", "dry"),
    ("early", "late"),
    ("low", "middle", "high"),
    ("plain", "double", "triple"),
)
_TEXTS = ("name", "label", "motto", "mark")
_SERIES = ("readings", "counts", "marks", "levels")
RESERVED = frozenset(
    {
        *_VERBS,
        *_NOUNS,
        *_DIMENSIONS,
        *_DIMENSIONS.values(),
        *_TEXTS,
        *_SERIES,
        "encipher",
        "decipher",
        "tally",
        "letter",
        "limit",
        "state",
    }
    | {word for several in _SETTINGS for word in several}
)
"""Words of everyday and of the packages' source, which no name in a library may be."""
ENCIPHER, DECIPHER, TALLY = "encipher a letter", "decipher a letter", "tally parcels"


def draw_library(name: str) -> LibrarySpec:
    """The first version of the library of that name."""
    return _Draw(name).library()


class _Draw:
    """The state of drawing one library."""

    def __init__(self, name: str) -> None:
        self.rng = random.Random(f"library {name}")
        self.name = name
        self.names = Names(self.rng, {*RESERVED, name})
        self.verbs = self.rng.sample(_VERBS, len(_VERBS))
        self.nouns = self.rng.sample(_NOUNS, len(_NOUNS))
        self.modules = tuple(self.names.word() for _ in range(self.rng.randint(1, 3)))
        self.errors = tuple(self.names.kind("Fault") for _ in range(3))
        self.number = 0

    def library(self) -> LibrarySpec:
        rng = self.rng
        wanted = [*(Role.QUANTITY, Role.SERIES, Role.TEXT) * 2]
        functions = [self.function(role, absent=at >= 3) for at, role in enumerate(wanted)]
        functions += self.codec()
        rng.shuffle(functions)
        return LibrarySpec(
            name=self.name,
            version=f"{rng.randint(1, 3)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}",
            salt=self.names.word(3),
            units={
                dimension: Unit(everyday, self.names.word() + "s", rng.randint(3, 60))
                for dimension, everyday in _DIMENSIONS.items()
            },
            counting=Counting(rng.choice((0, 1, 1, 10, 100)), rng.random() < 0.5),
            absent=self.names.word(3).upper(),
            base_error=self.names.kind("Error"),
            setting_error=self.names.kind("Fault"),
            errors=self.errors,
            number=self.names.word(),
            modules=self.modules,
            functions=tuple(functions),
            sessions=(self.session(),),
        )

    def function(self, main_role: Role, *, absent: bool) -> Function:
        rng = self.rng
        noun = self.nouns.pop()
        first, second = rng.sample(sorted(_DIMENSIONS), 2)
        takes = {Role.QUANTITY: Kind.INT, Role.SERIES: Kind.SERIES, Role.TEXT: Kind.TEXT}[main_role]
        match main_role:
            case Role.QUANTITY:
                roles = [(main_role, f"{first} of the {noun}", first), (main_role, f"{second} of the {noun}", second)]
            case Role.SERIES:
                roles = [(main_role, f"{rng.choice(_SERIES)} of the {noun}", "")]
                roles.append((Role.POSITION, f"position of the one that counts for the {noun}", ""))
            case _:
                roles = [(main_role, f"{rng.choice(_TEXTS)} of the {noun}", "")]
                roles.append((Role.QUANTITY, f"{first} of the {noun}", first))
        if absent:
            limit = rng.choice(sorted(set(_DIMENSIONS) - {first, second}))
            roles.append((Role.LIMIT, f"limit on the {limit} of the {noun}", limit))
        parameters = [self.parameter(*one) for one in roles]
        main = parameters[0].name
        parameters.append(self.setting(noun))
        gives = rng.choice((Kind.INT, Kind.TEXT) if takes is Kind.INT else (Kind.INT, takes))
        record = None
        if not absent and rng.random() < 0.4:
            record = Record(self.names.kind(), self.names.word(), self.names.word(), rng.random() < 0.5)
        return Function(
            name=self.names.word(3),
            module=rng.choice(self.modules),
            does=f"{self.verbs.pop()} a {noun}" if noun[0] not in "aeiou" else f"{self.verbs.pop()} an {noun}",
            parameters=self.ordered(parameters),
            main=main,
            steps=draw_steps(rng, takes, gives, 3),
            gives=gives,
            start=rng.randint(100, 9999),
            fault=self.fault(rng.randint(60, 400) if main_role is Role.QUANTITY else rng.randint(9, 14)),
            record=record,
            absent=((divisor := rng.choice((3, 4))), rng.randrange(divisor)) if absent else None,
        )

    def codec(self) -> list[Function]:
        """Two functions of which each undoes the other."""
        rng = self.rng
        dimension = rng.choice(sorted(_DIMENSIONS))
        forwards = draw_steps(rng, Kind.TEXT, Kind.TEXT, 1)[0]
        while forwards.operation != "letters":
            forwards = draw_steps(rng, Kind.TEXT, Kind.TEXT, 1)[0]
        alphabet, first, each = forwards.constants
        back = Step("letters", (alphabet, -first, -each))
        start, fault, module = rng.randint(100, 9999), self.fault(rng.randint(15, 25)), rng.choice(self.modules)
        setting = self.setting("letter")
        parameters = [
            self.parameter(Role.TEXT, "text of the letter", ""),
            self.parameter(Role.QUANTITY, f"{dimension} of the letter", dimension),
            setting,
        ]
        return [
            Function(
                name=self.names.word(3),
                module=module,
                does=does,
                parameters=self.ordered(parameters),
                main=parameters[0].name,
                steps=(step,),
                gives=Kind.TEXT,
                start=start,
                fault=fault,
            )
            for does, step in ((ENCIPHER, forwards), (DECIPHER, back))
        ]

    def session(self) -> Session:
        rng = self.rng
        dimension = rng.choice(sorted(_DIMENSIONS))
        of_text = rng.random() < 0.4
        role, meaning = (Role.TEXT, "label of the parcel") if of_text else (Role.QUANTITY, f"{dimension} of the parcel")
        gives = rng.choice((Kind.INT, Kind.TEXT))
        return Session(
            style=rng.choice(tuple(Style)),
            name=self.names.kind(),
            module=rng.choice(self.modules),
            does=TALLY,
            opening=self.names.word(3),
            feeding=self.names.word(3),
            closing=self.names.word(3),
            setting=self.setting("tally"),
            item=self.parameter(role, meaning, "" if of_text else dimension),
            handle_last=rng.random() < 0.5,
            steps=draw_steps(rng, Kind.INT, gives, 2),
            gives=gives,
            start=rng.randint(100, 9999),
            fault=self.fault(rng.randint(2, 3)),
        )

    def parameter(self, role: Role, meaning: str, dimension: str) -> Parameter:
        return Parameter(self.names.word(), role, How.EITHER, meaning, dimension)

    def setting(self, noun: str) -> Parameter:
        words = {meaning: self.names.setting() for meaning in self.rng.choice(_SETTINGS)}
        return Parameter(self.names.word(), Role.SETTING, How.EITHER, f"setting for the {noun}", "", words)

    def ordered(self, parameters: list[Parameter]) -> tuple[Parameter, ...]:
        """In an order of their own, the first by position only, perhaps, and the last by name only."""
        return arranged(self.rng, parameters)

    def fault(self, bound: int) -> Fault:
        self.number += self.rng.randint(1, 30)
        return Fault(self.rng.choice(self.errors), self.number, bound)


def arranged(rng: random.Random, parameters: list[Parameter]) -> tuple[Parameter, ...]:
    """The parameters in a drawn order, each to be given in a drawn way that a signature can have."""
    count = len(parameters)
    positional = rng.randint(0, count - 1)
    named = rng.randint(0, count - positional)
    hows = [How.POSITIONAL] * positional + [How.EITHER] * (count - positional - named) + [How.KEYWORD] * named
    return tuple(replace(one, how=how) for one, how in zip(rng.sample(parameters, count), hows, strict=True))
