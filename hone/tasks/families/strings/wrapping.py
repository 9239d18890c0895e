"""Words filled into lines of a width, and what is done with the lines."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_WORDS = ("a", "to", "of", "the", "tree", "Größe", "stone", "river", "x-1", "evening", "lamplight", "ñandú", "2026")
_ASKED = {
    "fill": (
        "The words of `text` are what white space separates. Fill lines with them in order: a word goes on the current "
        "line, after one space, if the line is then at most {width} characters long; otherwise it starts a new line. "
        "Return the list of lines, which is empty if there are no words.",
        "Break `text` into lines of at most {width} characters. Words are separated by white space; put as many on a "
        "line as fit, with one space between two words, before you start the next line. Return the lines as a list "
        "(an empty one for a text without words).",
    ),
    "long": (
        "A word longer than a line has room for stands alone on a line that is too long.",
        "A word that is too long for any line is not broken: it has a line to itself.",
    ),
    "cut": (
        "A word longer than {width} characters is first cut into pieces of {width} characters (the last may be "
        "shorter), and every piece counts as a word of its own.",
        "Before filling, cut each word of more than {width} characters into pieces of {width}, the last of which may "
        "have fewer; the pieces are then words like all others.",
    ),
    "hang": (
        "Every line but the first starts with {prefix!r}, which does not count towards the width.",
        "Put {prefix!r} in front of all lines except the first; the width is that of the rest of the line.",
    ),
    "justify": (
        "In every line but the last, if it has at least two words and is shorter than {width} characters, widen the "
        "gaps between words until it is {width} characters long: gaps differ by at most one space, and wider gaps come "
        "first.",
        "Stretch every line except the last to exactly {width} characters by widening the gaps between its words as "
        "evenly as possible, the gaps further left by one more space where it does not come out even; a line with one "
        "word stays as it is.",
    ),
    "right": (
        "Put {pad!r} in front of each line as often as it takes to make it {width} characters long; longer lines stay "
        "as they are.",
        "Align the lines on the right: fill each up to {width} characters with {pad!r} in front.",
    ),
    "limit": (
        "In the end, return at most {most} lines; if there are more, leave them out and add {mark!r} to the end of the "
        "last line returned, however long it gets.",
        "After all this, lines after line {most} are dropped; only if any are, append {mark!r} to line {most} (its "
        "width does not matter then).",
    ),
    "reject": (
        "Raise ValueError if `text` needs more than {most} lines.",
        "More than {most} lines are an error: raise ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    drawn = {
        "width": rng.randint(8, 30),
        "prefix": rng.choice(("> ", "  ", "- ", "    ", "| ", ".. ", "* ", "# ")),
        "pad": rng.choice(" .-_~"),
        "most": rng.randint(3, 6),
        "mark": rng.choice(("…", "...", " [more]", " ->", " (cut)", "~")),
    }
    signature = f"{rng.choice(('wrap', 'fill_lines', 'break_lines', 'to_lines'))}(text: str) -> list[str]"
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=worded(rng, _ASKED, rules, **drawn),
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    width, words, lines = drawn["width"], "text.split()", []
    if "cut" in rules:
        words = "words"
        lines += rng.choice(
            (
                [f"words = [word[at : at + {width}] for word in text.split() for at in range(0, len(word), {width})]"],
                [
                    "words = []",
                    "for word in text.split():",
                    f"    while len(word) > {width}:",
                    f"        words.append(word[:{width}])",
                    f"        word = word[{width}:]",
                    "    words.append(word)",
                ],
            )
        )
    lines += rng.choice((_of_lists, _of_texts))(words, width, "justify" in rules)
    if "justify" in rules:
        lines += [
            "for row in rows[:-1]:",
            f'    missing = {width} - len(" ".join(row))',
            "    gaps = len(row) - 1",
            "    for place in range(gaps if missing > 0 else 0):",
            '        row[place] += " " * (missing // gaps + (place < missing % gaps))',
            'lines = [" ".join(row) for row in rows]',
        ]
    if "right" in rules:
        lines += [f"lines = [line.rjust({width}, {quoted(drawn['pad'])}) for line in lines]"]
    if "reject" in rules:
        lines += [f"if len(lines) > {drawn['most']}:", '    raise ValueError("too many lines")']
    if "limit" in rules:
        lines += [f"if len(lines) > {drawn['most']}:", f"    lines = lines[: {drawn['most']}]"]
        lines += [f"    lines[-1] += {quoted(drawn['mark'])}"]
    if "hang" in rules:
        lines += [f"lines = lines[:1] + [{quoted(drawn['prefix'])} + line for line in lines[1:]]"]
    return [*lines, "return lines"]


def _of_lists(words: str, width: int, justified: bool) -> list[str]:
    lines = [
        "rows: list[list[str]] = []",
        f"for word in {words}:",
        f'    if rows and len(" ".join([*rows[-1], word])) <= {width}:',
        "        rows[-1].append(word)",
        "    else:",
        "        rows.append([word])",
    ]
    return lines if justified else [*lines, 'lines = [" ".join(row) for row in rows]']


def _of_texts(words: str, width: int, justified: bool) -> list[str]:
    lines = [
        "lines: list[str] = []",
        f"for word in {words}:",
        f"    if lines and len(lines[-1]) + 1 + len(word) <= {width}:",
        '        lines[-1] += " " + word',
        "    else:",
        "        lines.append(word)",
    ]
    return [*lines, "rows = [line.split() for line in lines]"] if justified else lines


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    width, most = drawn["width"], drawn["most"]

    def text(count: int) -> str:
        return " ".join(rng.choices(_WORDS, k=count))

    def rows(count: int) -> str:
        """A text that needs exactly so many lines."""
        return " ".join("w" * (width - 2) for _ in range(count))

    few = min(most * width // 7, 14)
    hidden = [
        "",
        " \n ",
        "one",
        "a  b\tc\n\nd ",
        f"{'x' * (width - 2)} y z",
        f"{'x' * (width - 1)} y {'z' * (width - 2)} ab",
        f"x {'y' * (width - 2)} z",
        f"{'x' * (width - 2)} yz {'w' * width} v",
        f"a {'long' * width} b",
        "ü" * (2 * width + 1),
        f"{'x' * (width + 1)} {'y' * width}",
        f"a b c {'d' * (width - 6)} e f {'g' * (width - 5)}",
        f"ab cd {'e' * (width - 7)} {'f' * (width - 3)} g",
        *(text(count) for count in (4, few // 2, few, 16)),
    ]
    if {"limit", "reject"} & set(rules):
        hidden += [rows(most), rows(most + 1), rows(most - 1), rows(most + 2)]
    return [(text(rng.randint(3, max(4, few))),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="strings.wrapping",
    about="words filled into lines: cut, justified, aligned",
    skills=("strings", "text layout"),
    compositions={
        1: (("fill", "long"), ("fill", "cut")),
        2: (("fill", "long", "hang"), ("fill", "cut", "right"), ("fill", "long", "limit"), ("fill", "cut", "hang")),
        3: (
            ("fill", "long", "justify"),
            ("fill", "cut", "justify"),
            ("fill", "cut", "limit", "hang"),
            ("fill", "cut", "right", "limit"),
        ),
        4: (
            ("fill", "cut", "justify", "reject"),
            ("fill", "long", "right", "reject"),
            ("fill", "long", "reject", "hang"),
            ("fill", "cut", "reject", "hang"),
        ),
        5: (
            ("fill", "cut", "justify", "reject", "hang"),
            ("fill", "long", "justify", "reject", "hang"),
            ("fill", "cut", "right", "reject", "hang"),
        ),
    },
    draw=_draw,
)
