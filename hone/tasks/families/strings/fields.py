"""Lines split into fields, with quotes, escapes and comments."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_ASKED = {
    "split": (
        "Split `line` into fields at each {sep!r}, but not where it stands between a {quote!r} and the next {quote!r}; "
        "these marks may open and close anywhere in a field and are no part of it. An empty line is one empty field.",
        "Return the fields of `line`, which are separated by {sep!r}. From one {quote!r} to the next a separator is "
        "text like any other. The {quote!r} marks are left out, wherever in a field they stand. The empty line has one "
        "field, which is empty.",
    ),
    "open": (
        "A {quote!r} without a second one reaches to the end of the line.",
        "If the last {quote!r} is never closed, all that follows it is quoted.",
    ),
    "escape": (
        "After {escape!r}, quoted or not, the next character is taken as plain text, and the {escape!r} is left out; "
        "at the end of the line {escape!r} stands for itself.",
        "{escape!r} means that the character after it is plain text, inside quotes as well as outside; it is no part "
        "of the field, except as the very last character of the line, where it is text itself.",
    ),
    "strip": (
        "Spaces at both ends of a field are removed, quoted or not.",
        "Each field loses the spaces that it starts and ends with, even those that were quoted.",
    ),
    "skip": (
        "Fields that are then empty are left out of the result.",
        "In the end, drop the empty fields.",
    ),
    "comment": (
        "A {comment!r} that is not quoted ends the line: it and all after it are ignored.",
        "Unless it is quoted, {comment!r} starts a comment; the line is read as if it ended just before it.",
    ),
    "reject": (
        "Raise ValueError if a {quote!r} is not closed before the line ends.",
        "A {quote!r} that is never closed is an error: raise ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    marks = rng.sample("!~^%@$*", 4)
    drawn = {
        "sep": rng.choice(",;|:/&+="),
        "quote": rng.choice(('"', "'", "`", marks[0], marks[1])),
        "escape": rng.choice(("\\", marks[2])),
        "comment": rng.choice(("#", marks[3])),
    }
    signature = f"{rng.choice(('split_fields', 'fields', 'tokens', 'parse_line'))}(line: str) -> list[str]"
    said = worded(rng, _ASKED, rules, **drawn)
    if "escape" in rules and "comment" in rules:
        said += f" An escaped {drawn['comment']!r} starts no comment."
    if "escape" in rules and "strip" in rules:
        said += " Escaped spaces at the ends of a field are removed as well."
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=said,
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    sep, quote, escape, comment = (quoted(drawn[name]) for name in ("sep", "quote", "escape", "comment"))
    lines = ['fields, inside = [""], False']
    indexed = "escape" in rules and rng.random() < 0.5
    if indexed:
        lines += [
            "at = 0",
            "while at < len(line):",
            "    character = line[at]",
            f"    if character == {escape} and at + 1 < len(line):",
            "        at += 1",
            "        fields[-1] += line[at]",
        ]
    elif "escape" in rules:
        lines += [
            "escaped = False",
            "for character in line:",
            "    if escaped:",
            "        fields[-1] += character",
            "        escaped = False",
            f"    elif character == {escape}:",
            "        escaped = True",
        ]
    else:
        lines += ["for character in line:"]
    tests = [(f"character == {quote}", "inside = not inside")]
    tests += [(f"character == {comment} and not inside", "break")] if "comment" in rules else []
    tests += [(f"character == {sep} and not inside", 'fields.append("")')]
    for number, (test, action) in enumerate(tests):
        word = "if" if number == 0 and "escape" not in rules else "elif"
        lines += [f"    {word} {test}:", f"        {action}"]
    lines += ["    else:", "        fields[-1] += character"]
    if indexed:
        lines += ["    at += 1"]
    elif "escape" in rules:
        lines += ["if escaped:", f"    fields[-1] += {escape}"]
    if "reject" in rules:
        lines += ["if inside:", '    raise ValueError("a quote is not closed")']
    if "strip" in rules:
        lines += ['fields = [field.strip(" ") for field in fields]']
    return [*lines, "return [field for field in fields if field]" if "skip" in rules else "return fields"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    s, q, e, c = (drawn[name] for name in ("sep", "quote", "escape", "comment"))
    marks = [s, s, f"{q}b{s}c{q}", f"{q} d {q}"]
    marks += [e, f"{e}{s}", f"{e}{q}"] if "escape" in rules else []
    marks += [f"{q}{c}{q}", f" {c}"] if "comment" in rules else []

    def some(parts: int) -> str:
        made = "".join(rng.choice(("a", "bc", " ", "é1", "x y", *marks)) for _ in range(parts))
        return f"ab{s}{made}"

    hidden = [
        "",
        "one",
        f"a{s}b",
        f"{s}{s}",
        f"{q}{q}",
        f"{q}a{s}b{q}{s}c",
        f"a{q}{s}{q}b{s}{q}{q}{s}",
        f" a {s}{q} b {q}{s} ",
        f"a{q}b{q}c{q}{s}d{q}e",
        f"ñ\t{s}\tü ",
        *(some(parts) for parts in (4, 6, 9, 12)),
    ]
    if {"open", "reject"} & set(rules):
        hidden += [f"a{s}{q}b{s}c", f"{q}", f"a{s}b{q}"]
    if "escape" in rules:
        hidden += [f"a{e}{s}b{s}c", f"{q}a{e}{q}{s}b{q}{s}c", f"a{e}{e}{s}b", f"a{s}b{e}", e, f"{e}n{s}{e} x{e}{e}"]
    if "comment" in rules:
        hidden += [f"a{s}b {c}c{s}d", c, f"{q}a{c}b{q}{s}c{c}", f"a{s}{c}{q}b"]
        hidden += [f"a{e}{c}b{s}c{c}d"] if "escape" in rules else []
    return [(some(rng.randint(2, 5)),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="strings.fields",
    about="lines split into fields, with quotes, escapes and comments",
    skills=("strings", "parsing", "state machines"),
    compositions={
        1: (("split", "open"), ("split", "reject")),
        2: (("split", "open", "strip"), ("split", "open", "comment"), ("split", "reject", "strip")),
        3: (
            ("split", "open", "escape"),
            ("split", "open", "strip", "skip"),
            ("split", "open", "comment", "strip"),
            ("split", "reject", "strip", "skip"),
        ),
        4: (
            ("split", "escape", "reject"),
            ("split", "comment", "strip", "reject"),
            ("split", "escape", "strip", "reject"),
            ("split", "escape", "open", "comment"),
        ),
        5: (
            ("split", "escape", "comment", "strip", "skip", "reject"),
            ("split", "escape", "comment", "strip", "reject"),
            ("split", "escape", "open", "comment", "strip", "skip"),
        ),
    },
    draw=_draw,
)
