"""A queue of limited size between threads: whoever finds it full or empty waits."""

import random
from typing import Any

from hone.tasks.checks import CallCheck
from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.concurrency.interleaved import threaded_draft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "It holds at most {capacity} items. `put` adds an item at the end and waits while it is full; `get` takes the "
        "first item off and waits while it is empty. Any number of threads may do so at the same time. The item {void} "
        "is not queued: `put` of it does nothing and never waits.",
    ),
    "size": ("`size` returns how many items it holds at the moment, never more than {capacity}.",),
    "try": ("`try_put` adds an item and returns True if there is room at once; otherwise it returns False.",),
    "close": (
        "After `close`, every `put` raises RuntimeError, also one that is waiting; `get` goes on until the "
        "queue is empty "
        "and then raises EOFError, also where it is waiting.",
    ),
    "all": ("`get_all` waits until there is at least one item, takes all items and returns them as a list, in order.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    capacity, void = rng.randint(1, 6), -rng.randint(1, 99)
    name = rng.choice(("Queue", "Channel", "Pipe"))
    heads = ["def __init__(self) -> None: ...", "def put(self, item: int) -> None: ...", "def get(self) -> int: ..."]
    heads += ["def size(self) -> int: ..."] if "size" in rules else []
    heads += ["def try_put(self, item: int) -> bool: ..."] if "try" in rules else []
    heads += ["def close(self) -> None: ..."] if "close" in rules else []
    heads += ["def get_all(self) -> list[int]: ..."] if "all" in rules else []
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules).format(capacity=capacity, void=void)

    def expected(producers: int, consumers: int, items: int) -> list[Any]:
        made = sorted(number * 1000 + n for number in range(producers) for n in range(items))
        facts: list[Any] = [made, True, [0, 1, 3], list(range(2 * capacity))]
        facts += [list(range(capacity)), list(range(3 * capacity))]
        if "size" in rules:
            facts += [True, capacity]
        if "try" in rules:
            facts += [capacity, False]
        if "all" in rules:
            facts.append(list(range(3 * capacity)))
        if "close" in rules:
            facts += [["EOFError"] * consumers, [7], "RuntimeError", "RuntimeError"]
        return facts

    def inputs(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        shown: list[Arguments] = [(rng.randint(1, 2), rng.randint(1, 2), n + 1) for n in range(6)]
        hidden: list[Arguments] = [(1, 1, 0), (1, 1, 9), (3, 1, 6), (1, 3, 11), (3, 3, 7), (2, 2, 2 * capacity + 1)]
        return shown, [*hidden, (2, 3, 8), (4, 2, 5), (2, 1, 13), (4, 4, 3 * capacity)]

    def show(_: str, check: CallCheck) -> str:
        producers, consumers, items = check.args
        return (
            f"With {producers} threads that each put {items} items and {consumers} that get them all, every item comes "
            "out once, and those of one thread in their order."
        )

    return threaded_draft(
        parameters=(capacity, void),
        name=name,
        interface="\n".join([f"class {name}:", *(f"    {head}" for head in heads)]),
        asked=said,
        reference=_reference(rng, rules, name, capacity, void),
        scenario=_scenario(rules, name, capacity, void),
        expected=expected,
        inputs=inputs,
        show=show,
    )


def _reference(rng: random.Random, rules: Rules, name: str, capacity: int, void: int) -> str:
    closing = "close" in rules
    lines = [
        "import threading",
        "from collections import deque",
        "",
        "",
        f"class {name}:",
        "    def __init__(self) -> None:",
    ]
    lines += ["        self.changed = threading.Condition()", "        self.items: deque[int] = deque()"]
    lines += ["        self.closed = False"] if closing else []
    full = f"len(self.items) == {capacity}"
    lines += ["", "    def put(self, item: int) -> None:", f"        if item == {void}:", "            return"]
    lines += ["        with self.changed:"]
    if rng.random() < 0.5:
        lines += [
            f"            while {full}{' and not self.closed' if closing else ''}:",
            "                self.changed.wait()",
        ]
    else:
        free = f"len(self.items) < {capacity}{' or self.closed' if closing else ''}"
        lines += [f"            self.changed.wait_for(lambda: {free})"]
    if closing:
        lines += ["            if self.closed:", '                raise RuntimeError("the queue is closed")']
    lines += ["            self.items.append(item)", "            self.changed.notify_all()"]
    lines += ["", "    def get(self) -> int:", "        with self.changed:"]
    lines += [
        f"            while not self.items{' and not self.closed' if closing else ''}:",
        "                self.changed.wait()",
    ]
    if closing:
        lines += ["            if not self.items:", '                raise EOFError("the queue is closed and empty")']
    lines += ["            self.changed.notify_all()", "            return self.items.popleft()"]
    if "size" in rules:
        lines += ["", "    def size(self) -> int:", "        with self.changed:", "            return len(self.items)"]
    if "try" in rules:
        lines += [
            "",
            "    def try_put(self, item: int) -> bool:",
            "        with self.changed:",
            f"            if {full}:",
        ]
        lines += ["                return False", "            self.items.append(item)"]
        lines += ["            self.changed.notify_all()", "            return True"]
    if "all" in rules:
        lines += [
            "",
            "    def get_all(self) -> list[int]:",
            "        with self.changed:",
            "            while not self.items:",
        ]
        lines += [
            "                self.changed.wait()",
            "            taken = list(self.items)",
            "            self.items.clear()",
        ]
        lines += ["            self.changed.notify_all()", "            return taken"]
    if closing:
        lines += ["", "    def close(self) -> None:", "        with self.changed:", "            self.closed = True"]
        lines += ["            self.changed.notify_all()"]
    return "\n".join(lines) + "\n"


def _scenario(rules: Rules, name: str, capacity: int, void: int) -> str:
    lines = [
        "def scenario(solution, seed, producers, consumers, items):",
        f"    queue = solution.{name}()",
        "    taken = [[] for _ in range(consumers)]",
        "    left, guard, sizes = [producers * items], _Lock(), []",
        "",
        "    def produce(number):",
        "        for n in range(items):",
        "            queue.put(number * 1000 + n)",
        "",
        "    def consume(number):",
        "        while True:",
        "            with guard:",
        "                if left[0] == 0:",
        "                    return",
        "                left[0] -= 1",
        "            taken[number].append(queue.get())",
        *(["            sizes.append(queue.size())"] if "size" in rules else []),
        "",
        "    work = [lambda n=n: produce(n) for n in range(producers)]",
        "    work += [lambda n=n: consume(n) for n in range(consumers)]",
        "    if not together(work, seed):",
        '        return ["stuck"]',
        "    # One consumer sees each producer's items in their order.",
        "    ordered = all(",
        "        [x for x in seen if x // 1000 == p] == sorted(x for x in seen if x // 1000 == p)",
        "        for seen in taken",
        "        for p in range(producers)",
        "    )",
        "    facts = [sorted(x for seen in taken for x in seen), ordered]",
        f"    full, through = solution.{name}(), []",
        f"    for n in range({capacity}):",
        "        full.put(n)",
        f"    full.put({void})",
        "    counts = []",
        "",
        "    def press():",
        "        full.put(-1)",
        "        through.append(1)",
        "",
        "    def watch():",
        "        _sleep(0.02)",
        "        counts.append(len(through))",
        "        full.get()",
        "        until(lambda: through)",
        "        _sleep(0.02)  # enough for a second one that should still wait; none of a right program's ever comes",
        "        counts.append(len(through))",
        "        full.get()",
        "        full.get()",
        "",
        "    if not together([press, press, press, watch], seed):",
        '        return ["stuck"]',
        "    facts.append([*counts, len(through)])",
        "    # More wait than there is room for, and whoever wakes them goes on: whom a wake-up reaches matters.",
        f"    few, many, here, got = {capacity}, {2 * capacity}, [], []",
        f"    empty, crammed = solution.{name}(), solution.{name}()",
        "",
        "    def take_one():",
        "        here.append(1)",
        "        got.append(empty.get())",
        "",
        "    def fill():",
        "        until(lambda: len(here) == many)",
        "        _sleep(0.003)",
        "        unbroken(lambda: [empty.put(n) for n in range(many)])",
        "",
        "    if not together([fill, *[take_one] * many], seed):",
        '        return ["stuck"]',
        "    facts.append(sorted(got))",
        "    for n in range(few):",
        "        crammed.put(n)",
        "    here.clear()",
        "    got.clear()",
        "",
        "    def add_one(n):",
        "        here.append(1)",
        "        crammed.put(few + n)",
        "",
        "    def drain():",
        "        until(lambda: len(here) == many)",
        "        _sleep(0.003)",
        "        unbroken(lambda: [got.append(crammed.get()) for _ in range(few + many)])",
        "",
        "    if not together([drain, *[lambda n=n: add_one(n) for n in range(many)]], seed):",
        '        return ["stuck"]',
        "    facts += [got[:few], sorted(got)]",
    ]
    if "size" in rules:
        lines += [
            f"    facts.append(all(0 <= size <= {capacity} for size in sizes))",
            f"    for n in range({capacity}):",
            "        queue.put(n)",
            "    facts.append(queue.size())",
            f"    for n in range({capacity}):",
            "        queue.get()",
        ]
    if "try" in rules:
        lines += [
            f"    room = solution.{name}()",
            "    counts = [0, 0, 0]",
            "",
            "    def fill(number):",
            f"        for n in range({capacity}):",
            "            counts[number] += room.try_put(n) is True",
            "",
            "    if not together([lambda n=n: fill(n) for n in range(3)], seed):",
            '        return ["stuck"]',
            "    facts += [sum(counts), room.try_put(1)]",
        ]
    if "all" in rules:
        lines += [
            f"    whole = solution.{name}()",
            "    got = []",
            "",
            "    def take():",
            f"        while len(got) < {3 * capacity}:",
            "            got.extend(whole.get_all())",
            "",
            f"    if not together([take, lambda: [whole.put(n) for n in range({3 * capacity})]], seed):",
            '        return ["stuck"]',
            "    facts.append(got)",
        ]
    if "close" in rules:
        lines += [
            f"    ended, last = solution.{name}(), solution.{name}()",
            "    ends, kept = [], []",
            "",
            "    def wait_for_end():",
            "        try:",
            "            kept.append(ended.get())",
            "            ended.get()",
            "        except EOFError:",
            '            ends.append("EOFError")',
            "",
            "    def end():",
            "        ended.put(7)",
            "        ended.close()",
            "",
            "    if not together([*[wait_for_end] * consumers, end], seed):",
            '        return ["stuck"]',
            "    facts += [ends, kept]",
            f"    for n in range({capacity}):",
            "        last.put(n)",
            "    said = []",
            "",
            "    def one_more():",
            "        try:",
            "            last.put(0)",
            '            said.append("nothing")',
            "        except RuntimeError:",
            '            said.append("RuntimeError")',
            "",
            "    if not together([one_more, last.close], seed):",
            '        return ["stuck"]',
            "    one_more()",
            "    facts += said",
        ]
    return "\n".join([*lines, "    return facts"])


FAMILY = DraftedFamily(
    name="concurrency.bounded_queue",
    about="a queue of limited size between threads",
    skills=("threads", "conditions", "blocking"),
    compositions={
        1: (("base",),),
        2: (("base", "size"), ("base", "try")),
        3: (("base", "size", "try"), ("base", "all"), ("base", "size", "all")),
        4: (("base", "close"), ("base", "try", "close"), ("base", "size", "close")),
        5: (("base", "size", "try", "close", "all"), ("base", "size", "try", "close")),
    },
    draw=_draw,
)
