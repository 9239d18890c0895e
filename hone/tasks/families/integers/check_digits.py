"""Check digits: weighted sums of a number's digits."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_ASKED = {
    "weigh": (
        "Take the decimal digits of `number` from right to left and multiply them by the weights {weights}, which "
        "start again from the first whenever they are used up. The check is the sum of the products, modulo {modulus}.",
        "Multiply the last decimal digit of `number` by the first of the weights {weights}, the digit before it by the "
        "second, and so on, with the first weight again after the last. The remainder of the products' sum on division "
        "by {modulus} is the check.",
    ),
    "sum": (
        "A product with two digits counts as the sum of its digits.",
        "Instead of a product above 9, add the sum of its two digits.",
    ),
    "skip": (
        "Digits that are {skipped} are passed over, and take up no weight.",
        "Leave out every digit {skipped} before weights are given to those that remain.",
    ),
    "complement": (
        "If the check is not 0, it is replaced by {modulus} minus it.",
        "Then a check other than 0 becomes {modulus} less the check.",
    ),
    "plain": ("Return the check.", "The check is what to return."),
    "append": (
        "Return the number that one gets by writing the check, in decimal, after the digits of `number` as given.",
        "Write the check in decimal behind all digits of `number` and return the number that this makes.",
    ),
    "sign": (
        "A negative number has the digits of its absolute value, and what is returned is negated.",
        "For a negative number, return the negative of what its absolute value gives.",
    ),
    "natural": ("`number` is never negative.", "No negative numbers are given."),
    "reject": (
        "Raise ValueError if `number` is negative or has more than {most} digits.",
        "A negative number, or one of more than {most} digits, is refused with ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    weights = tuple(rng.sample(range(1, 10), rng.randint(2, 3)))
    drawn = {
        "weights": ", ".join(map(str, weights)),
        "values": weights,
        "modulus": rng.randint(7, 19),
        "skipped": rng.randint(0, 9),
        "most": rng.randint(4, 8),
    }
    signature = f"{rng.choice(('check', 'check_digit', 'checksum', 'control'))}(number: int) -> int"
    said = worded(rng, _ASKED, rules, **drawn)
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=said,
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    weights, modulus = drawn["values"], drawn["modulus"]
    lines = []
    number = "number"
    if "reject" in rules:
        lines += [f"if number < 0 or number >= {10 ** drawn['most']}:", '    raise ValueError("no such number")']
    if "sign" in rules:
        lines += ["size = abs(number)"]
        number = "size"
    if rng.random() < 0.5:
        lines += [f"digits = [int(digit) for digit in reversed(str({number}))]"]
        lines += [f"digits = [digit for digit in digits if digit != {drawn['skipped']}]"] if "skip" in rules else []
        product = f"digit * {weights!r}[place % {len(weights)}]"
        if "sum" in rules:
            lines += [f"products = [{product} for place, digit in enumerate(digits)]"]
            lines += [f"check = sum(product // 10 + product % 10 for product in products) % {modulus}"]
        else:
            lines += [f"check = sum({product} for place, digit in enumerate(digits)) % {modulus}"]
    else:
        lines += [f"left, place, total = {number}, 0, 0", "while left:", "    left, digit = divmod(left, 10)"]
        lines += [f"    if digit == {drawn['skipped']}:", "        continue"] if "skip" in rules else []
        lines += [f"    product = digit * {weights!r}[place % {len(weights)}]", "    place += 1"]
        lines += ["    total += sum(divmod(product, 10))" if "sum" in rules else "    total += product"]
        lines += [f"check = total % {modulus}"]
    if "complement" in rules:
        lines += rng.choice(([f"check = -check % {modulus}"], ["if check > 0:", f"    check = {modulus} - check"]))
    result = "check"
    if "append" in rules:
        lines += rng.choice(
            (
                [f'result = int(f"{{{number}}}{{check}}")'],
                [f"result = {number} * (100 if check >= 10 else 10) + check"],
            )
        )
        result = "result"
    return [*lines, f"return -{result} if number < 0 else {result}" if "sign" in rules else f"return {result}"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    most, skipped = drawn["most"], drawn["skipped"]
    top = 10**most if "reject" in rules else 10**9
    numbers = [0, 1, 7, 10, 99, 1000, int(f"9{skipped}9"), int(f"4{skipped}{skipped}71"), skipped, top - 1]
    numbers += [rng.randrange(top // 10, top) for _ in range(4)] + [rng.randrange(10, 10**4) for _ in range(6)]
    if "sign" in rules:
        numbers += [-8, -10, -rng.randrange(100, 10**5), -int(f"3{skipped}58"), -rng.randrange(10, 1000)]
    if "reject" in rules:
        numbers += [top, -1]
    return [(rng.randrange(10, 10**4),) for _ in range(6)], [(number,) for number in dict.fromkeys(numbers)]


FAMILY = DraftedFamily(
    name="integers.check_digits",
    about="checks of a number's digits by weights",
    skills=("arithmetic", "digits"),
    compositions={
        1: (("weigh", "plain", "natural"), ("weigh", "append", "natural")),
        2: (
            ("weigh", "sum", "plain", "natural"),
            ("weigh", "plain", "sign"),
            ("weigh", "complement", "plain", "natural"),
            ("weigh", "append", "sign"),
        ),
        3: (
            ("weigh", "sum", "complement", "plain", "natural"),
            ("weigh", "skip", "append", "sign"),
            ("weigh", "sum", "append", "sign"),
            ("weigh", "skip", "complement", "plain", "natural"),
        ),
        4: (
            ("weigh", "sum", "plain", "reject"),
            ("weigh", "skip", "append", "reject"),
            ("weigh", "complement", "append", "reject"),
            ("weigh", "skip", "complement", "append", "sign"),
        ),
        5: (
            ("weigh", "sum", "skip", "complement", "append", "reject"),
            ("weigh", "sum", "skip", "complement", "append", "sign"),
            ("weigh", "sum", "skip", "append", "reject"),
        ),
    },
    draw=_draw,
)
