"""Small numbers packed into the bits of a large one, and taken out again."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_ASKED = {
    "pack": (
        "A word consists of fields of {told} bits, in this order, the first of which holds the lowest bits. Put the "
        "numbers in `values`, one for each field, into such a word and return it as an integer.",
        "`values` has one number for each of the fields of a word, which are {told} bits wide. Return the word, an "
        "integer: the first field is its lowest bits, the next field lies just above, and so on.",
    ),
    "unpack": (
        "A word consists of fields of {told} bits, in this order, the first of which holds the lowest bits. Return the "
        "list of the numbers that the fields of `word` hold, the first field's first.",
        "The fields of `word`, from its lowest bits up, are {told} bits wide. Return what they hold, as a list of "
        "integers in that order.",
    ),
    "fits": ("Every number fits into its field and none is negative.", "All numbers are at least 0 and fit."),
    "plain": ("Fields hold plain numbers, none negative.", "No field holds a sign."),
    "mask": (
        "Of a number that does not fit only the lowest bits are taken; negative numbers are in two's complement.",
        "A number is taken modulo 2 to the width of its field, so that negative ones end up in two's complement.",
    ),
    "clamp": (
        "Instead of a number too large for its field, take the largest that fits; instead of a negative one, 0.",
        "A negative number counts as 0, and one that is too large for its field as the largest which fits.",
    ),
    "signed": (
        "Field number {signed} (the first is number 0) is in two's complement, so that it may be negative; the others "
        "are plain.",
        "Numbering the fields from 0, field {signed} is signed, in two's complement; no other is.",
    ),
    "gray": (
        "Each field holds n xor (n // 2) for its number n.",
        "What a field holds for a number n is n ^ (n >> 1).",
    ),
    "parity": (
        "One more bit, just above the last field, makes the number of ones in the whole word {parity}.",
        "Just above all fields there is one bit more, set so that the word as a whole has an {parity} number of ones.",
    ),
    "xor": (
        "{when}, the bits of the fields are flipped wherever the number {key} has a one.",
        "{when}, the word without any further bit is combined with {key} by exclusive or.",
    ),
    "length": (
        "Raise ValueError if `values` does not have exactly one number for each field.",
        "If there are fewer or more numbers than fields, raise ValueError.",
    ),
    "overflow": (
        "Otherwise, raise OverflowError if a number is negative or does not fit into its field.",
        "After that, a number below 0, or too large for its field, raises OverflowError.",
    ),
    "range": (
        "First of all, raise OverflowError if `word` is negative or has ones above {above}.",
        "A `word` below 0, or with a one anywhere above {above}, raises OverflowError, whatever else is wrong with it.",
    ),
    "broken": (
        "Raise ValueError if the number of ones in `word`, as given, is not {parity}.",
        "A `word` in which, as it is given, the number of ones is not {parity} raises ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    widths = tuple(rng.randint(2, 8) for _ in range(rng.randint(3, 4)))
    packs = "pack" in rules
    drawn = {
        "widths": widths,
        "told": ", ".join(map(str, widths[:-1])) + f" and {widths[-1]}",
        "signed": rng.randrange(len(widths)),
        "parity": rng.choice(("even", "odd")),
        "key": rng.randrange(1, 2 ** sum(widths)),
        "when": "In the end" if packs else "Before it is taken apart",
        "above": "the parity bit" if "parity" in rules else "the last field",
    }
    names = ("pack", "to_word", "encode") if packs else ("unpack", "fields_of", "decode")
    given = "values: list[int]) -> int" if packs else "word: int) -> list[int]"
    signature = f"{rng.choice(names)}({given}"
    said = worded(rng, _ASKED, rules, **drawn).replace("the parity bit", "this further bit")
    if "gray" in rules and {"mask", "clamp"} & set(rules):
        said += " Here n is the number that was made to fit."
    if "gray" in rules and "signed" in rules:
        said += f" For field {drawn['signed']}, n is the two's complement, read as a plain number."
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=said,
        reference=function(signature, (_packing if packs else _unpacking)(rng, rules, drawn)),
        inputs=lambda rng: (_values if packs else _words)(rng, rules, drawn),
    )


def _packing(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    widths = drawn["widths"]
    lines = [f"widths = {widths!r}"]
    if "length" in rules:
        lines += ["if len(values) != len(widths):", '    raise ValueError("one number for each field")']
    shifting = rng.random() < 0.5
    lines += ["word, at = 0, 0"] if shifting else ["word = 0"]
    lines += [
        "for value, width in zip(values, widths):"
        if shifting
        else "for value, width in reversed(list(zip(values, widths))):"
    ]
    if "overflow" in rules:
        lines += ["    if not 0 <= value < 2**width:", '        raise OverflowError("a number does not fit")']
    if "mask" in rules:
        lines += ["    value %= 2**width"]
    if "clamp" in rules:
        lines += ["    value = min(max(value, 0), 2**width - 1)"]
    if "gray" in rules:
        lines += ["    value ^= value >> 1"]
    if shifting:
        lines += ["    word |= value << at", "    at += width"]
    else:
        lines += ["    word = (word << width) | value"]
    if "xor" in rules:
        lines += [f"word ^= {drawn['key']}"]
    if "parity" in rules:
        wrong = 1 if drawn["parity"] == "even" else 0
        lines += [f"if word.bit_count() % 2 == {wrong}:", f"    word += {2 ** sum(widths)}"]
    return [*lines, "return word"]


def _unpacking(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    widths, total = drawn["widths"], sum(drawn["widths"])
    lines = [f"widths = {widths!r}"]
    if "range" in rules:
        lines += [f"if word < 0 or word >> {total + ('parity' in rules)}:", '    raise OverflowError("no such word")']
    if "broken" in rules:
        wrong = 1 if drawn["parity"] == "even" else 0
        lines += [f"if word.bit_count() % 2 == {wrong}:", '    raise ValueError("a bit is wrong")']
    lines += [f"word ^= {drawn['key']}"] if "xor" in rules else []
    lines += ["values = []", "for width in widths:"]
    lines += rng.choice(
        (
            ["    values.append(word % 2**width)", "    word >>= width"],
            ["    word, value = divmod(word, 1 << width)", "    values.append(value)"],
        )
    )
    if "gray" in rules:
        lines += [
            "for place, value in enumerate(values):",
            "    while value:",
            "        value >>= 1",
            "        values[place] ^= value",
        ]
    if "signed" in rules:
        place = drawn["signed"]
        lines += [f"if values[{place}] >= {2 ** (widths[place] - 1)}:", f"    values[{place}] -= {2 ** widths[place]}"]
    return [*lines, "return values"]


def _values(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    widths = drawn["widths"]
    any_size = {"mask", "clamp", "overflow"} & set(rules)

    def some() -> list[int]:
        return [rng.randrange(2**width) for width in widths]

    def wild() -> list[int]:
        values = some()
        place = rng.randrange(len(widths))
        values[place] = rng.choice(
            (-1, -rng.randrange(2, 300), 2 ** widths[place], 2 ** widths[place] + rng.randrange(99))
        )
        return values

    hidden = [[0] * len(widths), [2**width - 1 for width in widths], [1] * len(widths)]
    hidden += [[2**width - 1 if at == place else 0 for at, width in enumerate(widths)] for place in range(len(widths))]
    hidden += [some() for _ in range(8)]
    if any_size:
        hidden += [wild() for _ in range(3 if "overflow" in rules else 7)]
        hidden += [[2 ** widths[0], *some()[1:]], [*some()[:-1], -1]]
    if "length" in rules:
        hidden += [[], some()[1:], [*some(), 0]]
    return [(wild() if any_size and rng.random() < 0.3 else some(),) for _ in range(6)], [(given,) for given in hidden]


def _words(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    widths, total = drawn["widths"], sum(drawn["widths"])
    bits = total + ("parity" in rules)

    def right(word: int) -> int:
        """The word with a parity bit, where the rules say that there is one."""
        odd = word.bit_count() % 2 == (drawn["parity"] == "even")
        return word | 1 << total if "parity" in rules and odd else word

    starts = [sum(widths[:place]) for place in range(len(widths))]
    words = [0, 2**total - 1, 1, 2 ** (total - 1), *(2**start for start in starts[1:])]
    words += [2**start * (2 ** (width - 1) - 1) for start, width in zip(starts, widths, strict=True)]
    words += [2 ** (start + width - 1) for start, width in zip(starts, widths, strict=True)]
    words += [rng.randrange(2**total) for _ in range(8)]
    hidden = [right(word) for word in dict.fromkeys(words)]
    if "range" in rules:
        hidden += [2**bits + 1, 2**bits, -1, 2 ** (bits + 2) + 5]
    if "broken" in rules:
        hidden += [right(word) ^ 1 << rng.randrange(total) for word in words[-3:]]
    return [(right(rng.randrange(2**total)),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="integers.bit_fields",
    about="numbers packed into bits and taken out again",
    skills=("bit operations", "encodings"),
    compositions={
        1: (("pack", "fits"), ("unpack", "plain")),
        2: (("pack", "mask"), ("pack", "clamp"), ("unpack", "signed"), ("pack", "fits", "gray")),
        3: (
            ("pack", "mask", "parity"),
            ("pack", "clamp", "gray", "xor"),
            ("unpack", "signed", "xor"),
            ("unpack", "plain", "gray", "xor"),
        ),
        4: (
            ("pack", "parity", "length", "overflow"),
            ("pack", "gray", "length", "overflow"),
            ("unpack", "signed", "xor", "range"),
            ("unpack", "plain", "parity", "range", "broken"),
        ),
        5: (
            ("pack", "gray", "xor", "parity", "length", "overflow"),
            ("pack", "mask", "gray", "xor", "parity", "length"),
            ("unpack", "signed", "gray", "xor", "parity", "range", "broken"),
        ),
    },
    draw=_draw,
)
