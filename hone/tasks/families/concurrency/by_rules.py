"""Source that depends on a task's rules: a line says for which rules it is there.

`x = 1  #? limit` stays where the rule `limit` is among a task's rules, `#? !limit` where it is not, `#? limit|peak` for
either and `#? limit peak` for both. A mark on a line of its own holds for the next line and all that is indented
deeper after it; with `{` at its end, for all lines up to the `#? }` that belongs to it. `$name` is replaced by a word.
"""

import re
from collections.abc import Collection, Sequence
from string import Template

_MARK = re.compile(r"\s*#\? (.+)$")


def marked(text: str, rules: Collection[str], **words: object) -> str:
    """The lines of a source that stay, with the words put in.

    Args:
        text: lines with marks, and `$name` for words.
        rules: those of the task, and whatever else was drawn for it.
        words: what stands for each `$name`.
    """
    kept = "\n".join(_kept(text.strip("\n").split("\n"), rules)).strip("\n")
    return Template(re.sub(r"\n{3,}(?= )", "\n\n", kept)).substitute(words) + "\n"


def _kept(lines: Sequence[str], rules: Collection[str]) -> list[str]:
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        mark = _MARK.search(line)
        number += 1
        if mark is None:
            kept.append(line)
            continue
        code, condition = line[: mark.start()], mark[1].removesuffix("{")
        if code.strip():
            kept += [code] if _stays(condition, rules) else []
            continue
        end = _end_of_region(lines, number) if mark[1].endswith("{") else _end_of_block(lines, number)
        kept += _kept(lines[number:end], rules) if _stays(condition, rules) else []
        number = end + mark[1].endswith("{")
    return kept


def _end_of_region(lines: Sequence[str], start: int) -> int:
    depth = 1
    for number in range(start, len(lines)):
        mark = lines[number].strip()
        if mark.startswith("#? "):
            depth += mark.endswith("{") - mark.endswith("}")
            if depth == 0:
                return number
    raise ValueError(f"the region that begins after line {start} does not end")


def _end_of_block(lines: Sequence[str], start: int) -> int:
    """The line after the statement at `start`, and after the empty lines that follow it."""
    depth = len(lines[start]) - len(lines[start].lstrip())
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > depth):
        end += 1
    return end


def _stays(condition: str, rules: Collection[str]) -> bool:
    return all(
        any((name.lstrip("!") in rules) is not name.startswith("!") for name in either.split("|"))
        for either in condition.split()
    )
