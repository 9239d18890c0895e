"""INI files: change one setting, and leave every other byte of the file as it is."""

import random
from collections.abc import Mapping
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.files.folder import Files, Raised, file_draft
from hone.tasks.families.files.surface import program
from hone.tasks.families.rules import worded
from hone.tasks.families.source import quoted
from hone.tasks.families.splits import Rules

_COMMENTS = ("#", ";", "//", "--", "%", "!", "**")
_SIGNS = ("=", ":", "->", ":=", "=>", "|")
_ASKED = {
    "base": (
        "`path` is a settings file in UTF-8. Its lines end in \\n; the last one may lack it. Without the spaces and "
        "tabs around it, a line is one of these: nothing at all; a comment, which begins with {comment!r}; [name], "
        "which begins the section of that name; or a key, {sign!r} and a value, with or without spaces and tabs around "
        "the {sign!r}. A value may hold anything, a second {sign!r} and {comment!r}, too. Lines before the first "
        "[name] are in no section.",
        "The file `path` (UTF-8, lines that end in \\n, which the last one may lack) holds settings. Spaces and tabs "
        "around a line mean nothing. A line may be empty, begin with {comment!r} (a comment), be [name] (from there on "
        "that section goes), or be a key, then {sign!r}, then a value: the first {sign!r} divides them, spaces and "
        "tabs around it mean nothing, and {comment!r} has no meaning within a value. What comes before the first "
        "[name] is in no section.",
    ),
    "set": (
        "Give `key` in `section` the `value`: the line that has it becomes the key, a space, {sign!r}, a space and the "
        "value, without anything before or after, and keeps its \\n or the lack of it. If the section has no such key, "
        "that line is put in directly after the section's [name]; if there is no such section, a line [name] and that "
        "line are put at the end of the file. Lines that are put in end in \\n, and a line that lacks its \\n gets it "
        "where one is put in after it.",
        "Set `key` in `section` to `value`. Where the section has the key, its line is replaced by: the key, a space, "
        "{sign!r}, a space, the value; its line end (or lack of one) stays. Where it has not, such a line is inserted "
        "right below the section's [name]. Where the section is missing, [name] and such a line are appended to the "
        "file. Inserted and appended lines end in \\n, which is also added to a line before them that lacks it.",
    ),
    "crlf": (
        "Here lines end in \\r\\n or in \\n, even in one file: a replaced line keeps its own end, and whenever a line "
        "end is to be added it is that of the file's first line, or \\n if that has none.",
        "Line ends may also be \\r\\n. A line that is replaced keeps the one it has; one that is added is like the one "
        "of the file's first line, and \\n where there is none to go by.",
    ),
    "nocase": (
        "Names of sections and keys are the same if they differ in upper and lower case only; a key that is replaced "
        "stays written as it is in the file.",
        "Compare sections and keys without regard to case, and leave a key that is there spelled as it is.",
    ),
    "delete": (
        "If `value` is None, the whole line of the key is removed instead, with its line end; where there is none, "
        "nothing changes.",
        "A `value` of None means to take the key's line out, line end and all, or to do nothing if there is none.",
    ),
    "quote": (
        "A value that is empty, or begins or ends with a space, is written in double quotes; and a value in the file "
        "that begins and ends with a double quote (two of them) is returned without those.",
        "Write an empty value, and one with a space at its beginning or end, between double quotes. When an old value "
        "stands between two double quotes, leave them out of what is returned.",
    ),
    "last": (
        "A section may be there several times, and is then one section; a key may, too, and the last of its lines in "
        "that section is the one that counts, while the others stay. A new line goes after the first [name].",
        "Where [name] occurs more than once, all of its parts are the section, and a new line goes into the first "
        "part; where the section has the key more than once, only the last such line counts and is changed.",
    ),
    "strict": (
        "If any line of the file is none of these, or `section` begins twice, or has the key twice, raise ValueError "
        "and change nothing.",
        "Raise ValueError, and leave the file as it is, when a line is of no such kind, when [name] of `section` "
        "occurs twice, or when the section has `key` twice.",
    ),
    "absent": (
        "If there is no file `path`, raise FileNotFoundError, and make none.",
        "A file that does not exist is not made: raise FileNotFoundError.",
    ),
    "missing": (
        "If there is no file `path`, it counts as an empty one, and is made when there is something to write.",
        "Treat a missing file as an empty one; it comes into being when a line is to be written.",
    ),
    "end": (
        "All other lines stay exactly as they are. Return the value that counted before, as text without the spaces "
        "and tabs around it, or None if there was none.",
        "Change nothing else. The answer is the old value (without spaces and tabs around it), None where there was "
        "none.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    drawn = {"comment": rng.choice(_COMMENTS), "sign": rng.choice(_SIGNS)}
    comment, sign = drawn["comment"], drawn["sign"]
    name = rng.choice(("set_value", "change_setting", "configure", "put"))
    kind = "str | None" if "delete" in rules else "str"
    signature = f"{name}(path: str, section: str, key: str, value: {kind}) -> str | None"

    def model(files: Files, path: str, section: str, key: str, value: str | None) -> tuple[Any, Mapping[str, Any]]:
        if path not in files and "absent" in rules:
            raise Raised("FileNotFoundError")
        text = files.get(path, "")
        assert isinstance(text, str)
        lines = text.split("\n")
        lines = [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])

        def same(one: str, other: str) -> bool:
            return one.lower() == other.lower() if "nocase" in rules else one == other

        now: str | None = None
        heads, places = [], []
        for at, line in enumerate(lines):
            held = line.strip(" \t\r\n")
            if held.startswith("[") and held.endswith("]"):
                now = held[1:-1]
                heads += [at] if same(now, section) else []
            elif held and not held.startswith(comment):
                if sign not in held and "strict" in rules:
                    raise Raised("ValueError")
                if now is not None and same(now, section) and same(held.split(sign)[0].strip(" \t"), key):
                    places.append(at)
        if "strict" in rules and (len(heads) > 1 or len(places) > 1):
            raise Raised("ValueError")
        end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
        old, before = None, lines
        bare = value is None or (value != "" and value == value.strip(" "))
        shown = value if bare or "quote" not in rules else f'"{value}"'
        if places:
            whole = lines[places[-1]]
            body = whole.rstrip("\r\n")
            was, _, old = body.partition(sign)
            old = old.strip(" \t")
            if "quote" in rules and len(old) > 1 and old[0] == old[-1] == '"':
                old = old[1:-1]
            new = f"{was.strip() if 'nocase' in rules else key} {sign} {shown}{whole[len(body) :]}"
            lines = [*lines[: places[-1]], *([] if value is None else [new]), *lines[places[-1] + 1 :]]
        elif value is not None:
            added = [f"{key} {sign} {shown}{end}"]
            added = added if heads else [f"[{section}]{end}", *added]
            at = heads[0] + 1 if heads else len(lines)
            first = [line if line.endswith("\n") else line + end for line in lines[:at]]
            lines = [*first, *added, *lines[at:]]
        return old, files if lines is before else files | {path: "".join(lines)}

    return file_draft(
        parameters=(comment, sign),
        signature=signature,
        asked=worded(rng, _ASKED, ("base", "set", *rules, "end"), **drawn),
        reference=program(signature, _body(rng, rules, comment, sign)),
        model=model,
        inputs=lambda rng: _inputs(rng, rules, comment, sign),
    )


def _body(rng: random.Random, rules: Rules, comment: str, sign: str) -> list[str]:
    lower = ".lower()" if "nocase" in rules else ""
    reading = ['with open(path, encoding="utf-8", newline="\\n") as file:', "    lines = file.readlines()"]
    if "missing" in rules:
        reading = ["lines = []", "if os.path.exists(path):", *(f"    {line}" for line in reading)]
    lines = [*reading, "header = at = old = None", "inside = False", "for number, line in enumerate(lines):"]
    lines += [
        "    bare = line.strip()",
        f'    if bare == "" or bare.startswith({quoted(comment)}):',
        "        continue",
    ]
    lines += ['    if bare.startswith("[") and bare.endswith("]"):']
    lines += [f"        inside = bare[1:-1]{lower} == section{lower}"]
    if "strict" in rules:
        lines += [
            "        if inside and header is not None:",
            '            raise ValueError("the section is there twice")',
        ]
    first = " and header is None" if "last" in rules else ""
    lines += [f"        if inside{first}:", "            header = number", "        continue"]
    lines += [f"    name, divided, text = bare.partition({quoted(sign)})"]
    if "strict" in rules:
        lines += ["    if not divided:", '        raise ValueError("a line is no setting")']
    lines += [f"    if inside and name.strip(){lower} == key{lower}:"]
    if "strict" in rules:
        lines += ["        if at is not None:", '            raise ValueError("the key is there twice")']
    lines += ["        at, old = number, text.strip()"]
    if "nocase" in rules:
        lines += ["        spelled = name.strip()"]
    if "quote" in rules:
        lines += ["if old is not None and len(old) >= 2 and old[0] == '\"' and old[-1] == '\"':", "    old = old[1:-1]"]
    shown = "value"
    if "quote" in rules:
        some = "value is not None and " if "delete" in rules else ""
        lines += [
            "shown = value",
            f'if {some}(value == "" or value[0] == " " or value[-1] == " "):'
            if some
            else 'if value == "" or value[0] == " " or value[-1] == " ":',
            "    shown = f'\"{value}\"'",
        ]
        shown = "shown"
    end = '"\\n"'
    if "crlf" in rules:
        lines += ['end = "\\r\\n" if lines and lines[0].endswith("\\r\\n") else "\\n"']
        end = "end"
    entry = rng.choice((f'key + " {sign} " + {shown}', f'f"{{key}} {sign} {{{shown}}}"'))
    if "delete" in rules:
        lines += [
            "if value is None:",
            "    if at is None:",
            "        return None",
            "    del lines[at]",
            "elif at is not None:",
        ]
    else:
        lines += ["if at is not None:"]
    if "nocase" in rules:
        lines += ["    key = spelled"]
    lines += ['    kept = lines[at][len(lines[at].rstrip("\\r\\n")) :]', f"    lines[at] = {entry} + kept"]
    lines += [
        "elif header is not None:",
        '    if not lines[header].endswith("\\n"):',
        f"        lines[header] += {end}",
    ]
    lines += [f"    lines.insert(header + 1, {entry} + {end})", "else:"]
    lines += ['    if lines and not lines[-1].endswith("\\n"):', f"        lines[-1] += {end}"]
    lines += rng.choice(
        (
            [f'    lines.append("[" + section + "]" + {end})', f"    lines.append({entry} + {end})"],
            [f'    lines += [f"[{{section}}]" + {end}, {entry} + {end}]'],
        )
    )
    lines += ['with open(path, "w", encoding="utf-8", newline="") as file:']
    return [*lines, rng.choice(("    file.writelines(lines)", '    file.write("".join(lines))')), "return old"]


def _inputs(rng: random.Random, rules: Rules, comment: str, sign: str) -> tuple[list[Arguments], list[Arguments]]:
    c, s = comment, sign
    values: list[Any] = ["new", "größer", f"a {s} b", "two words", f"{c}x", "7"]
    values += [None] * 3 if "delete" in rules else []
    values += ["", " x", "y ", " "] if "quote" in rules else []

    def given(text: str, section: str, key: str, value: Any = "new") -> Arguments:
        return {"app.ini": text, "other.ini": f"[main]\nname {s} other\n"}, "app.ini", section, key, value

    def ended(text: str) -> str:
        """The text, at times with other line ends."""
        if "crlf" not in rules:
            return text
        *lines, last = text.split("\n")
        return "".join(line + rng.choice(("\r\n", "\n")) for line in lines) + last

    def some() -> Arguments:
        sections = rng.sample(["main", "net", "größe", "a b"], rng.randint(1, 3))
        if "last" in rules and rng.random() < 0.5:
            sections.append(sections[0])
        out = rng.choice(("", f"{c} first\n", f"name {s} outside\n\n"))
        for section in sections:
            out += rng.choice((f"[{section}]\n", f"  [{section}]\n"))
            keys = rng.sample(["name", "port", "path", "größe"], rng.randint(0, 3))
            if ("last" in rules or "strict" in rules) and keys and rng.random() < 0.4:
                keys.append(keys[0])
            for key in keys:
                held = rng.choice(("1", "old", "a b", f"x {s} y", "", '"q"' if "quote" in rules else "q"))
                out += rng.choice((f"{key}{s}{held}\n", f"  {key}  {s} {held}  \n", f"\t{key} {s}\t{held}\n"))
            out += rng.choice(("", "\n", f"{c} {rng.choice(keys or ['x'])} {s} 5\n", f"  {c}\n"))
        if "strict" in rules and rng.random() < 0.2:
            out += "nothing\n"
        section, key = rng.choice(["main", "net", sections[0]]), rng.choice(("name", "port", "größe"))
        if "nocase" in rules and rng.random() < 0.5:
            section, key = section.upper() if section.isascii() else section, key.title() if key.isascii() else key
        text = ended(out)
        return given(text.rstrip("\r\n") if rng.random() < 0.3 else text, section, key, rng.choice(values))

    mixed = (
        f"{c} head\nport {s} 0\n\n[main]\n  {c} port {s} 1\n\tport\t{s} 2  \nname{s}x {s} y {c} z\n\n"
        f"[net]\nport {s} 3\nxport {s} 4\n"
    )
    hidden = [
        given("", "main", "name"),
        given(f"{c} only", "main", "name", "größer"),
        given(mixed, "main", "port"),
        given(mixed, "net", "port", f"{c} {s} {s}"),
        given(mixed, "main", "name"),
        given(mixed, "net", "name", "two words"),
        given(mixed, "more", "port"),
        given(mixed.rstrip("\n"), "net", "xport"),
        given(mixed.rstrip("\n"), "more", "xport"),
        given(mixed + f"[end]\n{c} here", "end", "port"),
        given(mixed + "[end]", "end", "port"),
        given(f"[a]\ny {s} 1\nx {s} b\u2028y {s} 9\n[ab]\nx {s}\n", "a", "y"),
        given(f"[a]\ny {s} b\x0c[b]\nx {s} 1\n[ab]\nx {s}\n", "ab", "x"),
        given(f"[b]\n[a]\nxy {s} 1\n\n", "a", "x"),
    ]
    if "crlf" in rules:
        both = mixed.replace("\n", "\r\n")
        hidden += [given(both, "main", "port"), given(both, "main", "more"), given(both.rstrip("\r\n"), "x", "y")]
        hidden += [given(f"[a]\r\nb {s} 1\n[c]\nd {s} 2\n", "a", "b"), given(f"[a]\nb {s} 1\r\n[c]\r\n", "c", "b")]
        hidden += [given("[a]\r\n[c]\n", "c", "x"), given("[a]", "a", "x")]
    if "nocase" in rules:
        hidden += [given(mixed, "MAIN", "Port"), given(mixed, "Net", "NAME"), given("[A]\nB" + f"{s}1\n", "a", "b")]
    if "delete" in rules:
        hidden += [given(mixed, *pair, None) for pair in (("main", "port"), ("net", "name"), ("none", "x"))]
        hidden += [given(mixed.rstrip("\n"), "net", "xport", None), given("", "main", "x", None)]
    if "quote" in rules:
        held = f'[a]\nb {s} "x y"\nc {s} "\nd {s} ""\ne {s} "f\ng {s} h"\n'
        hidden += [
            given(held, "a", key, value) for key, value in zip("bcdeg", ("", " ", "a b", " a", "a "), strict=True)
        ]
    if "last" in rules:
        twice = f"[a]\nx {s} 1\nx {s} 2\n[b]\nx {s} 3\n[a]\ny {s} 4\n"
        hidden += [given(twice, "a", key) for key in "xyz"] + [given(twice + f"x {s} 5", "a", "x")]
    if "strict" in rules:
        hidden += [given(f"[a]\nx {s} 1\n{more}", "a", "x") for more in ("[b]\nodd\n", f"x {s} 1\n", "[a]\n", "[b\n")]
        hidden += [given(f"odd\n[a]\nx {s} 1\n", "a", "x"), given(f"[b]\nx {s} 1\nx {s} 2\n[b]\n[a]\n", "a", "x")]
        hidden += [given(f"x {s} 1\nx {s} 2\n[a]\nx {s} 1\n[b]\nx {s} 2\n", "a", "x")]
    if "absent" in rules or "missing" in rules:
        hidden += [({"other.ini": f"[a]\nx {s} 1\n"}, "app.ini", "a", "x", "ü")]
        hidden += [({}, "app.ini", "a", "x", None)] if "delete" in rules else []
    return [some() for _ in range(8)], [*hidden, *(some() for _ in range(6))]


FAMILY = DraftedFamily(
    name="files.ini_settings",
    about="one setting of an INI file changed, and every other byte left as it is",
    skills=("file IO", "parsing", "configuration"),
    compositions={
        1: ((), ("missing",)),
        2: (("crlf",), ("nocase",), ("delete",), ("quote",), ("last",)),
        3: (("crlf", "delete"), ("nocase", "last"), ("delete", "quote"), ("crlf", "nocase", "missing")),
        4: (
            ("nocase", "strict", "absent"),
            ("crlf", "delete", "strict", "absent"),
            ("quote", "last", "missing"),
            ("crlf", "nocase", "quote", "absent"),
        ),
        5: (
            ("crlf", "nocase", "delete", "quote", "strict", "absent"),
            ("crlf", "nocase", "delete", "quote", "last", "missing"),
            ("crlf", "nocase", "delete", "quote", "last", "absent"),
        ),
    },
    draw=_draw,
)
