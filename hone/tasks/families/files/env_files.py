"""Environment files: names and values with quotes, comments and references, written down in order."""

import random
import re
from collections.abc import Mapping
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.files.folder import Files, Raised, file_draft
from hone.tasks.families.files.surface import program, read_text, write_text
from hone.tasks.families.rules import worded
from hone.tasks.families.source import quoted
from hone.tasks.families.splits import Rules

_COMMENTS = ("#", ";", "//", "!", "--", "%")
_SIGNS = ("=", ":", ":=", "->", "=>", "|")
_WORDS = ("export", "set", "let", "env", "declare")
_PREFIXES = ("APP_", "DB_", "MY_", "X_", "CI_", "PUBLIC_")
_NAMES = ("HOST", "PORT", "NAME", "PATH", "USER", "home", "Mode")
_ASKED = {
    "base": (
        "The file `source` (UTF-8, lines end in \\n or \\r\\n, the last one may lack it) holds a name, {sign!r} and a "
        "value in each line; the first {sign!r} divides them, and spaces and tabs around either do not count. Lines "
        "that are empty, hold only spaces and tabs, or begin with {comment!r} (after spaces and tabs) are skipped. If "
        "a name is there several times, its last line counts.",
        "Read `source`, a UTF-8 file with lines that end in \\n or \\r\\n (the last one perhaps in neither). A line is "
        "a name and a value with {sign!r} between them (the first one in the line). Spaces and tabs around the line, "
        "the name or the value mean nothing; a line without anything else, or one that then begins with {comment!r}, "
        "is passed over. The last line of a name wins.",
    ),
    "word": (
        "A line may begin with the word `{word}` and at least one space, which mean nothing.",
        "`{word}` and one or more spaces after it may stand before the name, and are ignored.",
    ),
    "quotes": (
        "A value that begins with ' is what stands up to the next '; one that begins with \" is what stands up to the "
        'next " without a backslash before it that itself counts: between double quotes, a backslash and the character '
        "after it stand for a newline if that is n, for a tab if it is t, and for that character otherwise. What "
        "follows the closing quote is ignored.",
        "Values may be quoted. '…' holds everything literally up to the next '. In \"…\", a backslash takes the next "
        'character with it: \\n is a newline, \\t a tab, and any other such character stands for itself, so \\" does '
        "not close the quotes. Whatever comes after the closing quote does not count.",
    ),
    "inline": (
        "In a value {unquoted}a space or tab and then {comment!r} end the value; the rest of the line is a comment.",
        "A comment may follow a value {unquoted}on its line: it begins at the first {comment!r} that has a space or a "
        "tab before it.",
    ),
    "expand": (
        "Then ${{NAME}} in a value{raw}, for a name of letters, digits and underscores, is replaced by the value that "
        "the lines above give it, or by nothing if they give it none; what is put in is not looked through again.",
        "Finally, wherever ${{NAME}} stands in a value{raw} (NAME being letters, digits or underscores), put what the "
        "lines above say NAME is, and nothing where they do not say; do this once, not again in what was put in.",
    ),
    "prefix": (
        "Only names that begin with {prefix} count for what is returned and written, and lose it there.",
        "Keep only names that start with {prefix}, and take that off them; others are neither written nor returned.",
    ),
    "reject": (
        "If a line has no {sign!r}, or its name is not made of ASCII letters, digits and underscores with no digit at "
        "its beginning{unclosed}, raise ValueError and leave everything as it was. If there is no file `source`, raise "
        "FileNotFoundError and write nothing.",
        "Raise ValueError, and write nothing, for a line without {sign!r}, for a name that is empty, starts with a "
        "digit or holds anything but ASCII letters, digits and underscores{unclosed}; raise FileNotFoundError, and "
        "write nothing, where `source` is missing.",
    ),
    "plain": (
        "Write a line for each name at `target` (replaced if it is there), ordered by name as Python sorts text: the "
        "name, {sign!r} without spaces, the value, and \\n, in UTF-8. Return the names and values as a dict.",
        "`target` is written anew in UTF-8: for each name, in the order in which Python sorts text, the name, "
        "{sign!r}, the value and \\n, with no spaces between. The answer is a dict of names and values.",
    ),
    "quoted": (
        "Write a line for each name at `target` (replaced if it is there), ordered by name as Python sorts text: the "
        'name, {sign!r} without spaces, the value between double quotes with \\ before each " and \\ in it and each '
        "newline as \\n, and then a newline, in UTF-8. Return the names and values as a dict.",
        "`target` is written anew in UTF-8: for each name, in the order in which Python sorts text, one line of the "
        'name, {sign!r}, ", the value, ", with no spaces between. In the value, \\ is written \\\\, " is written \\" '
        "and a newline \\n. The answer is a dict of names and values.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    quotes = "quotes" in rules
    drawn = {
        "comment": rng.choice(_COMMENTS),
        "sign": rng.choice(_SIGNS),
        "word": rng.choice(_WORDS),
        "prefix": rng.choice(_PREFIXES),
        "unquoted": "that is not quoted " if quotes else "",
        "raw": " (unless it is in single quotes)" if quotes else "",
        "unclosed": ", or a quote is not closed" if quotes else "",
    }
    name = rng.choice(("load", "read_env", "settings", "normalise"))
    signature = f"{name}(source: str, target: str) -> dict[str, str]"

    def model(files: Files, source: str, target: str) -> tuple[dict[str, str], Mapping[str, Any]]:
        if source not in files:
            raise Raised("FileNotFoundError")
        text = files[source]
        assert isinstance(text, str)
        found: dict[str, str] = {}
        for line in text.replace("\r\n", "\n").split("\n"):
            held = line.strip(" \t")
            if not held or held.startswith(drawn["comment"]):
                continue
            named, divided, value = held.partition(drawn["sign"])
            words = named.split(" ", 1)
            if "word" in rules and len(words) == 2 and words[0] == drawn["word"]:
                named = words[1]
            named = named.strip(" \t")
            whole = named.isascii() and named.replace("_", "a").isalnum() and not named[:1].isdigit()
            if "reject" in rules and not (divided and whole):
                raise Raised("ValueError")
            value, raw = _value(value.strip(" \t"), rules, drawn["comment"])
            if "expand" in rules and not raw:
                value = re.sub(r"\$\{(\w+)\}", lambda match: found.get(match[1], ""), value)
            found[named] = value
        if "prefix" in rules:
            prefix = drawn["prefix"]
            found = {key[len(prefix) :]: value for key, value in found.items() if key.startswith(prefix)}
        shown = {key: _quoted(value) if quotes else value for key, value in found.items()}
        return found, files | {target: "".join(f"{key}{drawn['sign']}{shown[key]}\n" for key in sorted(found))}

    used = [rule for rule in rules if rule in ("word", "prefix")]
    return file_draft(
        parameters=(drawn["comment"], drawn["sign"], *(drawn[rule] for rule in used)),
        signature=signature,
        asked=worded(rng, _ASKED, ("base", *rules, "quoted" if quotes else "plain"), **drawn),
        reference=program(signature, _body(rng, rules, drawn)),
        model=model,
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _value(held: str, rules: Rules, comment: str) -> tuple[str, bool]:
    """The value of what stands after the sign, and whether it is to be taken literally."""
    if "quotes" in rules and held[:1] in ("'", '"') and held:
        out, at = "", 1
        while at < len(held) and held[at] != held[0]:
            if held[at] == "\\" and held[0] == '"' and at + 1 < len(held):
                at += 1
                out += {"n": "\n", "t": "\t"}.get(held[at], held[at])
            else:
                out += held[at]
            at += 1
        if at >= len(held):
            raise Raised("ValueError")
        return out, held[0] == "'"
    starts = [held.find(f"{space}{comment}") for space in " \t"]
    if "inline" in rules and max(starts) >= 0:
        held = held[: min(start for start in starts if start >= 0)]
    return held.strip(" \t"), False


def _quoted(value: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
    return f'"{"".join(escapes.get(letter, letter) for letter in value)}"'


def _body(rng: random.Random, rules: Rules, drawn: Mapping[str, str]) -> list[str]:
    comment, sign = quoted(drawn["comment"]), quoted(drawn["sign"])
    lines = [*read_text(rng, "source", "text"), "found = {}"]
    lines += [rng.choice(('for line in text.split("\\n"):', 'for line in re.split(r"\\r?\\n", text):'))]
    each = ["line = line.strip()", f'if line == "" or line.startswith({comment}):', "    continue"]
    each += [f"name, divided, value = line.partition({sign})"]
    if "word" in rules:
        word = drawn["word"]
        each += rng.choice(
            (
                [f'if name.startswith("{word} "):', f"    name = name[{len(word) + 1} :]"],
                [f'name = name.removeprefix("{word} ")'],
                [f'name = re.sub(r"^{word} +", "", name)'],
            )
        )
    each += ["name, value = name.strip(), value.strip()"]
    if "reject" in rules:
        each += ['if not divided or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):']
        each += ['    raise ValueError("a line is wrong")']
    plain = []
    if "inline" in rules:
        plain += [f'value = re.split(r"[ \\t]+{re.escape(drawn["comment"])}", value)[0]']
    expand = ['value = re.sub(r"\\$\\{(\\w+)\\}", lambda match: found.get(match[1], ""), value)']
    expand = expand if "expand" in rules else []
    if "quotes" in rules:
        each += ['single = value.startswith("\'")', "if single:", '    value, closed, _ = value[1:].partition("\'")']
        each += ["elif value.startswith('\"'):", '    closed = re.match(r\'"((?:[^"\\\\]|\\\\.)*)"\', value)']
        if "reject" in rules:
            each += ["    if not closed:", '        raise ValueError("a quote is not closed")']
        each += [
            '    value = re.sub(r"\\\\(.)", lambda match: {"n": "\\n", "t": "\\t"}.get(match[1], match[1]), closed[1])'
        ]
        if plain:
            each += ["else:", *(f"    {line}" for line in plain)]
        if "reject" in rules:
            each += ["if single and not closed:", '    raise ValueError("a quote is not closed")']
        if expand:
            each += ["if not single:", *(f"    {line}" for line in expand)]
    else:
        each += [*plain, *expand]
    lines += [f"    {line}" for line in [*each, "found[name] = value"]]
    if "prefix" in rules:
        prefix = quoted(drawn["prefix"])
        cut, starts = f"name[{len(drawn['prefix'])} :]", f"name.startswith({prefix})"
        lines += [f"found = {{{cut}: value for name, value in found.items() if {starts}}}"]
    lines += ['out = ""', "for name, value in sorted(found.items()):"]
    if "quotes" in rules:
        lines += ['    value = value.replace("\\\\", "\\\\\\\\").replace(\'"\', \'\\\\"\').replace("\\n", "\\\\n")']
        lines += [f"    out += f'{{name}}{drawn['sign']}\"{{value}}\"\\n'"]
    else:
        lines += [f'    out += f"{{name}}{drawn["sign"]}{{value}}\\n"']
    return [*lines, *write_text(rng, "target", "out"), "return found"]


def _inputs(rng: random.Random, rules: Rules, drawn: Mapping[str, str]) -> tuple[list[Arguments], list[Arguments]]:
    c, s, word = drawn["comment"], drawn["sign"], drawn["word"]
    p = drawn["prefix"] if "prefix" in rules else ""
    w = f"{word} " if "word" in rules else ""

    def given(text: str) -> Arguments:
        there = {"out.env": "old\n"} if rng.random() < 0.4 else {}
        return {"in.env": text, "notes.txt": "keep me\n", **there}, "in.env", "out.env"

    values = ["1", "", "two words", "größer", f"a{s}b", f"x{c}y", "C:\\new", "'", 'say "x"', "a\u2028b"]
    values = [value for value in values if "quotes" not in rules or value[:1] != "'"]
    if "quotes" in rules:
        values += [
            '"a b"',
            "'a b'",
            '"say \\"x\\""',
            "'C:\\new'",
            '"C:\\\\new"',
            '"a\\nb\\tc"',
            '""',
            f'"a {c} b"',
            '"\\é"',
        ]
        values += [f'"a" {c} "b"', "'a'b'", "''", "'say \"x\"'", '" a "', '"\\\\"']
    if "inline" in rules:
        values += [f"a {c} b", f"a\t{c}b", f"a  {c}", f"a{c} {c}"]
    if "expand" in rules:
        names = [p + name for name in _NAMES[:4]]
        values += [f"${{{name}}}" for name in names] + [f"<${{{names[0]}}}-${{{names[1]}}}>", "${NONE}x", "$HOST ${}"]
        values += [f"'${{{names[0]}}}'", f'"${{{names[1]}}} b"'] if "quotes" in rules else []
    bad = [f"{w}no sign", f"1A{s}x", f"A-B{s}x", f"{s}x", f"É{s}x", f"A B{s}x"]
    bad += [f"A{s}'open", f'A{s}"open\\"'] if "quotes" in rules else []
    bad = [line for line in bad if s in line or "no sign" in line]

    def line(name: str, value: str) -> str:
        spaced = rng.choice((f"{name}{s}{value}", f"{name} {s} {value}", f"  {name}\t{s}  {value} \t"))
        return (w + spaced.lstrip()) if w and rng.random() < 0.4 else spaced

    def some(count: int) -> Arguments:
        made = []
        for _ in range(count):
            name = rng.choice(_NAMES[: max(3, count)])
            made.append(line(p + name if rng.random() < 0.8 else name, rng.choice(values)))
            made += rng.choice(([], [], ["", f"  {c} {line(name, 'no')}"], [f"{c}{c}"], ["  \t"]))
        if "reject" in rules and rng.random() < 0.25:
            made.insert(rng.randint(0, len(made)), rng.choice(bad))
        end = rng.choice(("\n", "\r\n"))
        return given(end.join(made) + rng.choice(("", end)))

    each = [
        [f"{p}{name}{s}{value}" for name, value in zip("ABCDEFGH", part, strict=False)]
        for part in (values[:8], values[8:16], values[16:24], values[24:])
    ]
    hidden = [
        given(""),
        given(f"{c} nothing\r\n\r\n"),
        given(f"{p}B{s}2\n{p}a{s}3\n{p}A{s}1\n{p}_{s}4"),
        given(f"{p}A{s}1\n{p}B{s}2\n{p}A {s} 3\r\n"),
        given(f" \t{p}A{s}  x  \t\r\n\t{c}{p}A{s}y\n  {p}B  {s}{s}"),
        *(given("\n".join(part) + "\n") for part in each if part),
    ]
    hidden += [given("\r\n".join(f"{p}A{number}{s}{rng.choice(values)}" for number in range(9))) for _ in range(3)]
    if "word" in rules:
        hidden += [
            given(f"{word} {p}A{s}1\n{word}   {p}B {s} 2\n {word} {p}C{s}{word} 3\n{p}{word}{s}4\n{p}{word}s{s}5")
        ]
    if "prefix" in rules:
        hidden += [given(f"A{s}1\n{p}A{s}2\nX{p}A{s}3\n{p}{p}A{s}4\n{p.lower()}A{s}5\n{p[:-1]}A{s}6")]
    if "expand" in rules:
        chain = [
            f"A{s}1",
            f"B{s}${{{p}A}}2${{{p}C}}",
            f"C{s}${{{p}B}}${{{p}A}}",
            f"A{s}${{{p}A}}0",
            f"D{s}${{{p}A}} $A $${{}}",
        ]
        chain += [f"E{s}$", f"F{s}${{{p}E}}{{{p}A}}", f"{p}Z{s}z", f"G{s}${{{p}{p}Z}}"]
        hidden += [given("\n".join(p + one for one in chain))]
    if "reject" in rules:
        hidden += [given(f"{p}A{s}1\n{wrong}\n{p}B{s}2") for wrong in bad]
        hidden += [({"out.env": "old\n"}, "in.env", "out.env"), given(f"{p}A1_b{s}1\n_{s}2")]
    return [some(rng.randint(2, 4)) for _ in range(6)], [*hidden, *(some(rng.randint(4, 8)) for _ in range(5))]


FAMILY = DraftedFamily(
    name="files.env_files",
    about="names and values with quotes, comments and references read and written in order",
    skills=("file IO", "parsing", "configuration"),
    compositions={
        1: ((), ("prefix",)),
        2: (("word",), ("quotes",), ("inline",), ("expand",)),
        3: (("word", "quotes"), ("quotes", "inline"), ("inline", "expand"), ("expand", "prefix"), ("word", "inline")),
        4: (
            ("word", "quotes", "reject"),
            ("quotes", "expand", "reject"),
            ("inline", "expand", "prefix", "reject"),
            ("word", "inline", "prefix", "reject"),
        ),
        5: (
            ("word", "quotes", "inline", "expand", "prefix", "reject"),
            ("word", "quotes", "inline", "expand", "reject"),
            ("quotes", "inline", "expand", "prefix", "reject"),
        ),
    },
    draw=_draw,
)
