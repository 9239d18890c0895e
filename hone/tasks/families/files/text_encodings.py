"""Encodings: text read in one and written in another; marks, line ends and characters that do not fit."""

import random
import re
from collections.abc import Mapping
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.files.folder import Files, Raised, file_draft
from hone.tasks.families.files.surface import program
from hone.tasks.families.rules import worded
from hone.tasks.families.source import quoted
from hone.tasks.families.splits import Rules

_WIDE = ("utf-8", "utf-16-le", "utf-16-be")
_NARROW = ("latin-1", "cp1252", "koi8-r", "iso8859-7", "cp437", "iso8859-2")
_STRICT = (*_WIDE, "ascii")
"""Encodings in which some bytes mean nothing."""
_MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
_LETTERS = "aéößΩжñł→日😀\u2028\x85\x0b"
_BAD = {"utf-8": b"\xff", "ascii": b"\xe9", "utf-16-le": b"\x00\xdca\x00", "utf-16-be": b"\xdc\x00\x00a"}
_ASKED = {
    "base": (
        "`source` is a text file in {old}. Write its text in {new} at `target`, which is replaced if it is there.",
        "Read the text in the file `source`, which is {old}, and write it to `target` as {new}, over what may be "
        "there.",
    ),
    "detect": (
        "But if `source` begins with the bytes EF BB BF it is UTF-8, with FF FE it is little-endian UTF-16, and with "
        "FE FF big-endian UTF-16; these bytes are no part of the text.",
        "A byte order mark at its beginning says otherwise: EF BB BF means UTF-8, FF FE UTF-16 little-endian, FE FF "
        "UTF-16 big-endian. The mark itself is dropped.",
    ),
    "tabs": (
        "Each tab becomes {wide} spaces.",
        "Put {wide} spaces in place of every tab.",
    ),
    "trim": (
        "Spaces and tabs directly before a \\n, a \\r or the end of the text are removed.",
        "Remove the spaces and tabs that stand right before \\r, \\n or the end of the text.",
    ),
    "newlines": (
        "Every line end (\\r\\n, or \\r or \\n alone) is written as {end!r}.",
        "Line ends, which are \\r\\n, a lone \\r or a lone \\n, all become {end!r}.",
    ),
    "same": (
        "Line ends stay as they are: no \\r is dropped or added.",
        "Nothing else about the text changes, the line ends (\\n, \\r\\n or \\r) least of all.",
    ),
    "final": (
        "If the text that this leaves is not empty and does not end in \\n, {end!r} is added.",
        "What is left after that gets {end!r} at its end, unless it is empty or ends in \\n.",
    ),
    "replace": (
        "Each character that {new} does not have is written as {mark!r}.",
        "Put {mark!r} in place of every character that cannot be written in {new}.",
    ),
    "sign": (
        "`target` begins with the byte order mark of {new}, even if the text is empty.",
        "Write the byte order mark of {new} first, also where no text follows.",
    ),
    "bare": (
        "No byte order mark is written.",
        "`target` gets no byte order mark.",
    ),
    "reject": (
        "If `source` is no valid text in its encoding, or {new} lacks one of its characters and nothing is said about "
        "that, raise ValueError (UnicodeError is one) and leave everything as it was. If there is no file `source`, "
        "raise FileNotFoundError and write nothing.",
        "Raise ValueError (a UnicodeError will do) where the bytes cannot be decoded, or a character cannot be encoded "
        "and no replacement is named; and FileNotFoundError where `source` is missing. Either way nothing is written.",
    ),
    "result": (
        "Return the number of bytes that are written.",
        "The answer is the size of `target` in bytes.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    olds = _STRICT if "reject" in rules else (*_WIDE, *_NARROW)
    news = _NARROW if "replace" in rules else _WIDE if "sign" in rules else (*_WIDE, *_NARROW)
    old = rng.choice(olds)
    new = rng.choice([one for one in news if one != old])
    drawn: dict[str, Any] = {
        "old": old,
        "new": new,
        "end": rng.choice(("\n", "\r\n")) if "newlines" in rules else "\n",
        "wide": rng.randint(1, 8),
        "mark": rng.choice("?_#*~+"),
    }
    name = rng.choice(("convert", "recode", "rewrite_text", "transcode"))
    signature = f"{name}(source: str, target: str) -> int"

    def model(files: Files, source: str, target: str) -> tuple[int, Mapping[str, Any]]:
        if source not in files:
            raise Raised("FileNotFoundError")
        content = files[source]
        data = content.encode() if isinstance(content, str) else bytes(content)  # ty: ignore[invalid-argument-type]
        found = [one for one, mark in _MARKS.items() if "detect" in rules and data.startswith(mark)]
        if found:
            data = data[len(_MARKS[found[0]]) :]
        try:
            text = data.decode(found[0] if found else old)
        except UnicodeDecodeError:
            raise Raised("ValueError") from None
        out = _changed(text, rules, drawn)
        if "replace" in rules:
            out = "".join(letter if _fits(letter, new) else drawn["mark"] for letter in out)
        if not _fits(out, new):
            raise Raised("ValueError")
        written = (_MARKS[new] if "sign" in rules else b"") + out.encode(new)
        return len(written), files | {target: written}

    told = ("base", *rules[: -1 if "reject" in rules else None])
    told = (
        *told,
        *(() if "sign" in rules else ("bare",)),
        *(() if "newlines" in rules else ("same",)),
        *(("reject",) if "reject" in rules else ()),
        "result",
    )
    used = {"tabs": ("wide",), "newlines": ("end",), "replace": ("mark",)}
    return file_draft(
        parameters=(old, new, *(drawn[held] for rule in rules for held in used.get(rule, ()))),
        signature=signature,
        asked=worded(rng, _ASKED, told, **drawn),
        reference=program(signature, _body(rng, rules, drawn)),
        model=model,
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _changed(text: str, rules: Rules, drawn: Mapping[str, Any]) -> str:
    """The text as it is written, character by character."""
    out = ""
    for at, letter in enumerate(text):
        if letter in "\r\n" and "newlines" in rules:
            if letter == "\n" or text[at + 1 : at + 2] != "\n":
                out = _trimmed(out, rules) + drawn["end"]
        elif letter in "\r\n":
            out = _trimmed(out, rules) + letter
        else:
            out += " " * drawn["wide"] if letter == "\t" and "tabs" in rules else letter
    out = _trimmed(out, rules)
    return out + drawn["end"] if "final" in rules and out and not out.endswith("\n") else out


def _trimmed(text: str, rules: Rules) -> str:
    return text.rstrip(" \t") if "trim" in rules else text


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _body(rng: random.Random, rules: Rules, drawn: Mapping[str, Any]) -> list[str]:
    old, new = quoted(drawn["old"]), quoted(drawn["new"])
    end = quoted(drawn["end"])
    lines = rng.choice(
        (
            ['with open(source, "rb") as file:', "    data = file.read()"],
            ["data = Path(source).read_bytes()"],
        )
    )
    if "detect" in rules:
        lines += ["marks = {", *(f'    "{one}": {mark!r},' for one, mark in _MARKS.items()), "}"]
        lines += [f"encoding = {old}", "for name, mark in marks.items():", "    if data.startswith(mark):"]
        lines += ["        encoding, data = name, data[len(mark) :]", "        break", "text = data.decode(encoding)"]
    else:
        lines += [f"text = data.decode({old})"]
    if "tabs" in rules:
        lines += [f'text = text.replace("\\t", " " * {drawn["wide"]})']
    if "trim" in rules:
        lines += rng.choice(
            (
                ['text = re.sub(r"[ \\t]+(?=[\\r\\n]|\\Z)", "", text)'],
                ['text = re.sub(r"[ \\t]+([\\r\\n]|\\Z)", r"\\1", text)'],
            )
        )
    if "newlines" in rules:
        lines += ['text = text.replace("\\r\\n", "\\n").replace("\\r", "\\n")']
        if drawn["end"] != "\n":
            lines += [f'text = text.replace("\\n", {end})']
    if "final" in rules:
        lines += ['if text and not text.endswith("\\n"):', f"    text += {end}"]
    if "replace" in rules:
        lines += [
            'kept = ""',
            "for letter in text:",
            "    try:",
            f"        letter.encode({new})",
            "        kept += letter",
        ]
        lines += ["    except UnicodeEncodeError:", f"        kept += {quoted(drawn['mark'])}", "text = kept"]
    mark = f"{_MARKS[drawn['new']]!r} + " if "sign" in rules else ""
    lines += [f"out = {mark}text.encode({new})"]
    lines += rng.choice(
        (
            ['with open(target, "wb") as file:', "    file.write(out)", "return len(out)"],
            ["return Path(target).write_bytes(out)"],
        )
    )
    return lines


def _inputs(rng: random.Random, rules: Rules, drawn: Mapping[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    old, new = drawn["old"], drawn["new"]
    free = "replace" in rules or "reject" in rules

    def letters(encoding: str) -> str:
        return "".join(one for one in _LETTERS if _fits(one, encoding) and (free or _fits(one, new)))

    def given(data: bytes) -> Arguments:
        there = {"out.txt": "old\r\n"} if rng.random() < 0.4 else {}
        return {"in.txt": data, "notes.txt": b"keep\r\nme", **there}, "in.txt", "out.txt"

    def text(sample: str, encoding: str = old, mark: bytes = b"") -> Arguments:
        pool = letters(encoding)
        fitted = "".join(pool[ord(one) % len(pool)] if one.isalpha() else one for one in sample)
        return given(mark + fitted.encode(encoding))

    def some(size: int) -> Arguments:
        encoding, mark = old, b""
        if "detect" in rules and rng.random() < 0.6:
            encoding, mark = rng.choice(list(_MARKS.items()))
        sample = "".join(
            rng.choice(("\n", "\r\n", "\r", "\t", " ", "  ", ", ")) if rng.random() < 0.4 else rng.choice("abcdefghij")
            for _ in range(size)
        )
        sample = re.sub(r"\r[ \t]+\n", "\r\n", sample)  # is that one line end or two, once what is between is gone?
        if "reject" in rules and rng.random() < 0.2 and encoding in _BAD:
            return given(mark + _BAD[encoding] * 2)
        return text(sample, encoding, mark)

    everything = letters(old)
    hidden = [
        given(b""),
        given("x".encode(old)),
        given(everything.encode(old)),
        given("".join(f"{one}\r\n" for one in everything).encode(old)),
        text("a\nb\r\nc\rd\r\r\ne\n\r"),
        text("\ta\t\n b \r\n\t\r  c \t"),
        text("abc\n\n"),
        text("no end"),
        text("ab\r"),
        text(" \t "),
        text("\r\n"),
        text("a  \t\n\n \n\tb\t c\t"),
    ]
    if "detect" in rules:
        hidden += [text("abcdefgh\r\n", one, mark) for one, mark in _MARKS.items()]
        hidden += [given(mark) for mark in _MARKS.values()]
        hidden += [text("ab", "utf-8", b"\xef\xbb\xbf" * 2 if free and new in _WIDE else b"\xef\xbb\xbf")]
    if "reject" in rules:
        a = "a".encode(old)
        hidden += [given(a + _BAD[old]), given(a + _BAD[old] + a), ({"out.txt": "old"}, "in.txt", "out.txt")]
        hidden += [given("ж→日😀".encode(old))] if old != "ascii" else []
        if "detect" in rules:
            hidden += [given(_MARKS[one] + _BAD[one] + "a".encode(one)) for one in _MARKS]
    return [some(rng.randint(4, 9)) for _ in range(6)], [*hidden, *(some(rng.randint(8, 20)) for _ in range(5))]


FAMILY = DraftedFamily(
    name="files.text_encodings",
    about="text read in one encoding and written in another",
    skills=("file IO", "encodings", "strings"),
    compositions={
        1: ((), ("newlines",)),
        2: (("detect",), ("sign",), ("trim",), ("replace",), ("tabs", "newlines")),
        3: (
            ("detect", "newlines"),
            ("trim", "final"),
            ("newlines", "final"),
            ("detect", "tabs", "sign"),
            ("newlines", "replace"),
        ),
        4: (
            ("detect", "newlines", "final", "reject"),
            ("tabs", "trim", "sign", "reject"),
            ("newlines", "replace", "reject"),
            ("trim", "newlines", "final", "reject"),
        ),
        5: (
            ("detect", "tabs", "trim", "newlines", "final", "sign", "reject"),
            ("detect", "trim", "newlines", "final", "replace", "reject"),
            ("detect", "tabs", "newlines", "final", "replace", "reject"),
        ),
    },
    draw=_draw,
)
