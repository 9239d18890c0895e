"""A cache of limited size that lets go of what was not used for the longest time."""

import random
from typing import Any

from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.services.machine import ServiceDraft
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "`Cache(capacity)` holds at most `capacity` entries. `put` stores a value under a key, in place of an "
        "older one. "
        "`get` returns the value of a key, or {missing} if it is not there. When `put` brings a new key to a "
        "full cache, "
        "the entry that was used the longest ago is removed first. An entry is used when `put` stores it and "
        "when `get` "
        "finds it.",
    ),
    "peek": ("`peek` returns what `get` would, and does not count as use.",),
    "keys": ("`keys` returns the list of all keys, the one used last first; that is no use of them.",),
    "evicted": ("`put` returns the key that it removed, and None if it removed none.",),
    "pin": (
        "`pin` marks a key that is there and returns True; if it is not there it returns False. A pinned entry "
        "is never "
        "removed for another; if all entries are pinned, `put` of a new key raises RuntimeError and changes nothing. "
        "Pinning is no use, and a pinned entry stays pinned when `put` stores its key again.",
    ),
    "reject": ("`Cache(capacity)` raises ValueError if `capacity` is below 1.",),
}


def _draw(rng: random.Random, rules: Rules) -> ServiceDraft:
    missing = rng.randint(-99, -1)
    heads = ["def __init__(self, capacity: int) -> None: ..."]
    put = "str | None" if "evicted" in rules else "None"
    heads += [f"def put(self, key: str, value: int) -> {put}: ...", "def get(self, key: str) -> int: ..."]
    keys = ["a", "b", "c", "d", "e"]
    operations: dict[str, tuple[list[Any], ...]] = {"put": (keys, [1, 2, 3, 4]), "get": (keys,)}
    if "peek" in rules:
        heads += ["def peek(self, key: str) -> int: ..."]
        operations["peek"] = (keys,)
    if "keys" in rules:
        heads += ["def keys(self) -> list[str]: ..."]
        operations["keys"] = ()
    if "pin" in rules:
        heads += ["def pin(self, key: str) -> bool: ..."]
        operations["pin"] = (keys,)
    said = [rng.choice(_ASKED[rule]) for rule in rules]
    extra = "    Cache(0) raises ValueError." if "reject" in rules else ""
    return ServiceDraft(
        parameters=(missing,),
        name="Cache",
        interface="\n".join(["class Cache:", *(f"    {head}" for head in heads)]),
        asked=" ".join(said).format(missing=missing) + extra.replace("    ", " "),
        reference=_reference(rng, rules, missing),
        model=_model(rules, missing),
        operations=operations,
        given=([1, 2, 3, 3],),
        often=("put", "put", "get"),
        more_tests=_REFUSES if "reject" in rules else "",
    )


_REFUSES = """

def test_impossible_capacities():
    for capacity in (0, -1, -7):
        try:
            solution.Cache(capacity)
        except ValueError:
            continue
        raise AssertionError("ValueError was expected")
    assert solution.Cache(1).put("a", 1) is None
"""


def _reference(rng: random.Random, rules: Rules, missing: int) -> str:
    lines = ["class Cache:", "    def __init__(self, capacity: int) -> None:"]
    if "reject" in rules:
        lines += ["        if capacity < 1:", '            raise ValueError("a cache needs room")']
    lines += ["        self.capacity = capacity", "        self.entries: dict[str, int] = {}"]
    if "pin" in rules:
        lines += ["        self.pinned: set[str] = set()"]
    lines += ["", f"    def put(self, key: str, value: int) -> {'str | None' if 'evicted' in rules else 'None'}:"]
    lines += ["        removed = None"] if "evicted" in rules else []
    lines += ["        if key in self.entries:", "            del self.entries[key]"]
    lines += ["        elif len(self.entries) == self.capacity:"]
    if "pin" in rules:
        lines += ["            free = [name for name in self.entries if name not in self.pinned]"]
        lines += ["            if not free:", '                raise RuntimeError("every entry is pinned")']
        victim = "free[0]"
    else:
        victim = rng.choice(("next(iter(self.entries))", "min(self.entries, key=list(self.entries).index)"))
    if "evicted" in rules:
        lines += [f"            removed = {victim}", "            del self.entries[removed]"]
    else:
        lines += [f"            del self.entries[{victim}]"]
    lines += ["        self.entries[key] = value", *(["        return removed"] if "evicted" in rules else [])]
    lines += ["", "    def get(self, key: str) -> int:", "        if key not in self.entries:"]
    lines += [f"            return {missing}"]
    lines += ["        value = self.entries.pop(key)", "        self.entries[key] = value", "        return value"]
    if "peek" in rules:
        lines += ["", "    def peek(self, key: str) -> int:", f"        return self.entries.get(key, {missing})"]
    if "keys" in rules:
        lines += ["", "    def keys(self) -> list[str]:"]
        lines += rng.choice(
            (["        return list(self.entries)[::-1]"], ["        return list(reversed(self.entries))"])
        )
    if "pin" in rules:
        lines += ["", "    def pin(self, key: str) -> bool:", "        if key not in self.entries:"]
        lines += ["            return False", "        self.pinned.add(key)", "        return True"]
    return "\n".join(lines) + "\n"


def _model(rules: Rules, missing: int) -> str:
    return f"""
class Cache:
    def __init__(self, capacity):
        self.room, self.rows, self.fixed = capacity, [], []  # rows: [key, value], the one used last first

    def row(self, key):
        return next((row for row in self.rows if row[0] == key), None)

    def front(self, row):
        self.rows.remove(row)
        self.rows.insert(0, row)

    def put(self, key, value):
        gone = None
        row = self.row(key)
        if row is None:
            if len(self.rows) >= self.room:
                loose = [row for row in self.rows if row[0] not in self.fixed]
                if not loose:
                    raise RuntimeError
                self.rows.remove(loose[-1])
                gone = loose[-1][0]
            row = [key, value]
            self.rows.append(row)
        row[1] = value
        self.front(row)
        return gone if {"evicted" in rules} else None

    def get(self, key):
        row = self.row(key)
        if row is None:
            return {missing}
        self.front(row)
        return row[1]

    def peek(self, key):
        row = self.row(key)
        return {missing} if row is None else row[1]

    def keys(self):
        return [row[0] for row in self.rows]

    def pin(self, key):
        if self.row(key) is None:
            return False
        self.fixed.append(key)
        return True
"""


FAMILY = DraftedFamily(
    name="services.lru_cache",
    about="a cache that removes what was not used for the longest time",
    skills=("state", "eviction", "ordering"),
    compositions={
        1: (("base",),),
        2: (("base", "peek"), ("base", "keys"), ("base", "evicted")),
        3: (("base", "peek", "keys"), ("base", "peek", "evicted"), ("base", "keys", "evicted")),
        4: (("base", "keys", "evicted", "reject"), ("base", "pin", "keys"), ("base", "peek", "evicted", "reject")),
        5: (("base", "peek", "keys", "evicted", "pin", "reject"), ("base", "keys", "evicted", "pin", "reject")),
    },
    draw=_draw,
)
