"""Amounts paid in coins: in how many ways, or with how few."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_LARGEST = 35
_ASKED = {
    "ways": (
        "There are coins of {coins}, each as often as one likes. Return in how many ways they add up to `amount`; ways "
        "that differ only in the order of the coins are one way. Nothing at all adds up to 0, and that is one way.",
        "Count the ways of paying `amount` exactly with coins of {coins}, of which there are enough. It does not "
        "matter in which order coins are paid, and paying 0 with no coins is a way.",
    ),
    "fewest": (
        "There are coins of {coins}, each as often as one likes. Return the least number of coins that add up to "
        "`amount`, or -1 if no coins do. No coins add up to 0.",
        "Find how few coins of {coins} can pay `amount` exactly, if there are enough of each. Where it cannot be paid "
        "exactly, return -1; for 0 it takes 0 coins.",
    ),
    "each": (
        "But there are only {each} coins of each value.",
        "No value may be used more than {each} times.",
    ),
    "must": (
        "At least one coin of {must} must be among them, even where fewer coins would do or the amount is 0.",
        "Only payments with one coin of {must} or more count, also for the amount 0.",
    ),
    "most": (
        "Payments of more than {most} coins do not count.",
        "It may take at most {most} coins in all.",
    ),
    "reject": (
        "Raise ValueError if `amount` is negative or above {limit}.",
        "An amount below 0 or above {limit} is refused: raise ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    coins = sorted(rng.sample(range(rng.randint(1, 2), 13), rng.randint(3, 4)))
    rng.shuffle(coins)
    drawn = {
        "coins": ", ".join(map(str, coins[:-1])) + f" and {coins[-1]}",
        "values": coins,
        "each": rng.randint(2, 4),
        "must": rng.choice(coins),
        "most": rng.randint(3, 7),
        "limit": rng.randint(20, _LARGEST),
    }
    names = ("ways", "payments", "count_ways") if "ways" in rules else ("fewest", "least_coins", "coins_needed")
    signature = f"{rng.choice(names)}(amount: int) -> int"
    said = worded(rng, _ASKED, rules, **drawn)
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=said if "reject" in rules else f"{said} `amount` is never negative.",
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    lines = []
    if "reject" in rules:
        lines += [f"if amount < 0 or amount > {drawn['limit']}:", '    raise ValueError("no such amount")']
    return lines + rng.choice((_of_tables, _of_calls))(rules, drawn)


def _of_tables(rules: Rules, drawn: dict[str, Any]) -> list[str]:
    """All sums that coins make, with how many coins they take, one coin's value after another."""
    coins, counting = drawn["values"], "ways" in rules
    test = "total + count * coin <= amount"
    if "each" in rules:
        test += f" and count <= {drawn['each']}"
    if "most" in rules:
        test += f" and used + count <= {drawn['most']}"
    lines = [
        "table = {(0, 0): 1}" if counting else "table = {(0, 0)}",
        f"for coin in {coins!r}:",
        "    wider: dict[tuple[int, int], int] = {}" if counting else "    wider: set[tuple[int, int]] = set()",
        "    for (total, used), ways in table.items():" if counting else "    for total, used in table:",
        f"        count = 1 if coin == {drawn['must']} else 0" if "must" in rules else "        count = 0",
        f"        while {test}:",
    ]
    if counting:
        lines += [
            "            key = (total + count * coin, used + count)",
            "            wider[key] = wider.get(key, 0) + ways",
        ]
    else:
        lines += ["            wider.add((total + count * coin, used + count))"]
    lines += ["            count += 1", "    table = wider"]
    if counting:
        return [*lines, "return sum(ways for (total, _), ways in table.items() if total == amount)"]
    return [*lines, "return min((used for total, used in table if total == amount), default=-1)"]


def _of_calls(rules: Rules, drawn: dict[str, Any]) -> list[str]:
    """A function that decides on one value's coins after another."""
    coins, counting = drawn["values"], "ways" in rules
    lines = [f"coins = {coins!r}", "", "def pay(place: int, left: int, used: int) -> list[int]:"]
    lines += ["    if place == len(coins):", "        return [used] if left == 0 else []", "    found = []"]
    least = f"int(coins[place] == {drawn['must']})" if "must" in rules else "0"
    most = ["left // coins[place] + 1"]
    if "each" in rules:
        most.append(str(drawn["each"] + 1))
    if "most" in rules:
        most.append(f"{drawn['most'] + 1} - used")
    end = f"min({', '.join(most)})" if len(most) > 1 else most[0]
    lines += [
        f"    for count in range({end}):" if least == "0" else f"    for count in range({least}, {end}):",
        "        found += pay(place + 1, left - count * coins[place], used + count)",
        "    return found",
        "",
        "payments = pay(0, amount, 0)",
    ]
    return [*lines, "return len(payments)" if counting else "return min(payments, default=-1)"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    coins = drawn["values"]
    top = drawn["limit"] if "reject" in rules else 28
    amounts = [0, 1, min(coins), max(coins), drawn["must"], sum(coins), coins[0] + drawn["must"]]
    amounts += [min(coins) * drawn["each"], min(coins) * (drawn["each"] + 1), max(coins) * drawn["each"]]
    amounts += [max(coins) * drawn["most"] + extra for extra in (0, 1, 2, 3)]
    amounts += [sorted(coins)[place] * (drawn["most"] + extra) for place in (0, 1) for extra in (0, 1)]
    amounts += [sum(coins[:2]) * 2, top, top - 1, *range(2, 12)]
    amounts = [amount for amount in amounts if amount <= top]
    if "each" in rules and "reject" not in rules:
        amounts += [sum(coins) * drawn["each"], sum(coins) * drawn["each"] + 1]
    amounts += [rng.randint(12, top) for _ in range(3)]
    hidden: list[Arguments] = [(amount,) for amount in dict.fromkeys(amounts)]
    if "reject" in rules:
        hidden += [(-1,), (top + 1,)]
    return [(rng.randint(3, 24),) for _ in range(6)], hidden


FAMILY = DraftedFamily(
    name="integers.change",
    about="amounts paid in coins: the ways, or the fewest",
    skills=("dynamic programming", "recursion", "counting"),
    compositions={
        1: (("ways",), ("fewest",)),
        2: (("ways", "each"), ("fewest", "each"), ("ways", "must"), ("fewest", "must"), ("ways", "most")),
        3: (("ways", "each", "must"), ("fewest", "each", "must"), ("ways", "must", "most"), ("ways", "each", "most")),
        4: (
            ("ways", "each", "reject"),
            ("fewest", "each", "must", "reject"),
            ("ways", "must", "most", "reject"),
            ("ways", "each", "must", "reject"),
        ),
        5: (
            ("ways", "each", "must", "most", "reject"),
            ("fewest", "each", "must", "most", "reject"),
            ("ways", "each", "most", "reject"),
        ),
    },
    draw=_draw,
)
