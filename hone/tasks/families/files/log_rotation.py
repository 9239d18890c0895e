"""Logs: append lines to a file, and keep so many old files beside it."""

import random
from collections.abc import Mapping
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.files.folder import HARD_LINK, Files, Raised, file_draft
from hone.tasks.families.files.surface import program
from hone.tasks.families.rules import worded
from hone.tasks.families.splits import Rules

_LEVELS = (
    ("debug", "info", "warning", "error"),
    ("low", "middle", "high", "top"),
    ("trace", "note", "alert", "panic"),
    ("fine", "plain", "loud", "shrill"),
)
_ASKED = {
    "one": (
        "Append `message` and \\n, in UTF-8, to the file `path`, which is made if it is not there.",
        "`message` becomes a line at the end of the file `path` (UTF-8, ended by \\n; a file that is missing is made).",
    ),
    "many": (
        "Append each of `messages`, one after another, with \\n after it and in UTF-8, to the file `path`, which is "
        "made when it is needed and not there. What is said below holds for each of them in turn.",
        "Each of `messages` in turn becomes a line at the end of the file `path` (UTF-8, ended by \\n; a file that is "
        "missing is made); all that follows is done for each anew.",
    ),
    "level": (
        "`level` is one of {levels}, from the least to the greatest; for any other raise ValueError and change "
        "nothing. Below `{threshold}`, whatever the message, nothing is written or changed and 0 is returned. A line "
        "is the level, a space and the message.",
        "Levels are, ascending, {levels}; another `level` raises ValueError and changes nothing, and one below "
        "`{threshold}` writes and changes nothing and returns 0, even for a message that is not allowed. Each line "
        "begins with the level and a space.",
    ),
    "escape": (
        "In a message, a backslash is written as two backslashes, and a newline as a backslash and the letter n, so "
        "that it stays one line.",
        "Messages are escaped to fit on one line: \\ is written \\\\ and a newline is written as the two characters "
        "\\n.",
    ),
    "empty": (
        "If a message is empty, raise ValueError before anything is changed.",
        "An empty message raises ValueError, and then nothing at all is written.",
    ),
    "mend": (
        "If the file is not empty and its last line lacks the \\n (its writer was stopped), that is added first, "
        "before the size is looked at.",
        "A file that has something in it but no \\n at its end is given one before its size is looked at.",
    ),
    "bytes": (
        "If the file is not empty and would have more than {limit} bytes with the new line, it is rotated first, and "
        "the line begins a new file.",
        "Should the new line make a file that is not empty larger than {limit} bytes, rotate before it is written.",
    ),
    "lines": (
        "If the file has {count} lines or more already, it is rotated first, and the new line begins a new file.",
        "A file that has {count} or more lines is rotated before the new line is written, which then stands alone.",
    ),
    "shift": (
        "To rotate is this: `path`.{keep} is removed, if it is there; every `path`.N that is there, N from {below} "
        "down to 1, is renamed to `path`.(N+1), so gaps move on, too; and `path` is renamed to `path`.1.",
        "Rotation: drop `path`.{keep} if it exists, rename each `path`.N that exists to `path`.(N+1), for N = {below} "
        "down to 1, whether or not there are gaps, then rename `path` to `path`.1.",
    ),
    "gap": (
        "To rotate is this: find the smallest number F from 1 to {keep} for which there is no `path`.F; if there is "
        "none, `path`.{keep} is removed and F is {keep}. Then `path`.N is renamed to `path`.(N+1) for N = F-1 down to "
        "1, and `path` to `path`.1. Files beyond F are not touched.",
        "Rotation moves no more than it must: with F the first of 1, …, {keep} such that `path`.F does not exist (or "
        "{keep}, whose file is then removed), rename `path`.N to `path`.(N+1) for N = F-1 down to 1, then `path` to "
        "`path`.1, and leave the files beyond F as they are.",
    ),
    "linked": (
        "The file is appended to in place and old ones are renamed, never copied: another hard link to it shows the "
        "same, and goes with the old file when that is renamed.",
        "Never copy or write a file anew: it may have another hard link, which has to show what is appended, and after "
        "a rotation what the old file holds.",
    ),
    "folder": (
        "Folders above `path` that are missing are made, if there is something to write.",
        "Where folders that lead to `path` are missing, make them, but only when a line is written.",
    ),
    "end": (
        "Files with other names stay as they are. Return how often the file was rotated.",
        "The answer is the number of rotations. No other file is touched.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    levels = rng.choice(_LEVELS)
    keep = rng.randint(2, 4)
    drawn: dict[str, Any] = {
        "limit": rng.randint(20, 70),
        "count": rng.randint(2, 5),
        "keep": keep,
        "below": keep - 1,
        "levels": ", ".join(f'"{level}"' for level in levels),
        "threshold": rng.choice(levels[1:3]),
        "names": levels,
    }
    name = rng.choice(("log", "append", "write_log", "record"))
    many = "many" in rules
    given = "level: str, " * ("level" in rules) + ("messages: list[str]" if many else "message: str")
    signature = f"{name}(path: str, {given}) -> int"

    def model(files: Files, path: str, *more: Any) -> tuple[int, Mapping[str, Any]]:
        messages = more[-1] if many else [more[-1]]
        if "level" in rules:
            if more[0] not in levels:
                raise Raised("ValueError")
            if levels.index(more[0]) < levels.index(drawn["threshold"]):
                return 0, files
            head = f"{more[0]} "
        else:
            head = ""
        if "empty" in rules and "" in messages:
            raise Raised("ValueError")
        after: dict[str, Any] = dict(files)
        rotations = 0
        linked = "same.log" in files
        for message in messages:
            text = message.replace("\\", "\\\\").replace("\n", "\\n") if "escape" in rules else message
            line = f"{head}{text}\n"
            held = after.get(path, "")
            if held and not held.endswith("\n"):
                held += "\n"
            size = len(held.encode()) + len(line.encode())
            full = size > drawn["limit"] if "bytes" in rules else held.count("\n") >= drawn["count"]
            if held and full:
                after[path] = held
                _rotate(after, path, keep, "gap" in rules)
                after["same.log"], linked, held = (held if linked else after.get("same.log")), False, ""
                rotations += 1
            after[path] = held + line
            if linked:
                after["same.log"] = after[path]
        return rotations, {place: content for place, content in after.items() if content is not None}

    size = drawn["limit"] if "bytes" in rules else drawn["count"]
    return file_draft(
        parameters=(keep, size, *((levels, drawn["threshold"]) if "level" in rules else ())),
        signature=signature,
        asked=worded(rng, _ASKED, (*rules, "end"), **drawn),
        reference=program(signature, _body(rng, rules, drawn)),
        model=model,
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _rotate(files: dict[str, Any], path: str, keep: int, gap: bool) -> None:
    there = [number for number in range(1, keep + 1) if f"{path}.{number}" in files]
    free = min(set(range(1, keep + 1)) - set(there), default=keep) if gap else keep
    files.pop(f"{path}.{keep}" if free == keep else "", None)
    moved = {f"{path}.{number + 1}": files.pop(f"{path}.{number}") for number in there if number < free}
    files |= moved | {f"{path}.1": files.pop(path)}


def _body(rng: random.Random, rules: Rules, drawn: Mapping[str, Any]) -> list[str]:
    keep, many = drawn["keep"], "many" in rules
    lines = []
    if "level" in rules:
        lines += [f"levels = {list(drawn['names'])!r}".replace("'", '"')]
        lines += ["if level not in levels:", '    raise ValueError("no such level")']
        lines += [f'if levels.index(level) < levels.index("{drawn["threshold"]}"):', "    return 0"]
    if "empty" in rules:
        lines += ['if "" in messages:' if many else 'if message == "":', '    raise ValueError("a message is empty")']
    text = "message"
    if "escape" in rules:
        text = 'message.replace("\\\\", "\\\\\\\\").replace("\\n", "\\\\n")'
    each = [f'line = {"level + " if "level" in rules else ""}{text} + "\\n"']
    each = [each[0].replace("level + ", 'level + " " + ')]
    if "folder" in rules:
        each += ['os.makedirs(os.path.dirname(path) or ".", exist_ok=True)']
    held = (
        [
            'held = ""',
            "if os.path.exists(path):",
            '    with open(path, encoding="utf-8") as file:',
            "        held = file.read()",
        ],
        ["try:", '    held = Path(path).read_bytes().decode("utf-8")', "except FileNotFoundError:", '    held = ""'],
    )
    each += rng.choice(held)
    if "mend" in rules:
        each += ['if held and not held.endswith("\\n"):', '    with open(path, "a") as file:']
        each += ['        file.write("\\n")', '    held += "\\n"']
    size = f'len((held + line).encode("utf-8")) > {drawn["limit"]}'
    if "bytes" in rules:
        each += [f"if held and {size}:" if rng.random() < 0.5 else f'if held != "" and {size}:']
    else:
        each += [f'if held.count("\\n") >= {drawn["count"]}:']
    if "gap" in rules:
        each += ["    free = 1", f'    while free < {keep} and os.path.exists(path + "." + str(free)):']
        each += ["        free += 1", "    for number in range(free - 1, 0, -1):"]
        each += ['        os.replace(f"{path}.{number}", f"{path}.{number + 1}")']
    else:
        each += [f'    if os.path.exists(path + ".{keep}"):', f'        os.remove(path + ".{keep}")']
        each += [f"    for number in range({keep - 1}, 0, -1):", '        if os.path.exists(f"{path}.{number}"):']
        each += ['            os.rename(f"{path}.{number}", f"{path}.{number + 1}")']
    each += ['    os.replace(path, path + ".1")', "    rotations += 1"]
    each += ['with open(path, "a", encoding="utf-8", newline="") as file:', "    file.write(line)"]
    lines += ["rotations = 0"]
    lines += ["for message in messages:", *(f"    {one}" for one in each)] if many else each
    return [*lines, "return rotations"]


def _inputs(rng: random.Random, rules: Rules, drawn: Mapping[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    limit, keep, count = drawn["limit"], drawn["keep"], drawn["count"]
    by_bytes, many, levels = "bytes" in rules, "many" in rules, drawn["names"]
    loud = levels[levels.index(drawn["threshold"]) :]
    words = ["start", "größer", "done\\now", "日本", "x", "a b", "tail "]
    words += ["two\nlines", "\\n"] if "escape" in rules else []

    def given(files: Mapping[str, Any], *messages: str, level: str = "", path: str = "app.log") -> Arguments:
        shown = (list(messages),) if many else messages[:1]
        held = {"other.log": "keep\n", f"app.log.{keep + 1}": "beyond\n", "app.log.bak": "old\n"}
        before = (level or rng.choice(loud),) if "level" in rules else ()
        return {**held, **files}, path, *before, *shown

    def old(numbers: list[int], text: str = "") -> dict[str, Any]:
        files = {f"app.log.{number}": f"old {number}\n" for number in numbers}
        return files | ({"app.log": text} if text else {})

    def filled(size: int) -> str:
        """Text of so many bytes, or so many lines."""
        return "é" + "x" * (size - 3) + "\n" if by_bytes else "é\n" * size

    head = len(f"{loud[0]} ") if "level" in rules else 0
    full = limit - 4 - head if by_bytes else count - 1
    linked = {"same.log": (HARD_LINK, "app.log")} if "linked" in rules else {}
    numbers = list(range(1, keep + 1))

    def some() -> Arguments:
        there = sorted(rng.sample(numbers, rng.randint(0, keep)))
        files = old(there, filled(rng.randint(4, limit + 2) if by_bytes else rng.randint(1, count + 1)))
        if "mend" in rules and rng.random() < 0.4:
            files["app.log"] = files["app.log"].removesuffix("\n")
        if rng.random() < 0.2:
            del files["app.log"]
        elif rng.random() < 0.6:
            files |= linked
        said = [rng.choice(words) for _ in range(rng.randint(1, 4))]
        if "empty" in rules and rng.random() < 0.2:
            said[-1 if many else 0] = ""
        return given(files, *said, level=rng.choice(levels) if rng.random() < 0.3 else "")

    hidden = [
        given({}, "first"),
        given(old(numbers), "größer", "x"),
        given({"app.log": ""}, "y" * (limit + 5)),
        given(old([1, keep], filled(full)), "exa", level=loud[0]),
        given(old([1, keep], filled(full + 1)), "exa", level=loud[0]),
        given(old(numbers, filled(full + 1)) | linked, "exa", "and more", "and more", level=loud[0]),
        given(old([], filled(limit if by_bytes else count)) | linked, "x"),
        given(old([2], filled(limit if by_bytes else count + 2)), "y"),
        given(old(numbers[1:], filled(limit if by_bytes else count)), "z"),
        given(old(numbers[:-1], filled(limit if by_bytes else count)), "日本" * 9, "日本" * 9),
        given(old([1], "one\n") | linked, "ü"),
        given(old([]), *(rng.choice(words) for _ in range(9))),
    ]
    if "mend" in rules:
        hidden += [given(old([1], "cut"), "a"), given(old([], filled(full)[:-1]), "exa", level=loud[0])]
        hidden += [given(old([], filled(full + 1)[:-1]) | linked, "exa", level=loud[0])]
        hidden += [given(old([], filled(full + 2)[:-1]), "exa", level=loud[0])]
    if "escape" in rules:
        hidden += [given(old([1], "a\n"), "a\nb\\", "\n"), given(old([1], filled(full)), "a\n", level=loud[0])]
        hidden += [given({}, "\\n", "\n\n")]
    if "level" in rules:
        hidden += [given(old([1], "a\n"), "b", level=level) for level in (*levels, "none")]
        hidden += [given({"app.log": "cut"}, "b", level=levels[0]), given({}, "b", level="")]
        hidden += [given({}, "b", level=levels[0], path="new/app.log")] if "folder" in rules else []
    if "empty" in rules:
        hidden += [given(old([1], filled(limit if by_bytes else count)), ""), given({}, "a", "", "b"), given({}, "")]
    if many:
        hidden += [given(old([1], "cut" if "mend" in rules else "a\n"))]
    if "folder" in rules:
        hidden += [given({}, "a", path="new/deep/app.log"), given({}, "a", path="logs/app.log")]
        hidden += [given({"logs/app.log": filled(limit if by_bytes else count)}, "a", path="logs/app.log")]
        hidden += [given({}, path="new/app.log")] if many else []
    return [some() for _ in range(6)], [*hidden, *(some() for _ in range(5))]


FAMILY = DraftedFamily(
    name="files.log_rotation",
    about="lines appended to a log that is rotated, with so many old files kept",
    skills=("file IO", "state", "paths"),
    compositions={
        1: (("one", "bytes", "shift"), ("one", "lines", "shift")),
        2: (
            ("one", "escape", "bytes", "shift"),
            ("one", "lines", "gap"),
            ("one", "mend", "bytes", "shift"),
            ("many", "lines", "shift"),
        ),
        3: (
            ("many", "bytes", "gap", "linked"),
            ("one", "level", "mend", "lines", "shift"),
            ("many", "escape", "mend", "bytes", "shift"),
            ("one", "mend", "lines", "shift", "linked"),
        ),
        4: (
            ("many", "level", "empty", "bytes", "shift", "linked"),
            ("many", "escape", "empty", "lines", "gap", "folder"),
            ("one", "level", "escape", "mend", "bytes", "gap"),
            ("many", "level", "mend", "lines", "shift", "folder"),
        ),
        5: (
            ("many", "level", "escape", "empty", "mend", "bytes", "gap", "linked", "folder"),
            ("many", "level", "escape", "empty", "mend", "lines", "shift", "linked", "folder"),
            ("many", "level", "escape", "empty", "mend", "bytes", "shift", "linked", "folder"),
        ),
    },
    draw=_draw,
)
