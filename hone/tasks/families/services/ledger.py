"""Accounts with rules about what may move, and transactions that can be taken back."""

import random
from typing import Any

from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.services.machine import ServiceDraft
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "Accounts come into being with 0 when they are first named. `deposit` adds an amount to an account and returns "
        "the new balance. `withdraw` takes an amount off and returns the new balance; if the balance would fall below "
        "{floor} it raises ValueError and changes nothing. `balance` returns the balance.",
    ),
    "transfer": (
        "`transfer` moves an amount from one account to another, without a fee; it raises ValueError and "
        "changes nothing where "
        "`withdraw` of it would. From an account to itself it changes nothing, but raises in the same case.",
    ),
    "positive": (
        "Amounts of 0 or less raise ValueError in every method that takes one, before anything else is looked at.",
    ),
    "undo": (
        "`begin` opens a transaction; transactions may be nested. `rollback` restores all balances to what "
        "they were at "
        "the innermost `begin` that is still open and closes it; `commit` closes it and keeps the changes. Without an "
        "open transaction both raise RuntimeError.",
    ),
    "fee": ("`withdraw` takes {fee} more than the amount, as a fee; the fee counts for the lowest balance, too.",),
    "total": ("`total` returns the sum of all balances.",),
}


def _draw(rng: random.Random, rules: Rules) -> ServiceDraft:
    floor, fee = -rng.randint(0, 30), rng.randint(1, 5)
    name = rng.choice(("Ledger", "Bank", "Accounts"))
    heads = [
        "def deposit(self, account: str, amount: int) -> int: ...",
        "def withdraw(self, account: str, amount: int) -> int: ...",
        "def balance(self, account: str) -> int: ...",
    ]
    accounts = ["a", "b", "c"]
    amounts = [1, 5, 7, 10, 20, -floor or 3, -floor + 10, *([0, -4] if "positive" in rules else [])]
    operations: dict[str, tuple[list[Any], ...]] = {
        "deposit": (accounts, amounts),
        "withdraw": (accounts, [*amounts, 10 - floor - (fee if "fee" in rules else 0), 11 - floor]),
        "balance": (accounts,),
    }
    if "transfer" in rules:
        heads += ["def transfer(self, source: str, target: str, amount: int) -> None: ..."]
        operations["transfer"] = (accounts, accounts, amounts)
    if "undo" in rules:
        heads += [f"def {verb}(self) -> None: ..." for verb in ("begin", "rollback", "commit")]
        operations |= {"begin": (), "rollback": (), "commit": ()}
    if "total" in rules:
        heads += ["def total(self) -> int: ..."]
        operations["total"] = ()
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules)
    return ServiceDraft(
        parameters=(floor, *((fee,) if "fee" in rules else ())),
        name=name,
        interface="\n".join([f"class {name}:", *(f"    {head}" for head in heads)]),
        asked=said.format(floor=floor, fee=fee),
        reference=_reference(rng, rules, name, floor, fee),
        model=_model(rules, name, floor, fee),
        operations=operations,
        often=("deposit", "withdraw", "balance", *(("transfer",) if "transfer" in rules else ())),
    )


def _reference(rng: random.Random, rules: Rules, name: str, floor: int, fee: int) -> str:
    check = ["        if amount <= 0:", '            raise ValueError("an amount must be positive")']
    check = check if "positive" in rules else []
    lines = [f"class {name}:", "    def __init__(self) -> None:", "        self.balances: dict[str, int] = {}"]
    if "undo" in rules:
        lines += ["        self.saved: list[dict[str, int]] = []"]
    lines += ["", "    def balance(self, account: str) -> int:", "        return self.balances.get(account, 0)"]
    lines += ["", "    def deposit(self, account: str, amount: int) -> int:", *check]
    lines += [
        "        self.balances[account] = self.balance(account) + amount",
        "        return self.balances[account]",
    ]
    lines += ["", "    def withdraw(self, account: str, amount: int) -> int:", *check]
    lines += [f"        left = self.balance(account) - amount{f' - {fee}' if 'fee' in rules else ''}"]
    lines += [f"        if left < {floor}:", '            raise ValueError("the balance is too low")']
    lines += ["        self.balances[account] = left", "        return left"]
    if "transfer" in rules:
        lines += ["", "    def transfer(self, source: str, target: str, amount: int) -> None:", *check]
        cost = f"amount + {fee}" if "fee" in rules else "amount"
        lines += [f"        if self.balance(source) - ({cost}) < {floor}:".replace("(amount)", "amount")]
        lines += ['            raise ValueError("the balance is too low")']
        moved = [
            "        self.balances[source] = self.balance(source) - amount",
            "        self.balances[target] = self.balance(target) + amount",
        ]
        lines += moved
    if "undo" in rules:
        kept = rng.choice(("dict(self.balances)", "self.balances.copy()"))
        lines += ["", "    def begin(self) -> None:", f"        self.saved.append({kept})"]
        for verb, what in (
            ("rollback", "        self.balances = self.saved.pop()"),
            ("commit", "        self.saved.pop()"),
        ):
            lines += ["", f"    def {verb}(self) -> None:", "        if not self.saved:"]
            lines += ['            raise RuntimeError("no transaction is open")', what]
    if "total" in rules:
        lines += ["", "    def total(self) -> int:", "        return sum(self.balances.values())"]
    return "\n".join(lines) + "\n"


def _model(rules: Rules, name: str, floor: int, fee: int) -> str:
    return f"""
class {name}:
    def __init__(self):
        self.marks, self.moves = [], []  # every change of a balance, in order

    def check(self, amount):
        if {"positive" in rules} and not amount > 0:
            raise ValueError

    def balance(self, account):
        return sum(amount for of, amount in self.moves if of == account)

    def total(self):
        return sum(amount for _, amount in self.moves)

    def afford(self, account, amount):
        if self.balance(account) - amount - {fee if "fee" in rules else 0} < {floor}:
            raise ValueError

    def deposit(self, account, amount):
        self.check(amount)
        self.moves.append((account, amount))
        return self.balance(account)

    def withdraw(self, account, amount):
        self.check(amount)
        self.afford(account, amount)
        self.moves.append((account, -amount - {fee if "fee" in rules else 0}))
        return self.balance(account)

    def transfer(self, source, target, amount):
        self.check(amount)
        self.afford(source, amount)
        self.moves += [(source, -amount), (target, amount)]

    def begin(self):
        self.marks.append(len(self.moves))

    def rollback(self):
        if not self.marks:
            raise RuntimeError
        del self.moves[self.marks.pop():]

    def commit(self):
        if not self.marks:
            raise RuntimeError
        self.marks.pop()
"""


FAMILY = DraftedFamily(
    name="services.ledger",
    about="accounts, lowest balances, fees and nested transactions",
    skills=("state", "transactions", "invariants"),
    compositions={
        1: (("base",),),
        2: (("base", "total"), ("base", "transfer"), ("base", "positive")),
        3: (("base", "transfer", "total"), ("base", "transfer", "positive"), ("base", "undo")),
        4: (("base", "transfer", "undo"), ("base", "fee", "positive", "total"), ("base", "undo", "total", "positive")),
        5: (
            ("base", "transfer", "positive", "fee", "undo", "total"),
            ("base", "transfer", "positive", "undo", "total"),
        ),
    },
    draw=_draw,
)
