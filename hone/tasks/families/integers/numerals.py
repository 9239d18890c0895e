"""Numbers written with digits of one's own, and read back."""

import random

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_ASKED = {
    "write": (
        "Write `number` in base {base} with the digits {digits!r}: its first character stands for 0, its last "
        "for {top}. "
        "The most significant digit comes first, without leading zeros; 0 itself is one digit.",
    ),
    "sign": ("A negative number is written as {minus!r} followed by its absolute value.",),
    "width": (
        "If there are fewer than {width} digits, put the digit for 0 in front until there are {width}; a sign does not "
        "count.",
    ),
    "groups": ("From the right, put {mark!r} between every {size} digits, such as after each third for 3.",),
    "reject": ("Raise ValueError if `number` is above {most} or below -{most}, and TypeError if it is a bool.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    base = rng.randint(2, 16)
    digits = "".join(rng.sample(_LETTERS, base)) if rng.random() < 0.7 else _LETTERS[:base]
    minus, mark = rng.sample("-~!'_.:", 2)
    width, size, most = rng.randint(3, 6), rng.randint(2, 4), rng.randint(500, 5000)
    name = rng.choice(("write_number", "to_digits", "numeral"))
    signature = f"{name}(number: int) -> str"
    told = {
        "base": base,
        "digits": digits,
        "top": base - 1,
        "minus": minus,
        "mark": mark,
        "width": width,
        "size": size,
        "most": most,
    }
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules).format(**told)
    if "sign" not in rules:
        said += " `number` is never negative." if "reject" not in rules else ""
    drawn = {"write": (base, digits), "sign": (minus,), "width": (width,), "groups": (mark, size), "reject": (most,)}
    return CallDraft(
        parameters=tuple(one for rule in rules for one in drawn[rule]),
        signature=signature,
        asked=said.replace(", such as after each third for 3", ""),
        reference=function(signature, _body(rng, rules, base, digits, minus, mark, width, size, most)),
        inputs=lambda rng: _inputs(rng, rules, base, width, size, most),
    )


def _body(
    rng: random.Random, rules: Rules, base: int, digits: str, minus: str, mark: str, width: int, size: int, most: int
) -> list[str]:
    lines = []
    if "reject" in rules:
        lines += ["if isinstance(number, bool):", '    raise TypeError("a bool is no number here")']
        lines += [f"if abs(number) > {most}:", '    raise ValueError("the number is too large")']
    left = "abs(number)" if "sign" in rules else "number"
    forwards = [
        f'left, text = {left}, ""',
        "while left or not text:",
        f"    left, digit = divmod(left, {base})",
        f"    text = {quoted(digits)}[digit] + text",
    ]
    backwards = [
        f"left = {left}",
        f"found = [{quoted(digits)}[left % {base}]]",
        f"while left >= {base}:",
        f"    left //= {base}",
        f"    found.append({quoted(digits)}[left % {base}])",
        'text = "".join(reversed(found))',
    ]
    lines += rng.choice((forwards, backwards))
    if "width" in rules:
        lines += [f"text = text.rjust({width}, {quoted(digits[0])})"]
    if "groups" in rules:
        lines += [f"start = len(text) % {size} or {size}", "parts = [text[:start]]"]
        lines += [f"parts += [text[at : at + {size}] for at in range(start, len(text), {size})]"]
        lines += [f"text = {quoted(mark)}.join(parts)"]
    return [*lines, f"return {quoted(minus)} + text if number < 0 else text" if "sign" in rules else "return text"]


def _inputs(
    rng: random.Random, rules: Rules, base: int, width: int, size: int, most: int
) -> tuple[list[Arguments], list[Arguments]]:
    top = most if "reject" in rules else 10**6
    numbers = [0, 1, base - 1, base, base + 1, base**2 - 1, base**2, base**size, base**size - 1]
    numbers += [base ** (width - 1), base ** (width - 1) - 1, base**width, base ** (2 * size), top, top - 1]
    numbers = [number for number in numbers if number <= top]
    numbers += [rng.randint(0, top) for _ in range(5)]
    if "sign" in rules:
        numbers += [-1, -base, -rng.randint(2, top), -min(base**size, top), -top]
    hidden: list[Arguments] = [(number,) for number in dict.fromkeys(numbers)]
    if "reject" in rules:
        hidden += [(most + 1,), (-most - 1,), (True,), (False,)]
    shown: list[Arguments] = [(rng.randint(base, top),) for _ in range(6)]
    return shown, hidden


FAMILY = DraftedFamily(
    name="integers.numerals",
    about="numbers written in a base with digits of one's own",
    skills=("arithmetic", "bases"),
    compositions={
        1: (("write",),),
        2: (("write", "sign"), ("write", "width"), ("write", "groups")),
        3: (("write", "sign", "width"), ("write", "width", "groups"), ("write", "sign", "groups")),
        4: (("write", "sign", "reject"), ("write", "sign", "groups", "reject"), ("write", "sign", "width", "groups")),
        5: (("write", "sign", "width", "groups", "reject"), ("write", "sign", "width", "reject")),
    },
    draw=_draw,
)
