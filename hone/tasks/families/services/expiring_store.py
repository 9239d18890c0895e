"""A key/value store whose entries expire; the time is given with each call."""

import random

from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.services.machine import ServiceDraft
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "`set` stores a value under a key, in place of an older one. An entry lives for {life} seconds: it is there "
        "while less than {life} seconds have passed since it was set, and then it is gone. `get` returns the value, or "
        "None if there is none. `now` is the time in whole seconds; it never falls from one call to the next.",
    ),
    "touch": ("A `get` that finds an entry renews it: its {life} seconds begin again.",),
    "count": ("`count` returns how many entries are there.",),
    "delete": ("`delete` removes an entry and returns whether it was there (an expired one was not).",),
    "cap": (
        "There are never more than {cap} entries. Setting a new key when {cap} live entries are there first removes "
        "the one that expires first; of those that expire together, the one that was set for the first time the "
        "longest ago (an entry that expired or was deleted and is set again counts as new).",
    ),
    "reject": (
        "`set` raises ValueError if the key is empty, and otherwise TypeError if the value is no int (bool is none).",
    ),
}
_HEADS = {
    "base": (
        "def set(self, key: str, value: int, now: int) -> None: ...",
        "def get(self, key: str, now: int) -> int | None: ...",
    ),
    "count": ("def count(self, now: int) -> int: ...",),
    "delete": ("def delete(self, key: str, now: int) -> bool: ...",),
}


def _draw(rng: random.Random, rules: Rules) -> ServiceDraft:
    life, cap = rng.randint(2, 60), rng.randint(2, 3)
    name = rng.choice(("Store", "Cache", "ExpiringStore"))
    said = [rng.choice(_ASKED[rule]) for rule in rules]
    heads = [head for rule in rules for head in _HEADS.get(rule, ())]
    operations: dict[str, tuple[list[object], ...]] = {
        "set": (
            ["a", "b", "c", "d", *([""] if "reject" in rules else [])],
            [1, 2, 3, *(["x", True] if "reject" in rules else [])],
        ),
        "get": (["a", "b", "c", "d"],),
    }
    if "count" in rules:
        operations["count"] = ()
    if "delete" in rules:
        operations["delete"] = (["a", "b", "c"],)
    return ServiceDraft(
        parameters=(life, *((cap,) if "cap" in rules else ())),
        name=name,
        interface="\n".join([f"class {name}:", *(f"    {head}" for head in heads)]),
        asked=" ".join(said).format(life=life, cap=cap),
        reference=_reference(rng, rules, name, life, cap),
        model=_model(rules, name, life, cap),
        operations=operations,
        timed=frozenset(operations),
        often=("set",) * (len(operations) - 1),
        pauses=(*[0] * 12, 1, life // 2, life - 1, life),
    )


def _reference(rng: random.Random, rules: Rules, name: str, life: int, cap: int) -> str:
    lines = [
        f"class {name}:",
        "    def __init__(self) -> None:",
        "        self.entries: dict[str, tuple[int, int]] = {}",
        "",
    ]
    lines += ["    def _drop_expired(self, now: int) -> None:"]
    lines += rng.choice(
        (
            [
                f"        alive = {{key: entry for key, entry in self.entries.items() if now - entry[1] < {life}}}",
                "        self.entries = alive",
            ],
            [
                "        for key, (_, since) in list(self.entries.items()):",
                f"            if now - since >= {life}:",
                "                del self.entries[key]",
            ],
        )
    )
    lines += ["", "    def set(self, key: str, value: int, now: int) -> None:"]
    if "reject" in rules:
        lines += ["        if not key:", '            raise ValueError("the key is empty")']
        lines += ["        if type(value) is not int:", '            raise TypeError("the value is no int")']
    lines += ["        self._drop_expired(now)"]
    if "cap" in rules:
        lines += [f"        if key not in self.entries and len(self.entries) == {cap}:"]
        lines += ["            del self.entries[min(self.entries, key=lambda name: self.entries[name][1])]"]
    lines += ["        self.entries[key] = (value, now)", "", "    def get(self, key: str, now: int) -> int | None:"]
    lines += ["        self._drop_expired(now)", "        if key not in self.entries:", "            return None"]
    lines += ["        value = self.entries[key][0]"]
    if "touch" in rules:
        lines += ["        self.entries[key] = (value, now)"]
    lines += ["        return value"]
    if "count" in rules:
        lines += [
            "",
            "    def count(self, now: int) -> int:",
            "        self._drop_expired(now)",
            "        return len(self.entries)",
        ]
    if "delete" in rules:
        lines += ["", "    def delete(self, key: str, now: int) -> bool:", "        self._drop_expired(now)"]
        lines += ["        return self.entries.pop(key, None) is not None"]
    return "\n".join(lines) + "\n"


def _model(rules: Rules, name: str, life: int, cap: int) -> str:
    return f"""
class {name}:
    def __init__(self):
        self.rows = []  # [key, value, ends], in the order in which they came

    def live(self, now):
        self.rows = [row for row in self.rows if row[2] > now]
        return self.rows

    def find(self, key, now):
        return next((row for row in self.live(now) if row[0] == key), None)

    def set(self, key, value, now):
        if {"reject" in rules} and key == "":
            raise ValueError
        if {"reject" in rules} and (isinstance(value, bool) or not isinstance(value, int)):
            raise TypeError
        row = self.find(key, now)
        if row is not None:
            row[1:] = [value, now + {life}]
            return
        if {"cap" in rules} and len(self.rows) >= {cap}:
            self.rows.remove(sorted(self.rows, key=lambda row: row[2])[0])
        self.rows.append([key, value, now + {life}])

    def get(self, key, now):
        row = self.find(key, now)
        if row is None:
            return None
        if {"touch" in rules}:
            row[2] = now + {life}
        return row[1]

    def count(self, now):
        return len(self.live(now))

    def delete(self, key, now):
        row = self.find(key, now)
        if row is not None:
            self.rows.remove(row)
        return row is not None
"""


FAMILY = DraftedFamily(
    name="services.expiring_store",
    about="a key/value store whose entries expire",
    skills=("state", "time", "eviction"),
    compositions={
        1: (("base",),),
        2: (("base", "count"), ("base", "delete"), ("base", "touch")),
        3: (("base", "touch", "count"), ("base", "touch", "delete"), ("base", "count", "delete")),
        4: (("base", "cap", "count"), ("base", "touch", "delete", "reject"), ("base", "count", "reject")),
        5: (("base", "touch", "count", "delete", "cap", "reject"), ("base", "count", "delete", "cap", "reject")),
    },
    draw=_draw,
)
