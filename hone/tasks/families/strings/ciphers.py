"""Texts in which characters move along an alphabet."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ASKED = {
    "shift": (
        "Replace every character of `text` that is in the alphabet {alphabet!r} by the one that comes {shift} places "
        "later in it; after its last character the alphabet goes on with its first.",
        "The alphabet is {alphabet!r}. Each character of `text` that it holds moves {shift} places on in it, from its "
        "end back to its start.",
    ),
    "keep": ("All other characters stay as they are.", "Characters that the alphabet lacks are left alone."),
    "drop": ("Leave all other characters out.", "Characters that the alphabet lacks are dropped."),
    "upper": (
        "A capital letter whose small letter is in the alphabet is replaced as that one is, and stays a capital.",
        "Capital letters move as their small letters do, and what replaces them is a capital letter again.",
    ),
    "growing": (
        "The number of places grows by {step} after every character that is replaced.",
        "With each replaced character the number of places becomes larger by {step} for the next ones.",
    ),
    "restart": (
        "After a {stop!r} in `text` the number of places is {shift} again.",
        "Whenever a {stop!r} stands in `text`, the number of places goes back to {shift}.",
    ),
    "groups": (
        "In the end, put {mark!r} between every {size} characters of the result, counted from its start.",
        "Finally cut the result into groups of {size} characters (the last may have fewer) and join them with "
        "{mark!r}.",
    ),
    "reject": (
        "Raise ValueError if `text` holds {bad!r} anywhere, or more than {most} characters.",
        "A `text` that is longer than {most} characters, or in which {bad!r} stands, is refused with ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    size = rng.randint(6, 12)
    bad, stop = rng.sample("#?!*", 2)
    drawn = {
        "alphabet": "".join(rng.sample(_LETTERS, size)) if rng.random() < 0.7 else _LETTERS[:size],
        "shift": rng.randint(2, size - 2),
        "step": rng.randint(1, 4),
        "stop": rng.choice((" ", stop)),
        "size": rng.randint(2, 5),
        "mark": rng.choice(" -/|"),
        "bad": bad,
        "most": rng.randint(15, 30),
    }
    signature = f"{rng.choice(('encode', 'encipher', 'shifted', 'disguise'))}(text: str) -> str"
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=worded(rng, _ASKED, rules, **drawn),
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    alphabet, length = quoted(drawn["alphabet"]), len(drawn["alphabet"])
    places = "places" if "growing" in rules else str(drawn["shift"])
    small = "character.lower()" if "upper" in rules else "character"
    lines = []
    if "reject" in rules:
        lines += [f"if {quoted(drawn['bad'])} in text or len(text) > {drawn['most']}:"]
        lines += ['    raise ValueError("this text is refused")']
    lines += [f"alphabet = {alphabet}", 'result = ""']
    lines += [f"places = {drawn['shift']}"] if "growing" in rules else []
    lines += ["for character in text:"]
    if "restart" in rules:
        lines += [f"    if character == {quoted(drawn['stop'])}:", f"        places = {drawn['shift']}"]
    found, index = f"{small} in alphabet", f"alphabet.index({small})"
    if rng.random() < 0.5:
        lines += [f"    place = alphabet.find({small})"]
        found, index = "place >= 0", "place"
    moved = f"alphabet[({index} + {places}) % {length}]"
    body = [f"moved = {moved}"]
    body += ["result += moved.upper() if character.isupper() else moved"] if "upper" in rules else ["result += moved"]
    body += [f"places += {drawn['step']}"] if "growing" in rules else []
    lines += [f"    if {found}:", *(f"        {line}" for line in body)]
    lines += ["    else:", "        result += character"] if "keep" in rules else []
    if "groups" in rules:
        size = drawn["size"]
        lines += [f"groups = [result[at : at + {size}] for at in range(0, len(result), {size})]"]
        return [*lines, f"return {quoted(drawn['mark'])}.join(groups)"]
    return [*lines, "return result"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    alphabet, most, stop, size = drawn["alphabet"], drawn["most"], drawn["stop"], drawn["size"]
    lacking = "".join(letter for letter in _LETTERS if letter not in alphabet)

    def some(length: int) -> str:
        made = "".join(
            rng.choice(rng.choice((alphabet, alphabet, alphabet.upper(), f"{stop}é7"))) for _ in range(length)
        )
        return made[:most]

    hidden = [
        "",
        alphabet[0],
        alphabet[-1] + lacking[0],
        alphabet,
        alphabet[::-1].title(),
        f"{alphabet[:3]}{stop}{alphabet[:3]}{stop}{stop}{alphabet[-2:]}",
        f"{alphabet[1].upper()}{lacking[:2].upper()}{alphabet[1]}Éß",
        alphabet[2] * 9,
        alphabet[0] * size,
        alphabet[0] * (2 * size + 1),
        f"a b, c! {alphabet[4]}",
        *(some(length) for length in (6, 9, 12, 14)),
    ]
    if "reject" in rules:
        over = (alphabet * 6)[: most + 1]
        hidden += [f"{alphabet[0]}{drawn['bad']}", over, over[:-1], drawn["bad"]]
    return [(some(rng.randint(3, 7)),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="strings.ciphers",
    about="texts whose characters move along an alphabet",
    skills=("strings", "modular arithmetic"),
    compositions={
        1: (("shift", "keep"), ("shift", "drop")),
        2: (("shift", "keep", "upper"), ("shift", "keep", "growing"), ("shift", "drop", "groups")),
        3: (
            ("shift", "keep", "growing", "restart"),
            ("shift", "drop", "upper", "groups"),
            ("shift", "keep", "upper", "growing"),
            ("shift", "drop", "growing", "groups"),
        ),
        4: (
            ("shift", "keep", "growing", "reject"),
            ("shift", "keep", "upper", "growing", "restart"),
            ("shift", "drop", "growing", "restart", "reject"),
            ("shift", "drop", "upper", "reject"),
        ),
        5: (
            ("shift", "keep", "upper", "growing", "restart", "groups", "reject"),
            ("shift", "drop", "upper", "growing", "restart", "groups", "reject"),
            ("shift", "keep", "upper", "growing", "restart", "reject"),
        ),
    },
    draw=_draw,
)
