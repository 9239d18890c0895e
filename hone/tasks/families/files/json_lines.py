"""JSON Lines: choose records, change them, and write them down in one exact form."""

import json
import random
from collections.abc import Mapping
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.files.folder import Files, Raised, file_draft
from hone.tasks.families.files.surface import program, read_text, write_text
from hone.tasks.families.rules import worded
from hone.tasks.families.source import quoted
from hone.tasks.families.splits import Rules

_FIELDS = ("score", "age", "size", "visits", "stock", "weight", "rank", "price", "hours", "level")
_KEYS = ("id", "name", "city", "code", "user", "label")
_DROPPED = ("note", "secret", "token", "draft", "debug", "raw")
_TEXTS = ("north", "Größe", "two words", "a\u2028b", 'the "old" one', "tab\there", "日本", "x/y", "C:\\dir", "", "\x85")
_ASKED = {
    "base": (
        "`source` is a JSON Lines file in UTF-8: each line holds one JSON value; lines end in \\n or \\r\\n, the last "
        "one may lack its end, and lines of nothing but spaces are skipped.",
        "Read the JSON Lines file `source` (UTF-8, one JSON value in a line). A line ends in \\n or \\r\\n, or with "
        "the file. Lines that are empty or hold only spaces count as absent.",
    ),
    "least": (
        "Choose the objects whose integer `{field}` is {least} or more.",
        "Objects with a `{field}` (an integer) of at least {least} are chosen.",
    ),
    "most": (
        "Choose the objects whose integer `{field}` is {least} or less.",
        "Objects with a `{field}` (an integer) of at most {least} are chosen.",
    ),
    "lacking": (
        "An object without `{field}`, or with null for it, counts as one with {default} there, but is written as it "
        "was.",
        "Where `{field}` is missing or null, {default} stands for it in all that is asked, but what is written stays "
        "without it, or null.",
    ),
    "drop": (
        "Leave out the key `{dropped}` of each chosen object, at the top level only.",
        "The key `{dropped}` of a chosen object is not written; inside nested objects it stays.",
    ),
    "unique": (
        "Every object has a string `{key}`: of chosen objects with the same one only the last in the file is written.",
        "Each object has `{key}`, a string. Where several chosen objects share it, all but the last one are left out.",
    ),
    "sort": (
        "Write them by `{field}`, the largest first; those that are equal in it keep their order.",
        "Order what is written by `{field}`, descending; equals stay in the order of the file.",
    ),
    "reject": (
        "If a line is no valid JSON, or holds something other than an object, raise ValueError and leave everything as "
        "it was.",
        "A line that is not valid JSON or whose value is not an object: raise ValueError, and write nothing.",
    ),
    "aside": (
        "Lines that are no valid JSON, or hold something other than an object, go to the file `{aside}` (replaced if "
        "it is there), unchanged but each ended by \\n alone, in their order; without such lines that file is neither "
        "made nor changed.",
    ),
    "end": (
        "At `target` (replaced if it is there) write one object a line, in the order in which they were read unless "
        "another is asked for, as Python's `json.dumps` does with its keys in their order, but without spaces after "
        "commas and colons and with characters beyond ASCII as they are; every line ends in \\n. Return how many lines "
        "`target` has.",
        "Write the chosen objects to `target`, over what may be there: one in a line that ends in \\n, in the file's "
        "order where nothing else is said, in the form of Python's `json.dumps` with keys as they came, but no spaces "
        "around `,` and `:`, and non-ASCII characters not escaped. Return the number of lines written to `target`.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    drawn: dict[str, Any] = {
        "field": rng.choice(_FIELDS),
        "least": rng.randint(2, 30),
        "default": rng.randint(0, 31),
        "key": rng.choice(_KEYS),
        "dropped": rng.choice(_DROPPED),
        "aside": rng.choice(("bad.txt", "rejected.txt", "aside.jsonl", "left_over.txt")),
    }
    field, least, key, dropped = drawn["field"], drawn["least"], drawn["key"], drawn["dropped"]
    name = rng.choice(("select", "filter_lines", "choose", "write_selected"))
    signature = f"{name}(source: str, target: str) -> int"

    def model(files: Files, source: str, target: str) -> tuple[int, Mapping[str, Any]]:
        if source not in files:
            raise Raised("FileNotFoundError")
        text = files[source]
        assert isinstance(text, str)
        chosen: list[tuple[int, dict[str, Any]]] = []
        aside: list[str] = []
        for line in text.split("\n"):
            try:
                record = json.loads(line) if line.strip(" \r") else None
            except ValueError:
                record = line
            if not isinstance(record, dict):
                aside += [line.removesuffix("\r")] if line.strip(" \r") else []
                continue
            number = record.get(field)
            number = drawn["default"] if number is None else number
            if number >= least if "least" in rules else number <= least:
                chosen.append((number, {k: v for k, v in record.items() if "drop" not in rules or k != dropped}))
        if aside and "reject" in rules:
            raise Raised("ValueError")
        if "unique" in rules:
            last = {record[key]: place for place, (_, record) in enumerate(chosen)}
            chosen = [pair for place, pair in enumerate(chosen) if last[pair[1][key]] == place]
        if "sort" in rules:
            chosen.sort(key=lambda pair: -pair[0])
        lines = [json.dumps(record, separators=(",", ":"), ensure_ascii=False) for _, record in chosen]
        after = files | {target: "".join(f"{line}\n" for line in lines)}
        if aside:
            after[drawn["aside"]] = "".join(f"{line}\n" for line in aside)
        return len(lines), after

    used = {"lacking": ("default",), "drop": ("dropped",), "unique": ("key",), "aside": ("aside",)}
    asked = worded(rng, _ASKED, ("base", *rules, "end"), **drawn)
    if "reject" in rules or "aside" in rules:
        asked += " If there is no file `source`, raise FileNotFoundError and write nothing."
    return file_draft(
        parameters=(field, least, *(drawn[one] for rule in rules for one in used.get(rule, ()))),
        signature=signature,
        asked=asked,
        reference=program(signature, _body(rng, rules, drawn)),
        model=model,
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: Mapping[str, Any]) -> list[str]:
    field, key = quoted(drawn["field"]), quoted(drawn["key"])
    lines = [*read_text(rng, "source", "text"), "chosen = []"]
    checked = "reject" in rules or "aside" in rules
    lines += ["bad = []"] if "aside" in rules else []
    lines += ['for line in text.split("\\n"):', "    if not line.strip():", "        continue"]
    if checked:
        wrong = ['bad.append(line.removesuffix("\\r"))', "continue"]
        if "reject" in rules:
            wrong = ['raise ValueError("a line holds no object")']
        lines += ["    try:", "        record = json.loads(line)", "    except ValueError:", "        record = None"]
        lines += ["    if not isinstance(record, dict):", *(f"        {one}" for one in wrong)]
    else:
        lines += ["    record = json.loads(line)"]
    if "lacking" in rules:
        lines += [f"    number = record.get({field})", "    if number is None:", f"        number = {drawn['default']}"]
    else:
        lines += [f"    number = record[{field}]"]
    sign = ">=" if "least" in rules else "<="
    lines += [f"    if number {sign} {drawn['least']}:"]
    if "drop" in rules:
        lines += [f"        record.pop({quoted(drawn['dropped'])}, None)"]
    lines += ["        chosen.append((number, record))"]
    if "unique" in rules:
        lines += rng.choice(
            (
                [
                    "seen = set()",
                    "kept = []",
                    "for number, record in reversed(chosen):",
                    f"    if record[{key}] not in seen:",
                    f"        seen.add(record[{key}])",
                    "        kept.append((number, record))",
                    "chosen = kept[::-1]",
                ],
                [
                    f"last = {{record[{key}]: place for place, (_, record) in enumerate(chosen)}}",
                    f"chosen = [pair for place, pair in enumerate(chosen) if last[pair[1][{key}]] == place]",
                ],
            )
        )
    if "sort" in rules:
        lines += ["chosen.sort(key=lambda pair: -pair[0])"]
    lines += [
        'out = "".join(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\\n" for _, record in chosen)',
        *write_text(rng, "target", "out"),
    ]
    if "aside" in rules:
        lines += ["if bad:", '    rest = "".join(line + "\\n" for line in bad)']
        lines += [f"    {line}" for line in write_text(rng, quoted(drawn["aside"]), "rest")]
    return [*lines, "return len(chosen)"]


def _inputs(rng: random.Random, rules: Rules, drawn: Mapping[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    field, least, key, dropped = drawn["field"], drawn["least"], drawn["key"], drawn["dropped"]

    def given(text: str, there: bool = False) -> Arguments:
        more = {"out.jsonl": "old\n", drawn["aside"]: "old, too\n"} if there else {}
        return {"in.jsonl": text, "notes.txt": "keep me\n", **more}, "in.jsonl", "out.jsonl"

    def record(number: int | None, name: str, **more: Any) -> dict[str, Any]:
        held = {key: name, field: number, dropped: rng.choice(_TEXTS), "more": {dropped: 1, "b": [1, None, True]}}
        names = [key, field, *rng.sample([dropped, "more"], rng.randint(0, 2))]
        return {one: held[one] for one in rng.sample(names, len(names))} | more

    def lines(records: list[Any], end: str = "\n", spaced: bool = False, escaped: bool = False) -> str:
        between = None if spaced else (",", ":")
        return end.join(json.dumps(one, separators=between, ensure_ascii=escaped) for one in records)

    def some(count: int) -> Arguments:
        names = rng.sample(_TEXTS, 3)
        made = []
        for _ in range(count):
            one = record(least + rng.randint(-4, 4), rng.choice(names))
            if "lacking" in rules and rng.random() < 0.4:
                one = one | {field: None} if rng.random() < 0.5 else {k: v for k, v in one.items() if k != field}
            made.append(one)
        end = rng.choice(("\n", "\r\n", "\n\n", "\n  \n"))
        text = lines(made, end, spaced=rng.random() < 0.5, escaped=rng.random() < 0.3)
        if ("reject" in rules and rng.random() < 0.2) or ("aside" in rules and rng.random() < 0.6):
            broken = rng.choice(('{"a": 1', "[1, 2]", '"text"', "nothing", "12", "null"))
            text = rng.choice((f"{broken}{end}{text}", f"{text}{end}{broken}"))
        return given(text + rng.choice(("", end)), rng.random() < 0.4)

    near = [record(least + step, name) for step, name in zip((-1, 0, 1), "abc", strict=True)]
    hidden = [
        given(""),
        given("\n\n  \n", True),
        given(lines(near)),
        given(lines(near, "\r\n") + "\r\n", True),
        given(lines([record(least, text) for text in _TEXTS[:6]], spaced=True) + "\n"),
        given(lines([record(least, text) for text in _TEXTS[5:]], escaped=True) + "\n\n"),
        given(lines([record(least, "a", first={dropped: "ü"}), {key: "b", field: least, dropped: [dropped]}])),
        given(lines([record(least, "x"), record(least, "y"), record(least, "x"), record(least, "y", z=0)])),
        given(lines([record(least + step, f"n{step}") for step in (3, -3, 0, 7, -7, 0, 3)], "\n \n")),
    ]
    if "lacking" in rules:
        hidden += [given(lines([{key: "a"}, {key: "b", field: None}, {key: "c", field: 0}, {key: "d", field: 1000}]))]
    if "unique" in rules:
        hidden += [given(lines([record(least, "x"), record(-1000, "x"), record(1000, "x"), record(least, "X")]))]
    if "reject" in rules or "aside" in rules:
        good = lines([record(least, "a")])
        hidden += [given(f"{good}\n{bad}\r\n{good}", True) for bad in ("{", "[]", "7", "nul", '{"a":1} x')]
        hidden += [given(f" [1] \n{good}"), ({"out.jsonl": "old\n"}, "in.jsonl", "out.jsonl")]
    return [some(rng.randint(2, 4)) for _ in range(6)], [*hidden, *(some(rng.randint(3, 8)) for _ in range(5))]


FAMILY = DraftedFamily(
    name="files.json_lines",
    about="records of a JSON Lines file chosen and written in one exact form",
    skills=("file IO", "JSON", "parsing"),
    compositions={
        1: (("least",), ("most",)),
        2: (("least", "lacking"), ("most", "drop"), ("least", "sort"), ("most", "unique"), ("least", "drop")),
        3: (
            ("least", "lacking", "unique"),
            ("most", "drop", "sort"),
            ("least", "unique", "sort"),
            ("most", "lacking", "sort"),
        ),
        4: (
            ("least", "lacking", "sort", "reject"),
            ("most", "unique", "aside"),
            ("most", "drop", "unique", "reject"),
            ("least", "drop", "sort", "aside"),
        ),
        5: (
            ("least", "lacking", "drop", "unique", "sort", "aside"),
            ("most", "lacking", "drop", "unique", "sort", "reject"),
            ("least", "lacking", "drop", "unique", "sort", "reject"),
        ),
    },
    draw=_draw,
)
