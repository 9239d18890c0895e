"""A key/value store that numbers its changes: compare-and-set, the past, and going back to it."""

import random
from typing import Any

from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.services.machine import ServiceDraft
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "Every change of the store makes a new version, numbered one after another; the empty store is version "
        "{start}, so the first change makes version {first}. `put` sets the value of a key, which is a change also "
        "where the value stays the same, and returns the number of the version that it makes. `get` returns the value "
        "of a key, or None if there is none. `version` returns the number of the newest version.",
        "The store counts its changes. `version` returns the number of its newest version: {start} while it is empty "
        "and new, and one more after every change. `put` gives a key a value and returns the new number; it is a "
        "change even if the key had that value. `get` returns what a key has, and None where it has nothing.",
    ),
    "swap": (
        "`swap` is `put`, but only if the key's value was set in the version `expected`; then it returns the number of "
        "the new version. Otherwise it returns None and changes nothing. For a key without a value, `expected` must be "
        "{start}.",
    ),
    "delete": (
        "`delete` takes away the value of a key, which is a change, and returns True; if the key has no value it "
        "returns False and changes nothing.",
    ),
    "past": (
        "`get_at` returns the value that a key had in a version, or None if it had none; it raises {error} if there is "
        "no such version: below {start}, or above the newest.",
    ),
    "restore": (
        "`restore` makes all keys what they were in a version and returns the number of the new version; that is one "
        "change, also if nothing differs. {swapped}It raises {error}, and changes nothing, if there is no such "
        "version: below {start}, or above the newest.",
    ),
    "keep": (
        "Only the newest {keep} versions are kept, the present one among them: an older one counts as one that there "
        "is not.{untouched}",
    ),
    "changed": (
        "`changed` returns, in alphabetical order, the keys of which the value (or that there is none) in the newest "
        "version differs from that in a version; it raises {error} if there is no such version: below {start}, or "
        "above the newest.",
    ),
}
_HEADS = {
    "base": (
        "def put(self, key: str, value: int) -> int: ...",
        "def get(self, key: str) -> int | None: ...",
        "def version(self) -> int: ...",
    ),
    "swap": ("def swap(self, key: str, value: int, expected: int) -> int | None: ...",),
    "delete": ("def delete(self, key: str) -> bool: ...",),
    "past": ("def get_at(self, key: str, version: int) -> int | None: ...",),
    "restore": ("def restore(self, version: int) -> int: ...",),
    "changed": ("def changed(self, version: int) -> list[str]: ...",),
    "keep": (),
}


def _draw(rng: random.Random, rules: Rules) -> ServiceDraft:
    start, keep = rng.choice((0, 1, *range(10, 60))), rng.randint(2, 5)
    error = rng.choice(("KeyError", "ValueError", "IndexError"))
    name = rng.choice(("Store", "VersionedStore", "History"))
    keys, values = ["a", "b", "c"], [1, 2, 3]
    versions = [start + number for number in (-1, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 10, 12)]
    operations: dict[str, tuple[list[Any], ...]] = {"put": (keys, values), "get": (keys,), "version": ()}
    if "swap" in rules:
        operations["swap"] = (keys, values, [start, start, *versions[2:]])
    if "delete" in rules:
        operations["delete"] = (keys,)
    if "past" in rules:
        operations["get_at"] = (keys, versions)
    operations |= {rule: (versions,) for rule in ("restore", "changed") if rule in rules}
    swapped = untouched = ""
    if "swap" in rules:
        untouched = " `swap` compares numbers only, and does not ask whether the version is kept."
        swapped = "Every key that has a value afterwards counts as set in the new version. "
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules)
    return ServiceDraft(
        parameters=(start, *((keep,) if "keep" in rules else ()), *((error,) if "{error}" in said else ())),
        name=name,
        interface="\n".join([f"class {name}:", *(f"    {head}" for rule in rules for head in _HEADS[rule])]),
        asked=said.format(start=start, first=start + 1, keep=keep, error=error, swapped=swapped, untouched=untouched),
        reference=_reference(rng, rules, name, start, keep, error),
        model=_model(rules, name, start, keep, error),
        operations=operations,
        often=tuple(verb for verb in ("put", "put", "get", "swap", "swap", "get_at", "changed") if verb in operations),
        more_tests=_tests(rules, name, start, keep),
    )


def _tests(rules: Rules, name: str, start: int, keep: int) -> str:
    """The newest and the oldest version that there are; a swap that hits."""
    tests = ""
    if "past" in rules:
        oldest = f"max({start}, {start} + count - {keep} + 1)" if "keep" in rules else f"{start}"
        tests += f"""

def test_the_first_and_the_last_version():
    for count in range({keep} + 3):
        service = solution.{name}()
        for number in range(count):
            assert service.put("k", number) == {start} + number + 1
        for version in range({start} - 2, {start} + count + 3):
            if {oldest} <= version <= {start} + count:
                expected = None if version == {start} else version - {start} - 1
                assert service.get_at("k", version) == expected
            else:
                try:
                    service.get_at("k", version)
                except (LookupError, ValueError):
                    continue
                raise AssertionError("there is no such version")
"""
    if "swap" in rules:
        tests += f"""

def test_swaps_that_come_in_time_and_too_late():
    service = solution.{name}()
    assert service.swap("k", 1, {start} + 1) is None
    assert service.swap("k", 1, {start}) == {start} + 1
    assert service.swap("k", 2, {start}) is None
    assert service.put("other", 5) == {start} + 2
    assert service.swap("k", 3, {start} + 2) is None
    assert service.swap("k", 3, {start} + 1) == {start} + 3
    assert service.get("k") == 3
"""
    return tests


def _reference(rng: random.Random, rules: Rules, name: str, start: int, keep: int, error: str) -> str:
    swap = "swap" in rules
    looks_back = {"past", "restore", "changed"} & set(rules)
    lines = [f"class {name}:", "    def __init__(self) -> None:", "        self.values: dict[str, int] = {}"]
    lines += [f"        self.newest = {start}"]
    lines += ["        self.set_in: dict[str, int] = {}"] if swap else []
    lines += [f"        self.states: dict[int, dict[str, int]] = {{{start}: {{}}}}"] if looks_back else []
    lines += ["", "    def version(self) -> int:", "        return self.newest"]
    lines += ["", "    def get(self, key: str) -> int | None:", "        return self.values.get(key)"]
    lines += ["", "    def _changed(self) -> int:", "        self.newest += 1"]
    if looks_back:
        lines += [f"        self.states[self.newest] = {rng.choice(('dict(self.values)', 'self.values.copy()'))}"]
        lines += [f"        self.states.pop(self.newest - {keep}, None)"] if "keep" in rules else []
    lines += ["        return self.newest", "", "    def put(self, key: str, value: int) -> int:"]
    lines += ["        self.values[key] = value"]
    lines += ["        self.set_in[key] = self.newest + 1"] if swap else []
    lines += ["        return self._changed()"]
    if swap:
        lines += ["", "    def swap(self, key: str, value: int, expected: int) -> int | None:"]
        lines += [f"        if self.set_in.get(key, {start}) != expected:", "            return None"]
        lines += ["        return self.put(key, value)"]
    if "delete" in rules:
        lines += ["", "    def delete(self, key: str) -> bool:", "        if key not in self.values:"]
        lines += ["            return False", "        del self.values[key]"]
        lines += ["        del self.set_in[key]"] if swap else []
        lines += ["        self._changed()", "        return True"]
    if looks_back:
        lines += ["", "    def _state(self, version: int) -> dict[str, int]:", "        if version not in self.states:"]
        lines += [f'            raise {error}("there is no such version")', "        return self.states[version]"]
    if "past" in rules:
        lines += ["", "    def get_at(self, key: str, version: int) -> int | None:"]
        lines += ["        return self._state(version).get(key)"]
    if "restore" in rules:
        lines += ["", "    def restore(self, version: int) -> int:", "        self.values = dict(self._state(version))"]
        lines += ["        self.set_in = dict.fromkeys(self.values, self.newest + 1)"] if swap else []
        lines += ["        return self._changed()"]
    if "changed" in rules:
        lines += ["", "    def changed(self, version: int) -> list[str]:", "        before = self._state(version)"]
        lines += rng.choice(
            (
                [
                    "        keys = {*before, *self.values}",
                    "        return sorted(key for key in keys if before.get(key) != self.values.get(key))",
                ],
                [
                    "        return sorted({key for key, _ in before.items() ^ self.values.items()})",
                ],
            )
        )
    return "\n".join(lines) + "\n"


def _model(rules: Rules, name: str, start: int, keep: int, error: str) -> str:
    return f"""
class {name}:
    def __init__(self):
        self.log = [()]  # for each version all (key, value, set in), in order of the keys

    def version(self):
        return {start} + len(self.log) - 1

    def rows(self, version):
        index = version - {start}
        oldest = max(0, len(self.log) - {keep}) if {"keep" in rules} else 0
        if index < oldest or index >= len(self.log):
            raise {error}
        return self.log[index]

    def add(self, rows):
        self.log.append(tuple(sorted(rows)))
        return self.version()

    def find(self, key, rows):
        return next((row for row in rows if row[0] == key), (key, None, {start}))

    def others(self, key):
        return [row for row in self.log[-1] if row[0] != key]

    def get(self, key):
        return self.find(key, self.log[-1])[1]

    def put(self, key, value):
        return self.add([*self.others(key), (key, value, self.version() + 1)])

    def swap(self, key, value, expected):
        return self.put(key, value) if self.find(key, self.log[-1])[2] == expected else None

    def delete(self, key):
        if self.get(key) is None:
            return False
        self.add(self.others(key))
        return True

    def get_at(self, key, version):
        return self.find(key, self.rows(version))[1]

    def restore(self, version):
        return self.add([(key, value, self.version() + 1) for key, value, _ in self.rows(version)])

    def changed(self, version):
        then, now = self.rows(version), self.log[-1]
        keys = {{row[0] for row in (*then, *now)}}
        return [key for key in sorted(keys) if self.find(key, then)[1] != self.find(key, now)[1]]
"""


FAMILY = DraftedFamily(
    name="services.versioned_store",
    about="a key/value store that numbers its changes and knows its past",
    skills=("state", "history", "optimistic concurrency"),
    compositions={
        1: (("base",),),
        2: (("base", "delete"), ("base", "swap"), ("base", "past")),
        3: (
            ("base", "swap", "delete"),
            ("base", "past", "delete"),
            ("base", "past", "keep"),
            ("base", "changed", "delete"),
        ),
        4: (
            ("base", "past", "restore", "delete"),
            ("base", "swap", "past", "keep"),
            ("base", "swap", "restore", "delete"),
            ("base", "past", "changed", "keep"),
        ),
        5: (
            ("base", "swap", "delete", "past", "restore", "changed", "keep"),
            ("base", "swap", "delete", "past", "restore", "keep"),
            ("base", "swap", "delete", "restore", "changed", "keep"),
        ),
    },
    draw=_draw,
)
