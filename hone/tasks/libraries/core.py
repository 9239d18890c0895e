"""The typed semantic core: small opaque operations on whole numbers, texts and series of whole numbers.

Each operation is known twice: as what it means here, and as Python source that a generated package does it by. The two
are written apart, so that the tests can hold one against the other. `x` is the value, `k` a whole number that depends
on everything else that the call was given, and the constants are drawn; nobody who has not got the package can tell
what comes out.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PRIMES = (10007, 15013, 20011, 30011, 40009, 50021, 60013, 70001, 80021, 90001)


class Kind(StrEnum):
    """Types of values."""

    INT = "int"
    TEXT = "str"
    SERIES = "list[int]"


@dataclass(frozen=True)
class Step:
    """An operation with its constants."""

    operation: str
    constants: tuple[Any, ...]

    def meaning(self, value: Any, key: int) -> Any:
        """What comes out."""
        return OPERATIONS[self.operation].meaning(value, key, *self.constants)

    def source(self, value: str, key: str) -> str:
        """A Python expression that comes to the same."""
        return OPERATIONS[self.operation].source(value, key, *self.constants)


@dataclass(frozen=True)
class Operation:
    """One kind of step."""

    takes: Kind
    gives: Kind
    draw: Callable[[random.Random], tuple[Any, ...]]
    meaning: Callable[..., Any]
    source: Callable[..., str]


def _odd(rng: random.Random) -> int:
    return 2 * rng.randint(3, 400) + 1


def _scaled(rng: random.Random) -> tuple[Any, ...]:
    return _odd(rng), rng.choice(_PRIMES)


def _pair(rng: random.Random) -> tuple[Any, ...]:
    return _odd(rng), rng.randint(200, 900)


def _shuffled(rng: random.Random) -> tuple[Any, ...]:
    by_key = rng.choice([number for number in range(1, 26, 2) if number != 13])  # every key gives another alphabet
    return "".join(rng.sample(LETTERS, 26)), by_key, rng.randint(1, 25)


def _woven(text: str, key: int, parts: int) -> str:
    return "".join(text[(start + key) % parts :: parts] for start in range(parts))


def _turned(text: str, key: int, more: int) -> str:
    at = (key + more) % max(len(text), 1)
    return text[at:] + text[:at]


def _lettered(text: str, key: int, alphabet: str, first: int, each: int) -> str:
    found = []
    for index, char in enumerate(text):
        at = alphabet.find(char)
        found.append(char if at < 0 else alphabet[(at + key * first + index * each) % 26])
    return "".join(found)


def _running(series: Sequence[int], key: int, factor: int, prime: int) -> list[int]:
    found, total = [], 0
    for item in series:
        total += item
        found.append((total * factor + key) % prime)
    return found


OPERATIONS: dict[str, Operation] = {
    "scale": Operation(
        Kind.INT,
        Kind.INT,
        _scaled,
        lambda x, k, a, m: (x * a + k) % m,
        lambda x, k, a, m: f"({x} * {a} + {k}) % {m}",
    ),
    "digits": Operation(
        Kind.INT,
        Kind.INT,
        _pair,
        lambda x, k, a, b: x * a + k % b + sum(d * d for d in map(int, str(x))),
        lambda x, k, a, b: f"{x} * {a} + {k} % {b} + sum(int(digit) ** 2 for digit in str({x}))",
    ),
    "mask": Operation(
        Kind.INT,
        Kind.INT,
        _pair,
        lambda x, k, a, b: (x ^ a) + k % b,
        lambda x, k, a, b: f"({x} ^ {a}) + {k} % {b}",
    ),
    "weigh": Operation(
        Kind.TEXT,
        Kind.INT,
        _scaled,
        lambda x, k, a, m: (k + sum((index + a) * ord(char) for index, char in enumerate(x))) % m,
        lambda x, k, a, m: f"(sum((at + {a}) * ord(char) for at, char in enumerate({x})) + {k}) % {m}",
    ),
    "powers": Operation(
        Kind.TEXT,
        Kind.INT,
        _scaled,
        lambda x, k, a, m: sum(ord(char) * pow(a, index + k % 101, m) for index, char in enumerate(x)) % m,
        lambda x, k, a, m: f"sum(ord(char) * {a} ** (at + {k} % 101) for at, char in enumerate({x})) % {m}",
    ),
    "sum": Operation(
        Kind.SERIES,
        Kind.INT,
        _scaled,
        lambda x, k, a, m: sum(item * (a + (index + k) % 101) for index, item in enumerate(x)) % m,
        lambda x, k, a, m: f"sum(item * ({a} + (at + {k}) % 101) for at, item in enumerate({x})) % {m}",
    ),
    "turns": Operation(
        Kind.SERIES,
        Kind.INT,
        _scaled,
        lambda x, k, a, m: (k + a * (sum(x[::2]) - sum(x[1::2]))) % m,
        lambda x, k, a, m: f"({k} + sum((-1) ** at * item * {a} for at, item in enumerate({x}))) % {m}",
    ),
    "letters": Operation(
        Kind.TEXT,
        Kind.TEXT,
        _shuffled,
        _lettered,
        lambda x, k, alphabet, a, b: (
            f'"".join("{alphabet}"[("{alphabet}".index(char) + {k} * {a} + at * {b}) % 26] '
            f'if char in "{alphabet}" else char for at, char in enumerate({x}))'
        ),
    ),
    "rotate": Operation(
        Kind.TEXT,
        Kind.TEXT,
        lambda rng: (rng.randint(1, 40),),
        _turned,
        lambda x, k, a: f"({x} * 2)[({k} + {a}) % (len({x}) or 1) :][: len({x})]",
    ),
    "weave": Operation(
        Kind.TEXT,
        Kind.TEXT,
        lambda rng: (rng.randint(2, 4),),
        _woven,
        lambda x, k, a: f'"".join({x}[(start + {k}) % {a} :: {a}] for start in range({a}))',
    ),
    "shift": Operation(
        Kind.SERIES,
        Kind.SERIES,
        lambda rng: (_odd(rng), rng.randint(2, 60), rng.choice(_PRIMES)),
        lambda x, k, a, b, m: [(item * a + k + index * b) % m for index, item in enumerate(x)],
        lambda x, k, a, b, m: f"[({a} * item + {b} * at + {k}) % {m} for at, item in enumerate({x})]",
    ),
    "order": Operation(
        Kind.SERIES,
        Kind.SERIES,
        _scaled,
        lambda x, k, a, m: [item for _, item in sorted(((item * a + k) % m, item) for item in x)],
        lambda x, k, a, m: f"sorted({x}, key=lambda item: ((item * {a} + {k}) % {m}, item))",
    ),
    "running": Operation(
        Kind.SERIES,
        Kind.SERIES,
        _scaled,
        _running,
        lambda x, k, a, m: f"[(sum({x}[: at + 1]) * {a} + {k}) % {m} for at in range(len({x}))]",
    ),
    "numeral": Operation(
        Kind.INT,
        Kind.TEXT,
        lambda rng: ("".join(rng.sample(LETTERS, 10)), rng.randint(2, 90)),
        lambda x, k, digits, a: "".join(digits[int(char)] for char in str(x * a + k % 100)),
        lambda x, k, digits, a: f'str({x} * {a} + {k} % 100).translate(str.maketrans("0123456789", "{digits}"))',
    ),
}


_FEW_OUTCOMES = frozenset({"rotate", "weave", "order"})
"""They only rearrange: of a short value there are not many arrangements."""


def draw_steps(rng: random.Random, takes: Kind, gives: Kind, most: int) -> tuple[Step, ...]:
    """One to `most` operations in a row, from one type to another. Nothing leads from a number to a series.

    The last one's outcome has many values, one for each of many keys, so that it is not come by without the key.
    """
    before = [_drawn(rng, takes, takes) for _ in range(rng.randrange(most))]
    return (*before, _drawn(rng, takes, gives, last=True))


def _drawn(rng: random.Random, takes: Kind, gives: Kind, *, last: bool = False) -> Step:
    names = [name for name, kind in OPERATIONS.items() if (kind.takes, kind.gives) == (takes, gives)]
    if last:
        names = [name for name in names if name not in _FEW_OUTCOMES]
    name = rng.choice(names)
    return Step(name, OPERATIONS[name].draw(rng))
