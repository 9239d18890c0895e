"""Text that depends on a task's rules: sentences, and source in which a line says for which rules it is there.

`x = 1  #? limit` stays where the rule `limit` is among a task's rules, `#? !limit` where it is not, `#? limit|peak` for
either and `#? limit peak` for both. A mark on a line of its own holds for the next line and all that is indented
deeper after it. `$name` is replaced by a word.
"""

import random
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from string import Template

_MARK = re.compile(r"\s*#\? (.+)$")


def marked(text: str, rules: Collection[str], **words: object) -> str:
    """The lines of a source that stay, with the words put in.

    Args:
        text: lines with marks, and `$name` for words.
        rules: those of the task, and whatever else was drawn for it.
        words: what stands for each `$name`.
    """
    lines: list[str] = []
    dropped: int | None = None
    head = False
    for line in text.strip("\n").split("\n"):
        indent = len(line) - len(line.lstrip())
        if dropped is not None:
            if head or indent > dropped or not line.strip():
                head = False
                continue
            dropped = None
        mark = _MARK.search(line)
        if mark is None:
            lines.append(line)
        elif not _stays(mark[1], rules):
            if not line[: mark.start()].strip():
                dropped, head = indent, True
        elif line[: mark.start()].strip():
            lines.append(line[: mark.start()])
    kept = re.sub(r"\n{3,}(?= )", "\n\n", "\n".join(lines).strip("\n"))
    return Template(kept).substitute(words) + "\n"


def _stays(mark: str, rules: Collection[str]) -> bool:
    return all(
        any((name.lstrip("!") in rules) is not name.startswith("!") for name in either.split("|"))
        for either in mark.split()
    )


def asked(rng: random.Random, wordings: Mapping[str, Sequence[str]], rules: Iterable[str], **words: object) -> str:
    """What a task asks: one of each rule's sentences, with the words put in for `{name}`."""
    return " ".join(rng.choice(wordings[rule]) for rule in rules).format(**words)
