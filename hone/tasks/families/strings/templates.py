"""Templates: text with placeholders that are filled from a dictionary."""

import random
import re

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_MARKS = (("<", ">"), ("[", "]"), ("(", ")"), ("«", "»"), ("{", "}"), ("%", "%"), ("$", "$"), ("@", "@"), ("|", "|"))
_NAMES = ("name", "city", "n", "day", "größe", "x1")
_VALUES = ("Ann", "Bo", "", "42", "two words", "Oslo")
_ASKED = {
    "fill": (
        "In `template`, a placeholder is {open!r}, a name of one or more letters (of any language), digits or "
        "underscores, and {close!r}. Put in its place the value that `values` has for the name. Whatever is no "
        "placeholder stays as it is, and values are not searched for further placeholders.",
    ),
    "missing": ("A name that `values` lacks gives {other!r}.", "Where `values` has no such name, put {other!r}."),
    "keep": ("A placeholder whose name `values` lacks stays as it is.",),
    "reject": ("First of all, raise KeyError if `values` lacks a name that is needed.",),
    "upper": (
        "A value whose name has capital letters and no small ones is put in in capital letters, and looked up by the "
        "name in small letters.",
    ),
    "count": ("Return the pair `(text, count)` of the text and how many placeholders there were.",),
    "limit": ("If the text would be longer than {most} characters, raise ValueError.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    opening, closing = rng.choice(_MARKS)
    other = rng.choice(("?", "-", "none", "n/a", "…", "*", "nobody", "unknown"))
    most = rng.randint(15, 40)
    name = rng.choice(("fill", "render", "fill_in"))
    counted = "count" in rules
    signature = f"{name}(template: str, values: dict[str, str]) -> {'tuple[str, int]' if counted else 'str'}"
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules)
    if not {"missing", "keep", "reject"} & set(rules):
        said += " Every name that is needed is in `values`."
    told = {"open": opening, "close": closing, "other": other, "most": most}
    for key, value in told.items():
        said = said.replace(f"{{{key}!r}}", repr(value)).replace(f"{{{key}}}", str(value))
    return CallDraft(
        parameters=(
            opening,
            closing,
            *((other,) if "missing" in rules else ()),
            *((most,) if "limit" in rules else ()),
        ),
        signature=signature,
        asked=said,
        reference=function(signature, _body(rng, rules, opening, closing, other, most), imports=("import re",)),
        inputs=lambda rng: _inputs(rng, rules, opening, closing, most),
    )


def _body(rng: random.Random, rules: Rules, opening: str, closing: str, other: str, most: int) -> list[str]:

    pattern = f'r"{re.escape(opening)}(\\w+){re.escape(closing)}"'
    lines = ["def value(match: re.Match[str]) -> str:", "    name = match[1]"]
    if "upper" in rules:
        lines += ["    shout = name.isupper()", "    name = name.lower() if shout else name"]
    if "missing" in rules:
        lines += ["    if name not in values:", f"        return {quoted(other)}"]
    if "keep" in rules:
        lines += ["    if name not in values:", "        return match[0]"]
    lines += [
        "    return values[name].upper() if shout else values[name]" if "upper" in rules else "    return values[name]"
    ]
    counted = "count" in rules
    if rng.random() < 0.5:
        lines += [
            "",
            f"text, count = re.subn({pattern}, value, template)"
            if counted
            else f"text = re.sub({pattern}, value, template)",
        ]
    else:
        lines += ["", f"pattern = re.compile({pattern})", "text = pattern.sub(value, template)"]
        lines += ["count = len(pattern.findall(template))"] if counted else []
    if "limit" in rules:
        lines += [f"if len(text) > {most}:", '    raise ValueError("the text is too long")']
    return [*lines, "return text, count" if counted else "return text"]


def _inputs(
    rng: random.Random, rules: Rules, opening: str, closing: str, most: int
) -> tuple[list[Arguments], list[Arguments]]:
    lacking = bool({"missing", "keep", "reject"} & set(rules))

    def slot(name: str) -> str:
        return f"{opening}{name.upper() if 'upper' in rules and rng.random() < 0.4 else name}{closing}"

    def some(parts: int) -> Arguments:
        names = rng.sample(_NAMES, rng.randint(2, 4))
        text = " ".join(
            slot(rng.choice(names)) if rng.random() < 0.6 else rng.choice(("Hi", "a", "of")) for _ in range(parts)
        )
        values = {name: rng.choice(_VALUES) for name in names}
        if lacking and rng.random() < 0.5:
            values.pop(names[0])
        return text, values

    given = {"name": "Ann", "n": slot("name"), "x1": "9", "_": "under"}
    hidden: list[Arguments] = [
        ("", {}),
        ("plain", {"plain": "no"}),
        (slot("name"), given),
        (f"{slot('name')}{slot('x1')}", given),
        (f"{opening}{closing} {opening}no end", given),
        (f"{opening}na me{closing}{slot('n')}", given),
        (f"{opening}{opening}name{closing}{closing}", given),
        (f"{slot('_')}-{slot('name')}-{slot('name')}", given),
        ("x" * most, {}),
        ("x" * (most + 1), {}),
        some(5),
        some(6),
        some(8),
        some(4),
    ]
    if lacking:
        hidden += [
            (slot("name"), {}),
            (f"a {slot('city')} b {slot('name')}", {"name": "Bo"}),
            (slot("day"), {"da": "x"}),
        ]
    if "upper" in rules:
        hidden += [(f"{opening}NAME{closing} {opening}Name{closing}", {"name": "bo", "Name": "Mixed"})]
        hidden += [(f"{opening}NAME{closing}{opening}name{closing}", {"name": "straße", "NAME": "no"})]
    return [some(rng.randint(2, 4)) for _ in range(6)], hidden


FAMILY = DraftedFamily(
    name="strings.templates",
    about="text with placeholders that are filled in",
    skills=("strings", "parsing", "regular expressions"),
    compositions={
        1: (("fill", "missing"),),
        2: (("fill", "keep", "count"), ("fill", "missing", "count"), ("fill", "missing", "upper")),
        3: (("fill", "missing", "count", "upper"), ("fill", "keep", "limit"), ("fill", "missing", "limit")),
        4: (("fill", "reject", "limit"), ("fill", "reject", "count", "limit"), ("fill", "missing", "upper", "limit")),
        5: (("fill", "reject", "upper", "count", "limit"), ("fill", "missing", "upper", "count", "limit")),
    },
    draw=_draw,
)
