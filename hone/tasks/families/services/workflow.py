"""Things that go from state to state by stated moves, with guards, limits and a history."""

import itertools
import random
from typing import Any

from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.services.machine import ServiceDraft
from hone.tasks.families.splits import Rules

_STATES = (
    ("new", "paid", "shipped", "delivered"),
    ("open", "active", "review", "closed"),
    ("draft", "checked", "approved", "published"),
    ("queued", "running", "tested", "released"),
    ("todo", "doing", "waiting", "done"),
)
_CHAIN = ((0, 1), (1, 2), (2, 3))
_MORE = ((1, 0), (2, 1), (2, 0), (0, 2), (1, 3), (3, 0), (3, 1))

_ASKED = {
    "base": (
        "`create` brings a new item into the state {first!r}; it raises ValueError if the item exists. The moves that "
        "are allowed are {moves}. `move` takes an item to another state and returns the state that it left; it raises "
        "ValueError, and changes nothing, if that move is not allowed (one to a state not named here never is). "
        "`state` returns an item's state. Every method but `create` that takes an item raises KeyError if it does not "
        "exist.",
        "Items are created in the state {first!r}; `create` of an item that is there raises ValueError. From then on "
        "`move` brings an item to a state and returns the one it came from. Allowed are {moves}; any other move, also "
        "one to a state of another name, raises ValueError and changes nothing. `state` tells where an item is. An "
        "item that is not there raises KeyError in every method that takes one, `create` aside.",
    ),
    "history": (
        "`history` returns the list of the states that an item has been in, the first one first and the present one "
        "last.",
    ),
    "back": (
        "`back` takes back the last move of an item that was not taken back yet and returns the state in which the "
        "item then is; it raises ValueError if there is no such move. {unrefused}{forgotten}",
    ),
    "guard": (
        "`assign` gives an item to somebody, in place of whoever had it. A move to {guarded!r} of an item that nobody "
        "has raises PermissionError and changes nothing. A `move` to {last!r} takes the item from whoever has it. "
        "`assigned` returns who has an item, or None.",
    ),
    "limit": (
        "A `move` to {limited!r} raises RuntimeError, and changes nothing, where {cap} or more items are in that state "
        "already.",
    ),
    "count": ("`count` returns how many items are in a state; for a state of another name it is 0.",),
    "remove": ("`remove` makes an item as if it had never been; it raises ValueError unless the item is in {last!r}.",),
}
_HEADS = {
    "base": (
        "def create(self, item: str) -> None: ...",
        "def move(self, item: str, to: str) -> str: ...",
        "def state(self, item: str) -> str: ...",
    ),
    "history": ("def history(self, item: str) -> list[str]: ...",),
    "back": ("def back(self, item: str) -> str: ...",),
    "guard": (
        "def assign(self, item: str, who: str) -> None: ...",
        "def assigned(self, item: str) -> str | None: ...",
    ),
    "limit": (),
    "count": ("def count(self, state: str) -> int: ...",),
    "remove": ("def remove(self, item: str) -> None: ...",),
}


def _draw(rng: random.Random, rules: Rules) -> ServiceDraft:
    states = rng.choice(_STATES)
    extra = [pair for pair in _MORE if rng.random() < 0.45] or [(1, 0)]
    moves = [(states[a], states[b]) for a, b in sorted((*_CHAIN, *extra))]
    cap = rng.randint(1, 2)
    name = rng.choice(("Workflow", "Board", "Tracker"))
    items, people = ["a", "b", "c"], ["eve", "max"]
    operations: dict[str, tuple[list[Any], ...]] = {
        "create": (items,),
        "move": (items, [*states, *states, "lost"]),
        "state": ([*items, "d"],),
    }
    for rule, verbs in (("history", ("history",)), ("back", ("back",)), ("remove", ("remove",))):
        operations |= {verb: (items,) for verb in verbs if rule in rules}
    if "guard" in rules:
        operations |= {"assign": ([*items, "d"], people), "assigned": (items,)}
    if "count" in rules:
        operations["count"] = ([*states, "lost"],)
    return ServiceDraft(
        parameters=(states, tuple(moves), *((cap,) if "limit" in rules else ())),
        name=name,
        interface="\n".join([f"class {name}:", *(f"    {head}" for rule in rules for head in _HEADS[rule])]),
        asked=_said(rng, rules, states, moves, cap),
        reference=_reference(rng, rules, name, states, moves, cap),
        model=_model(rules, name, states, moves, cap),
        operations=operations,
        often=("move",) * (len(operations) - 1) + ("create",),
        more_tests=_walk(rules, name, states),
    )


def _said(rng: random.Random, rules: Rules, states: tuple[str, ...], moves: list[tuple[str, str]], cap: int) -> str:
    told = ", ".join(f"{a!r} to {b!r}" for a, b in moves[:-1]) + f" and {moves[-1][0]!r} to {moves[-1][1]!r}"
    refusing = [word for rule, word in (("guard", "for who has the item"), ("limit", "for a limit")) if rule in rules]
    unrefused = f"It is never refused {' or '.join(refusing)}. " if refusing else ""
    unrefused += "It does not change who has the item. " if "guard" in rules else ""
    forgotten = "The history then forgets the move." if "history" in rules else ""
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules).format(
        first=states[0],
        guarded=states[2],
        last=states[3],
        limited=states[1],
        cap=cap,
        moves=told,
        unrefused=unrefused,
        forgotten=forgotten,
    )
    said = " ".join(said.split())
    kinds = ["KeyError", "ValueError"]
    kinds += ["PermissionError"] if "guard" in rules else []
    kinds += ["RuntimeError"] if "limit" in rules else []
    return f"{said} Where several errors fit, the one that comes first in this list is raised: {', '.join(kinds)}."


def _walk(rules: Rules, name: str, states: tuple[str, ...]) -> str:
    """An item that goes all the way, and every move that may be tried of each state."""
    assigned = ['    service.assign("z", "eve")'] if "guard" in rules else []
    lines = [
        "",
        "",
        "def test_all_the_way():",
        f"    service = solution.{name}()",
        '    service.create("z")',
        *assigned,
    ]
    for before, after in itertools.pairwise(states):
        lines += [
            f'    assert service.move("z", {after!r}) == {before!r}',
            f'    assert service.state("z") == {after!r}',
        ]
    if "history" in rules:
        lines += [f'    assert service.history("z") == {list(states)!r}']
    if "back" in rules:
        lines += [f'    assert service.back("z") == {state!r}' for state in reversed(states[:-1])]
        lines += [f'    assert service.move("z", {states[1]!r}) == {states[0]!r}']
    elif "remove" in rules:
        lines += ['    service.assign("z", "max")'] if "guard" in rules else []
        lines += [
            '    service.remove("z")',
            '    service.create("z")',
            f'    assert service.state("z") == {states[0]!r}',
        ]
        lines += ['    assert service.assigned("z") is None'] if "guard" in rules else []
    return "\n".join(lines) + "\n"


def _reference(
    rng: random.Random, rules: Rules, name: str, states: tuple[str, ...], moves: list[tuple[str, str]], cap: int
) -> str:
    listed = {a: [c for b, c in moves if b == a] for a in states}
    as_pairs = rng.random() < 0.5
    table = f"MOVES = {moves if as_pairs else listed!r}"
    allowed = "(before, to) not in MOVES" if as_pairs else "to not in MOVES[before]"
    lines = [table.replace("'", '"'), "", "", f"class {name}:", "    def __init__(self) -> None:"]
    lines += ["        self.visited: dict[str, list[str]] = {}"]
    lines += ["        self.owners: dict[str, str] = {}"] if "guard" in rules else []
    lines += ["", "    def create(self, item: str) -> None:", "        if item in self.visited:"]
    lines += ['            raise ValueError("the item exists")', f'        self.visited[item] = ["{states[0]}"]']
    lines += ["", "    def state(self, item: str) -> str:", "        return self.visited[item][-1]"]
    if "count" in rules or "limit" in rules:
        lines += ["", f"    def {'count' if 'count' in rules else '_count'}(self, state: str) -> int:"]
        lines += rng.choice(
            (
                ["        return sum(visited[-1] == state for visited in self.visited.values())"],
                ["        return [visited[-1] for visited in self.visited.values()].count(state)"],
            )
        )
    lines += ["", "    def move(self, item: str, to: str) -> str:", "        before = self.state(item)"]
    lines += [f"        if {allowed}:", '            raise ValueError("no such move")']
    if "guard" in rules:
        lines += [f'        if to == "{states[2]}" and item not in self.owners:']
        lines += ['            raise PermissionError("nobody has the item")']
    if "limit" in rules:
        lines += [f'        if to == "{states[1]}" and self.{"count" if "count" in rules else "_count"}(to) >= {cap}:']
        lines += ['            raise RuntimeError("too many items are there")']
    if "guard" in rules:
        lines += [f'        if to == "{states[3]}":', "            self.owners.pop(item, None)"]
    lines += ["        self.visited[item].append(to)", "        return before"]
    if "history" in rules:
        lines += ["", "    def history(self, item: str) -> list[str]:", "        return [*self.visited[item]]"]
    if "back" in rules:
        lines += ["", "    def back(self, item: str) -> str:", "        if len(self.visited[item]) == 1:"]
        lines += ['            raise ValueError("there is no move")', "        self.visited[item].pop()"]
        lines += ["        return self.visited[item][-1]"]
    if "guard" in rules:
        lines += ["", "    def assign(self, item: str, who: str) -> None:", "        if item not in self.visited:"]
        lines += ["            raise KeyError(item)", "        self.owners[item] = who"]
        lines += ["", "    def assigned(self, item: str) -> str | None:", "        if item not in self.visited:"]
        lines += ["            raise KeyError(item)", "        return self.owners.get(item)"]
    if "remove" in rules:
        lines += ["", "    def remove(self, item: str) -> None:", f'        if self.state(item) != "{states[3]}":']
        lines += ['            raise ValueError("the item is not done")', "        del self.visited[item]"]
        lines += ["        self.owners.pop(item, None)"] if "guard" in rules else []
    return "\n".join(lines) + "\n"


def _model(rules: Rules, name: str, states: tuple[str, ...], moves: list[tuple[str, str]], cap: int) -> str:
    return f"""
class {name}:
    def __init__(self):
        self.rows = []  # [item, state, the states before, who has it]

    def row(self, item):
        for row in self.rows:
            if row[0] == item:
                return row
        raise KeyError

    def create(self, item):
        if any(row[0] == item for row in self.rows):
            raise ValueError
        self.rows.append([item, {states[0]!r}, [], None])

    def state(self, item):
        return self.row(item)[1]

    def count(self, state):
        return len([row for row in self.rows if row[1] == state])

    def move(self, item, to):
        row = self.row(item)
        before = row[1]
        if [before, to] not in {[list(pair) for pair in moves]!r}:
            raise ValueError
        if {"guard" in rules} and to == {states[2]!r} and row[3] is None:
            raise PermissionError
        if {"limit" in rules} and to == {states[1]!r} and self.count(to) >= {cap}:
            raise RuntimeError
        row[1:3] = to, [*row[2], before]
        if to == {states[3]!r}:
            row[3] = None
        return before

    def history(self, item):
        row = self.row(item)
        return [*row[2], row[1]]

    def back(self, item):
        row = self.row(item)
        if not row[2]:
            raise ValueError
        row[1], row[2] = row[2][-1], row[2][:-1]
        return row[1]

    def assign(self, item, who):
        self.row(item)[3] = who

    def assigned(self, item):
        return self.row(item)[3]

    def remove(self, item):
        row = self.row(item)
        if row[1] != {states[3]!r}:
            raise ValueError
        self.rows.remove(row)
"""


FAMILY = DraftedFamily(
    name="services.workflow",
    about="items that go from state to state, with guards, limits and a history",
    skills=("state", "state machines", "invariants"),
    compositions={
        1: (("base",),),
        2: (("base", "history"), ("base", "back"), ("base", "count"), ("base", "remove")),
        3: (("base", "history", "back"), ("base", "limit", "count"), ("base", "guard"), ("base", "history", "remove")),
        4: (
            ("base", "guard", "back"),
            ("base", "limit", "back", "count"),
            ("base", "guard", "limit"),
            ("base", "guard", "history", "remove"),
        ),
        5: (
            ("base", "history", "back", "guard", "limit", "count", "remove"),
            ("base", "history", "back", "guard", "limit", "remove"),
            ("base", "back", "guard", "limit", "count", "remove"),
        ),
    },
    draw=_draw,
)
