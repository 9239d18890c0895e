"""Runs of equal characters: count them, filter them, write them down."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_ALPHABETS = ("ab", "xyz", "aAbB", "01", "éü ", "abc-")
_EDGES = ("", "a", "aa", "ab", "aAaA", "  ", "ééé", "zzzzzzzzzzzz")

_ASKED = {
    "pairs": ("A run is a longest stretch of equal characters. Return one entry for each run of `text`, in order.",),
    "least": ("Leave out runs shorter than {least}.", "Only runs of at least {least} characters count."),
    "fold": ("Case makes no difference: letters are compared in lower case, and entries show them so.",),
    "encode": (
        "An entry is the character followed by the length of the run, such as '{shown}3'; return all entries joined by "
        "{glue!r}.",
    ),
    "skip": ("The character {skipped!r} is no part of any run, and it ends the run before it.",),
    "reject": ("Raise ValueError if `text` is longer than {most} characters.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    """A function that walks over the runs of a text."""
    least = rng.randint(2, 5)
    glue = rng.choice(
        (",", ";", "|", "/", "+", " ", "-", "_", ", ", " / ", "::", "->", " + ", "--", "~", "*", "=>", ".")
    )
    skipped = rng.choice("-. _01xyzabéü#")
    most = rng.randint(12, 40)
    encoded = "encode" in rules
    entry = "" if encoded else " An entry is the tuple `(character, length)`."
    said = [rng.choice(_ASKED[rule]) for rule in rules]
    asked = " ".join(said).format(least=least, glue=glue, skipped=skipped, most=most, shown="b")
    name = rng.choice(("runs", "find_runs", "run_lengths"))
    signature = f"{name}(text: str) -> {'str' if encoded else 'list[tuple[str, int]]'}"
    drawn = {"least": least, "encode": glue, "skip": skipped, "reject": most}
    return CallDraft(
        parameters=tuple(drawn[rule] for rule in rules if rule in drawn),
        signature=signature,
        asked=asked + entry,
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, least, skipped, most),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    lines = []
    if "reject" in rules:
        lines += [f"if len(text) > {drawn['reject']}:", '    raise ValueError("the text is too long")']
    if "fold" in rules:
        lines += ["text = text.lower()"]
    lines += rng.choice((_WITH_INDEX, _ONE_BY_ONE))
    kept = []
    if "skip" in rules:
        kept.append(f"character != {quoted(drawn['skip'])}")
    if "least" in rules:
        kept.append(f"length >= {drawn['least']}")
    if kept:
        lines += [f"found = [(character, length) for character, length in found if {' and '.join(kept)}]"]
    joined = f'{quoted(drawn["encode"])}.join(f"{{character}}{{length}}" for character, length in found)'
    return [*lines, f"return {joined if 'encode' in rules else 'found'}"]


_WITH_INDEX = (
    "found = []",
    "start = 0",
    "while start < len(text):",
    "    end = start",
    "    while end < len(text) and text[end] == text[start]:",
    "        end += 1",
    "    found.append((text[start], end - start))",
    "    start = end",
)
_ONE_BY_ONE = (
    "found = []",
    "for character in text:",
    "    if found and found[-1][0] == character:",
    "        found[-1] = (character, found[-1][1] + 1)",
    "    else:",
    "        found.append((character, 1))",
)


def _inputs(rng: random.Random, least: int, skipped: str, most: int) -> tuple[list[Arguments], list[Arguments]]:
    """Texts in which the parameters matter: runs about as long as `least`, with `skipped`, lengths about `most`."""

    def text(longest: int) -> str:
        letters = rng.choice(_ALPHABETS) + skipped
        return "".join(rng.choice(letters) * rng.randint(1, least + 2) for _ in range(rng.randint(1, longest)))

    edges = [*_EDGES, f"a{skipped * 2}a", "a" * (least - 1) + "b" * least + "A" * (least + 1), *("ab" * most,)]
    edges += [("ab" * most)[:length] for length in (most, most + 1)]
    return [(text(4),) for _ in range(6)], [(edge,) for edge in edges] + [(text(7),) for _ in range(10)]


FAMILY = DraftedFamily(
    name="strings.run_lengths",
    about="runs of equal characters: found, filtered, encoded",
    skills=("strings", "iteration"),
    compositions={
        1: (("pairs", "encode"), ("pairs", "skip")),
        2: (("pairs", "least", "encode"), ("pairs", "fold", "skip"), ("pairs", "least", "skip")),
        3: (("pairs", "least", "fold", "skip"), ("pairs", "least", "fold", "encode"), ("pairs", "skip", "encode")),
        4: (("pairs", "least", "skip", "encode"), ("pairs", "fold", "skip", "encode"), ("pairs", "fold", "reject")),
        5: (("pairs", "least", "fold", "skip", "encode", "reject"), ("pairs", "least", "skip", "encode", "reject")),
    },
    draw=_draw,
)
