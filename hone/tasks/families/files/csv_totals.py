"""CSV: add up a column by another, and write the totals down as CSV."""

import csv
import io
import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.files.folder import Files, Raised, file_draft
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_GROUPS = ("city", "team", "region", "shop", "owner", "kind", "label", "street")
_AMOUNTS = ("amount", "points", "price", "count", "weight", "visits", "score", "hours")
_NAMES = ("north", "south", "Ann", "Bo", "x, y", "Größe", 'the "old" one', "two\r\nlines", "7")
_ASKED = {
    "least": (
        "Leave out groups whose total is below {least}.",
        "Only groups with a total of at least {least} are written.",
    ),
    "sort": ("Order the lines by total, the largest first; those of equal totals by the group's name, ascending.",),
    "blank": ("Rows whose `{amount}` is empty count as absent; a group with no other row does not appear.",),
    "reject": (
        "If the header lacks `{group}` or `{amount}`, or a value of `{amount}` is no whole number, raise ValueError "
        "and write nothing.",
    ),
    "share": ("If the total of all groups written is above {most}, raise OverflowError and write nothing.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    group, amount = rng.choice(_GROUPS), rng.choice(_AMOUNTS)
    least, most = rng.randint(2, 30), rng.randint(60, 120)
    name = rng.choice(("totals", "sum_by_group", "write_totals"))
    signature = f"{name}(source: str, target: str) -> int"
    order = "" if "sort" in rules else " in the order in which the groups first appear in the file"
    asked = (
        "`source` is the path of a CSV file in UTF-8 with a header line; fields may be quoted. Add up the column "
        f"`{amount}`, which holds whole numbers, for each value of the column `{group}`; there may be other columns, "
        f"in any order. Write a CSV file in UTF-8 at `target` with the header `{group},total` and one line for each "
        f"group{order}; fields are quoted only where they must be, and every line ends in a newline (\\n). Return the "
        "number of groups written. Nothing else is changed. "
    ) + " ".join(rng.choice(_ASKED[rule]).format(least=least, amount=amount, group=group, most=most) for rule in rules)
    drawn = {"least": least, "share": most}

    def model(files: Files, source: str, target: str) -> tuple[int, Files]:
        text = files[source]
        assert isinstance(text, str)
        head, *rows = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
        totals: dict[str, int] = {}
        if "reject" in rules and not {group, amount} <= set(head):
            raise Raised("ValueError")
        for row in rows:
            value = row[head.index(amount)]
            if value == "" and "blank" in rules:
                continue
            if "reject" in rules and not value.removeprefix("-").isdigit():
                raise Raised("ValueError")
            key = row[head.index(group)]
            totals[key] = totals.get(key, 0) + int(value)
        kept = [(key, total) for key, total in totals.items() if "least" not in rules or total >= least]
        if "sort" in rules:
            kept.sort(key=lambda pair: (-pair[1], pair[0]))
        if "share" in rules and sum(total for _, total in kept) > most:
            raise Raised("ArithmeticError")
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows([(group, "total"), *kept])
        return len(kept), files | {target: out.getvalue()}

    return file_draft(
        parameters=(group, amount, *(drawn[rule] for rule in rules if rule in drawn)),
        signature=signature,
        asked=asked,
        reference=function(signature, _body(rng, rules, group, amount, drawn), imports=("import csv",)),
        model=model,
        inputs=lambda rng: _inputs(rng, rules, group, amount, drawn),
    )


def _body(rng: random.Random, rules: Rules, group: str, amount: str, drawn: dict[str, int]) -> list[str]:
    key, value = quoted(group), quoted(amount)
    lines = [
        "totals = {}",
        'with open(source, newline="", encoding="utf-8") as file:',
        "    reader = csv.DictReader(file)",
    ]
    if "reject" in rules:
        lines += [
            f"    if not {{{key}, {value}}} <= set(reader.fieldnames or ()):",
            '        raise ValueError("a column is missing")',
        ]
    lines += ["    for row in reader:"]
    if "blank" in rules:
        lines += [f'        if row[{value}] == "":', "            continue"]
    adding = (
        [f"        totals[row[{key}]] = totals.get(row[{key}], 0) + int(row[{value}])"],
        [
            f"        totals.setdefault(row[{key}], 0)",
            f"        totals[row[{key}]] += int(row[{value}])",
        ],
    )
    lines += rng.choice(adding)
    kept = "list(totals.items())"
    if "least" in rules:
        kept = f"[(name, total) for name, total in totals.items() if total >= {drawn['least']}]"
    lines += [f"kept = {kept}"]
    if "sort" in rules:
        lines += ["kept.sort(key=lambda pair: (-pair[1], pair[0]))"]
    if "share" in rules:
        lines += [
            f"if sum(total for _, total in kept) > {drawn['share']}:",
            '    raise OverflowError("the total is too large")',
        ]
    return [
        *lines,
        'with open(target, "w", newline="", encoding="utf-8") as file:',
        '    writer = csv.writer(file, lineterminator="\\n")',
        f'    writer.writerow(({key}, "total"))',
        "    writer.writerows(kept)",
        "return len(kept)",
    ]


def _inputs(
    rng: random.Random, rules: Rules, group: str, amount: str, drawn: dict[str, int]
) -> tuple[list[Arguments], list[Arguments]]:
    def table(rows: list[list[Any]], head: list[str]) -> Arguments:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows([head, *rows])
        return {"in.csv": out.getvalue(), "notes.txt": "keep me\n"}, "in.csv", "out.csv"

    def some(count: int, names: int) -> Arguments:
        head = rng.sample([group, amount, "id"], 3)
        chosen = rng.sample(_NAMES, names)
        rows = []
        for number in range(count):
            value: Any = rng.randint(-3, 25)
            if "blank" in rules and rng.random() < 0.3:
                value = ""
            held = {group: rng.choice(chosen), amount: value, "id": number}
            rows.append([held[column] for column in head])
        return table(rows, head)

    least, most = drawn["least"], drawn["share"]
    head = [group, amount]
    about = [[_NAMES[n], least - 1 + n] for n in range(3)]
    hidden = [
        table([], head),
        table([["a", 3]], head),
        table(about, head),
        table([["x, y", 40], ["two\r\nlines", 20], ['the "old" one', least]], head),
        table([["b", 5], ["a", 5], ["c", 9], ["b", 0]], head),
        table([["a", most], ["b", 0]], head),
        table([["a", most], ["b", 1]], head),
        table([["a", least], ["b", most - least], ["c", least - 1]], head),
    ]
    if "blank" in rules:
        hidden.append(table([["a", ""], ["b", ""], ["b", 40]], head))
    if "reject" in rules:
        hidden += [table([["a", "x"]], head), table([["a", 1]], [group, "other"]), table([["a", 1]], ["other", amount])]
        hidden.append(table([["a", 50], ["b", "1.5"]], head))
    return [some(4, 2) for _ in range(6)], [*hidden, *(some(rng.randint(3, 9), rng.randint(1, 4)) for _ in range(5))]


FAMILY = DraftedFamily(
    name="files.csv_totals",
    about="totals of a CSV column by group, written as CSV",
    skills=("files", "csv", "grouping"),
    compositions={
        1: ((), ("sort",)),
        2: (("least",), ("blank",)),
        3: (("least", "sort"), ("blank", "sort"), ("least", "blank")),
        4: (("blank", "sort", "reject"), ("least", "sort", "reject")),
        5: (("least", "blank", "sort", "reject", "share"), ("blank", "sort", "reject", "share")),
    },
    draw=_draw,
)
