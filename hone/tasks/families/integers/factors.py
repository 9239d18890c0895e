"""Prime factors: listed, counted, kept or left out by rules."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_PRIMES = (2, 3, 5, 7, 11, 13)
_ASKED = {
    "factors": (
        "Take the prime factors of `number` that leave a remainder other than {rest} on division by {modulus}, in "
        "ascending order, each as often as it divides `number`.",
        "Write `number` as a product of primes in ascending order, with repetitions, and keep those primes whose "
        "remainder on division by {modulus} is not {rest}.",
    ),
    "list": (
        "Return them as a list; 1 has none.",
        "Return the list of what is left, which for 1 is empty.",
    ),
    "pairs": (
        "Return a list of tuples `(prime, exponent)`, one for each different prime that is left; 1 has none.",
        "Give each different prime once, in a tuple with how often it is there: `(prime, exponent)`. Return the list "
        "of these; for 1 it is empty.",
    ),
    "product": (
        "Return their product, which is 1 if there are none.",
        "Multiply them and return the product; of no factors it is 1.",
    ),
    "most": (
        "Of the same prime, at most {most} are kept.",
        "Keep no prime more than {most} times.",
    ),
    "descending": (
        "The order is then reversed: the largest prime comes first.",
        "But the result has them in descending order.",
    ),
    "large": (
        "Primes above {high} are left out, too.",
        "Drop primes larger than {high} as well.",
    ),
    "sign": (
        "A negative number has a factor -1, which comes before all others and is always kept; the rest are those of "
        "its absolute value.",
        "If `number` is negative, factor its absolute value, and put one factor -1, to which no other rule applies, "
        "before everything else.",
    ),
    "reject": (
        "Raise ValueError if `number` is 0, and OverflowError if its absolute value is above {limit}.",
        "For 0 raise ValueError; for a number whose absolute value exceeds {limit}, raise OverflowError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    modulus = rng.randint(3, 12)
    drawn = {
        "modulus": modulus,
        "rest": rng.choice([prime % modulus for prime in _PRIMES]),
        "most": rng.randint(1, 3),
        "high": rng.randint(5, 40),
        "limit": rng.randint(400, 5000),
    }
    gives = "int" if "product" in rules else "list[tuple[int, int]]" if "pairs" in rules else "list[int]"
    signature = f"{rng.choice(('factors', 'prime_factors', 'decompose', 'split_up'))}(number: int) -> {gives}"
    said = worded(rng, _ASKED, rules, **drawn)
    if "reject" not in rules:
        said += " `number` is never 0." if "sign" in rules else " `number` is 1 or more."
    elif "sign" not in rules:
        said += " No negative numbers are given."
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=said,
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    lines = []
    if "reject" in rules:
        size = "abs(number)" if "sign" in rules else "number"
        lines += ["if number == 0:", '    raise ValueError("0 has no prime factors")']
        lines += [f"if {size} > {drawn['limit']}:", '    raise OverflowError("the number is too large")']
    lines += ["left = abs(number)" if "sign" in rules else "left = number"]
    wanted = [f"prime % {drawn['modulus']} != {drawn['rest']}"]
    wanted += [f"prime <= {drawn['high']}"] if "large" in rules else []
    wanted += [f"found.count(prime) < {drawn['most']}"] if "most" in rules else []
    keep = " and ".join(wanted)
    lines += ["found: list[int] = []", "prime = 2"]
    lines += rng.choice(
        (
            [
                "while left > 1:",
                "    if left % prime:",
                "        prime += 1",
                "        continue",
                "    left //= prime",
                f"    if {keep}:",
                "        found.append(prime)",
            ],
            [
                "while left > 1:",
                "    while left % prime == 0:",
                "        left //= prime",
                f"        if {keep}:",
                "            found.append(prime)",
                "    prime += 1",
            ],
        )
    )
    if "descending" in rules:
        lines += rng.choice((["found.reverse()"], ["found = found[::-1]"]))
    minus = "[-1, *found]" if "pairs" not in rules else "[(-1, 1), *result]"
    if "product" in rules:
        lines += ["result = -1 if number < 0 else 1" if "sign" in rules else "result = 1"]
        return [*lines, "for factor in found:", "    result *= factor", "return result"]
    if "pairs" in rules:
        lines += ["result = [(prime, found.count(prime)) for prime in dict.fromkeys(found)]"]
        return [*lines, f"return {minus} if number < 0 else result" if "sign" in rules else "return result"]
    return [*lines, f"return {minus} if number < 0 else found" if "sign" in rules else "return found"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    top = drawn["limit"] if "reject" in rules else 5000

    def some() -> int:
        made = rng.choice(_PRIMES)
        while made * 2 < top and rng.random() < 0.85:
            made *= rng.choice(
                [prime for prime in (2, 2, 3, 3, 5, 7, 11, 13, 17, 31, 37, 41) if made * prime <= top] or [1]
            )
        return made

    near = [prime for prime in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43) if abs(prime - drawn["high"]) < 6]
    numbers = [1, 2, 3, 64, 97, 210, 243, 36, 360, 385, *(2 * prime for prime in near)]
    numbers += [number for number in (777, 900, 11 * 13, 17 * 19, 23 * 29, 31 * 37, 41 * 43) if number <= top]
    numbers += [some() for _ in range(9)]
    if "sign" in rules:
        numbers += [-1, -12, -97, -some(), -some()]
    hidden: list[Arguments] = [(number,) for number in dict.fromkeys(numbers)]
    if "reject" in rules:
        hidden += [(0,), (top,), (top + 1,), *([(-top,), (-top - 1,)] if "sign" in rules else [])]
    return [(some(),) for _ in range(6)], hidden


FAMILY = DraftedFamily(
    name="integers.factors",
    about="prime factors listed, counted, kept or left out",
    skills=("arithmetic", "primes"),
    compositions={
        1: (("factors", "list"), ("factors", "product")),
        2: (
            ("factors", "most", "list"),
            ("factors", "pairs"),
            ("factors", "large", "list"),
            ("factors", "most", "product"),
        ),
        3: (
            ("factors", "large", "most", "list"),
            ("factors", "most", "pairs", "descending"),
            ("factors", "sign", "most", "list"),
            ("factors", "large", "sign", "product"),
        ),
        4: (
            ("factors", "most", "sign", "list", "reject"),
            ("factors", "large", "pairs", "reject"),
            ("factors", "large", "most", "product", "reject"),
            ("factors", "most", "list", "descending", "reject"),
        ),
        5: (
            ("factors", "large", "most", "sign", "pairs", "reject"),
            ("factors", "large", "most", "sign", "list", "reject"),
            ("factors", "large", "most", "sign", "product", "reject"),
            ("factors", "large", "most", "pairs", "descending", "reject"),
        ),
    },
    draw=_draw,
)
