"""A line of text that is edited, and whose edits can be undone and done again."""

import random
from typing import Any

from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.services.machine import ServiceDraft
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "The buffer starts empty. `insert` puts text in front of the character at `at` (the end of the text is "
        "a place, "
        "too); `at` beyond the end means the end. `text` returns the whole text. `undo` takes back the last "
        "insertion or "
        "deletion that is not undone yet and returns True; with nothing to undo it returns False.",
    ),
    "delete": (
        "`delete` removes up to `count` characters from `at` on and returns those that were there. One that removes "
        "nothing is no edit: it cannot be undone.",
    ),
    "redo": (
        "`redo` does again what `undo` took back last and returns True; with nothing to redo it returns False. "
        "Every new "
        "edit forgets what could be redone.",
    ),
    "limit": ("Only the last {limit} edits can be undone; older ones are kept for good.",),
    "reject": (
        "`insert` raises IndexError if `at` is negative, and otherwise ValueError if `text` has more than {most} "
        "characters.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> ServiceDraft:
    limit, most = rng.randint(2, 5), rng.randint(3, 6)
    stamp = rng.choice("*+#~^|%&@!?:;_=<>$-./")
    name = rng.choice(("Buffer", "Editor", "Line"))
    heads = [
        "def insert(self, at: int, text: str) -> None: ...",
        "def text(self) -> str: ...",
        "def undo(self) -> bool: ...",
    ]
    long = ["x" * most, "y" * (most + 1)] if "reject" in rules else []
    operations: dict[str, tuple[list[Any], ...]] = {
        "insert": ([0, 1, 2, 3, 9, *([-1] if "reject" in rules else [])], ["a", "bc", "d", "Größe"[:3], *long]),
        "text": (),
        "undo": (),
    }
    if "delete" in rules:
        heads += ["def delete(self, at: int, count: int) -> str: ..."]
        operations["delete"] = ([0, 1, 2, 5], [1, 2, 9])
    if "redo" in rules:
        heads += ["def redo(self) -> bool: ..."]
        operations["redo"] = ()
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules).format(limit=limit, most=most)
    said += f" In the result of `text` every space is shown as {stamp!r}."
    operations["insert"][1].append(" ")
    return ServiceDraft(
        parameters=(stamp, *((limit,) if "limit" in rules else ()), *((most,) if "reject" in rules else ())),
        name=name,
        interface="\n".join([f"class {name}:", *(f"    {head}" for head in heads)]),
        asked=said,
        reference=_reference(rng, rules, name, stamp, limit, most),
        model=_model(rules, name, stamp, limit, most),
        operations=operations,
        often=("insert", "insert", "text", "undo", *(("undo", "redo") if "redo" in rules else ())),
        more_tests=_LIMIT_TEST.format(name=name, limit=limit) if "limit" in rules else "",
    )


_LIMIT_TEST = """

def test_as_many_edits_as_can_be_undone_and_no_more():
    for edits in range({limit} - 1, {limit} + 3):
        service = solution.{name}()
        for number in range(edits):
            service.insert(0, str(number))
        undone = 0
        while service.undo():
            undone += 1
            assert len(service.text()) == edits - undone
        assert undone == min(edits, {limit})
"""


def _reference(rng: random.Random, rules: Rules, name: str, stamp: str, limit: int, most: int) -> str:
    redo = "redo" in rules
    lines = [
        f"class {name}:",
        "    def __init__(self) -> None:",
        '        self.held = ""',
        "        self.done: list[str] = []",
    ]
    lines += ["        self.undone: list[str] = []"] if redo else []
    lines += [
        "",
        "    def _change(self, text: str) -> None:",
        "        self.done.append(self.held)",
        "        self.held = text",
    ]
    lines += ["        self.undone.clear()"] if redo else []
    if "limit" in rules:
        lines += rng.choice(
            (
                [f"        del self.done[:-{limit}]"],
                [f"        if len(self.done) > {limit}:", "            self.done.pop(0)"],
            )
        )
    lines += ["", "    def insert(self, at: int, text: str) -> None:"]
    if "reject" in rules:
        lines += ["        if at < 0:", '            raise IndexError("there is no such place")']
        lines += [f"        if len(text) > {most}:", '            raise ValueError("the text is too long")']
    lines += ["        self._change(self.held[:at] + text + self.held[at:])"]
    if "delete" in rules:
        lines += [
            "",
            "    def delete(self, at: int, count: int) -> str:",
            "        removed = self.held[at : at + count]",
        ]
        lines += ["        if removed:", "            self._change(self.held[:at] + self.held[at + count :])"]
        lines += ["        return removed"]
    lines += ["", "    def text(self) -> str:", f'        return self.held.replace(" ", "{stamp}")']
    lines += ["", "    def undo(self) -> bool:", "        if not self.done:", "            return False"]
    lines += ["        self.undone.append(self.held)"] if redo else []
    lines += ["        self.held = self.done.pop()", "        return True"]
    if redo:
        lines += ["", "    def redo(self) -> bool:", "        if not self.undone:", "            return False"]
        lines += ["        self.done.append(self.held)", "        self.held = self.undone.pop()", "        return True"]
    return "\n".join(lines) + "\n"


def _model(rules: Rules, name: str, stamp: str, limit: int, most: int) -> str:
    return f"""
class {name}:
    def __init__(self):
        self.states, self.at, self.oldest = [""], 0, 0

    def edit(self, text):
        self.states[self.at + 1:] = [text]
        self.at += 1
        if {"limit" in rules}:
            self.oldest = max(self.oldest, self.at - {limit})

    def insert(self, at, text):
        if {"reject" in rules} and at < 0:
            raise IndexError
        if {"reject" in rules} and len(text) > {most}:
            raise ValueError
        old = list(self.states[self.at])
        old[at:at] = text
        self.edit("".join(old))

    def delete(self, at, count):
        old = self.states[self.at]
        gone = "".join(c for i, c in enumerate(old) if at <= i < at + count)
        if gone:
            self.edit("".join(c for i, c in enumerate(old) if not at <= i < at + count))
        return gone

    def text(self):
        return "".join({stamp!r} if c == " " else c for c in self.states[self.at])

    def undo(self):
        if self.at == self.oldest:
            return False
        self.at -= 1
        return True

    def redo(self):
        if self.at == len(self.states) - 1:
            return False
        self.at += 1
        return True
"""


FAMILY = DraftedFamily(
    name="services.undo_buffer",
    about="a text buffer with undo and redo",
    skills=("state", "history", "strings"),
    compositions={
        1: (("base",),),
        2: (("base", "delete"), ("base", "redo"), ("base", "limit")),
        3: (("base", "delete", "redo"), ("base", "delete", "limit"), ("base", "limit", "reject")),
        4: (("base", "redo", "reject"), ("base", "delete", "redo", "reject"), ("base", "delete", "limit", "reject")),
        5: (("base", "delete", "redo", "limit", "reject"), ("base", "redo", "limit", "reject")),
    },
    draw=_draw,
)
