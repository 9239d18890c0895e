"""What the prompts of strings, integers and collections ask for, done again: slowly, and in other ways.

An oracle is called with the rules of a task, the values drawn for them by name, and the arguments.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

Values = dict[str, Any]
PRIMES = [n for n in range(2, 5100) if all(n % d for d in range(2, math.isqrt(n) + 1))]


def numbers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"\d+", text)]


def refuse(error: type[Exception], condition: object) -> None:
    if condition:
        raise error


def wrapping(rules: set[str], v: Values, text: str) -> list[str]:
    width, rows = v["width"], []
    words = text.split()
    if "cut" in rules:
        words = [piece for word in words for piece in re.findall(f".{{1,{width}}}", word)]
    while words:
        row = [words.pop(0)]
        while words and sum(map(len, row)) + len(row) + len(words[0]) <= width:
            row.append(words.pop(0))
        rows.append(row)
    lines = []
    for number, row in enumerate(rows, 1):
        gaps = [1] * (len(row) - 1)
        turn = 0
        while "justify" in rules and gaps and number < len(rows) and sum(map(len, row)) + sum(gaps) < width:
            gaps[turn % len(gaps)] += 1
            turn += 1
        line = "".join(word + " " * gap for word, gap in zip(row, [*gaps, 0], strict=True))
        while "right" in rules and len(line) < width:
            line = v["pad"] + line
        lines.append(line)
    refuse(ValueError, "reject" in rules and len(lines) > v["most"])
    if "limit" in rules and len(lines) > v["most"]:
        lines = [*lines[: v["most"] - 1], lines[v["most"] - 1] + v["mark"]]
    return [v["prefix"] + line if "hang" in rules and place else line for place, line in enumerate(lines)]


def fields(rules: set[str], v: Values, line: str) -> list[str]:
    pieces, at = [], 0
    while at < len(line):
        escaped = "escape" in rules and line[at] == v["escape"] and at + 1 < len(line)
        pieces.append(("plain" if escaped else "mark", line[at + escaped]))
        at += 1 + escaped
    parts = [[""]]
    for kind, character in pieces:
        inside = len(parts) % 2 == 0
        if kind == "mark" and character == v["quote"]:
            parts.append([""])
            continue
        if kind == "mark" and not inside and "comment" in rules and character == v["comment"]:
            break
        if kind == "mark" and not inside and character == v["sep"]:
            parts[-1].append("")
        else:
            parts[-1][-1] += character
    refuse(ValueError, "reject" in rules and len(parts) % 2 == 0)
    found = [""]
    for first, *rest in parts:
        found[-1] += first
        found += rest
    found = [re.sub("^ +| +$", "", field) for field in found] if "strip" in rules else found
    return list(filter(None, found)) if "skip" in rules else found


def identifiers(rules: set[str], v: Values, name: str) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    kinds = "".join(
        "a" if c in letters else "A" if c in letters.upper() else "1" if c in "0123456789" else "." for c in name
    )
    breaks = {"aA"} | ({"a1", "A1", "1a", "1A"} if "numbers" in rules else set())
    marked = ""
    for place, character in enumerate(name):
        before = kinds[place - 1 : place + 1] if place else ""
        acronym = "acronyms" in rules and place and kinds[place - 1 : place + 2] == "AAa"
        marked += " " if before in breaks or acronym else ""
        marked += character if kinds[place] != "." else " "
    words = [word.lower() for word in marked.split(" ") if word]
    if "stop" in rules:
        words = [word for word in words if word not in (v["first"], v["second"])]
    words = words[: v["most"]] if "most" in rules else words
    refuse(ValueError, "reject" in rules and not words)
    words = [word[: v["longest"]] for word in words] if "longest" in rules else words
    if "camel" in rules:
        words = [word.capitalize() if place else word for place, word in enumerate(words)]
    result = v["glue"].join(words)
    return v["front"] + result if "front" in rules and not re.match("[^0-9]", result) else result


def ciphers(rules: set[str], v: Values, text: str) -> str:
    refuse(ValueError, "reject" in rules and (v["bad"] in text or len(text) > v["most"]))
    alphabet, found, replaced = v["alphabet"], [], 0
    for character in text:
        replaced = 0 if "restart" in rules and character == v["stop"] else replaced
        places = (v["shift"] + (v["step"] * replaced if "growing" in rules else 0)) % len(alphabet)
        table = dict(zip(alphabet, alphabet[places:] + alphabet[:places], strict=True))
        if "upper" in rules:
            table |= {letter.upper(): moved.upper() for letter, moved in table.items()}
        if character in table:
            found.append(table[character])
            replaced += 1
        elif "keep" in rules:
            found.append(character)
    result = "".join(found)
    return v["mark"].join(re.findall(f"(?s).{{1,{v['size']}}}", result)) if "groups" in rules else result


def change(rules: set[str], v: Values, amount: int) -> int:
    refuse(ValueError, "reject" in rules and not 0 <= amount <= v["limit"])
    coins = numbers(v["coins"])
    payments = [
        sum(counts)
        for counts in itertools.product(*(range(amount // coin + 1) for coin in coins))
        if sum(count * coin for count, coin in zip(counts, coins, strict=True)) == amount
        and ("each" not in rules or max(counts) <= v["each"])
        and ("must" not in rules or counts[coins.index(v["must"])] > 0)
        and ("most" not in rules or sum(counts) <= v["most"])
    ]
    return len(payments) if "ways" in rules else min(payments, default=-1)


def clocks(rules: set[str], v: Values, moment: int) -> Any:
    refuse(ValueError, "reject" in rules and not v["low"] <= moment <= v["high"])
    moment += v["offset"] if "zone" in rules else 0
    if "round" in rules:
        near = range(moment - v["step"], moment + v["step"] + 1)
        moment = min((m for m in near if m % v["step"] == 0), key=lambda m: (abs(m - moment), -m))
    day, hour, start = 0, 0, 0
    while not start <= moment < start + v["minutes"]:
        later = moment > start
        hour += 1 if later else -1
        start += v["minutes"] if later else -v["minutes"]
        if hour < 0:
            day -= 1
            hour = v["hours"] - ("long" not in rules or day % v["every"] != 0)
        elif hour >= v["hours"] + ("long" in rules and day % v["every"] == 0):
            day, hour = day + 1, 0
    minute = moment - start
    return f"{day}:{hour:>02}:{minute:>02}" if "text" in rules else (day, hour, minute)


def check_digits(rules: set[str], v: Values, number: int) -> int:
    refuse(ValueError, "reject" in rules and (number < 0 or len(str(number)) > v["most"]))
    digits = [int(digit) for digit in str(abs(number))[::-1]]
    digits = [digit for digit in digits if "skip" not in rules or digit != v["skipped"]]
    products = [digit * weight for digit, weight in zip(digits, itertools.cycle(numbers(v["weights"])), strict=False)]
    products = [sum(map(int, str(product))) for product in products] if "sum" in rules else products
    check = sum(products) % v["modulus"]
    check = v["modulus"] - check if "complement" in rules and check else check
    result = int(str(abs(number)) + str(check)) if "append" in rules else check
    return result if number >= 0 else -result


def factors(rules: set[str], v: Values, number: int) -> Any:
    refuse(ValueError, "reject" in rules and number == 0)
    refuse(OverflowError, "reject" in rules and abs(number) > v["limit"])
    pairs = []
    for prime in (prime for prime in PRIMES if number % prime == 0):
        exponent = max(power for power in range(14) if abs(number) % prime**power == 0)
        exponent = min(exponent, v["most"]) if "most" in rules else exponent
        kept = prime % v["modulus"] != v["rest"] and ("large" not in rules or prime <= v["high"])
        pairs += [(prime, exponent)] if exponent and kept else []
    pairs = pairs[::-1] if "descending" in rules else pairs
    pairs = [(-1, 1), *pairs] if number < 0 else pairs
    if "pairs" in rules:
        return pairs
    single = [prime for prime, exponent in pairs for _ in range(exponent)]
    return math.prod(single) if "product" in rules else single


def bit_fields(rules: set[str], v: Values, given: Any) -> Any:
    widths = numbers(v["told"])
    ones = {"even": 0, "odd": 1}.get(v.get("parity", ""), 0)
    if "unpack" in rules:
        bits = f"{given:b}".rjust(sum(widths) + ("parity" in rules), "0")
        refuse(OverflowError, "range" in rules and (given < 0 or len(bits) > sum(widths) + ("parity" in rules)))
        refuse(ValueError, "broken" in rules and bits.count("1") % 2 != ones)
        plain = given & (2 ** sum(widths) - 1)
        bits = f"{plain ^ (v['key'] if 'xor' in rules else 0):b}".rjust(sum(widths), "0")
        values = []
        for place, width in enumerate(widths):
            held, bits = int(bits[-width:], 2), bits[:-width]
            if "gray" in rules:
                held = next(n for n in range(2**width) if n ^ (n >> 1) == held)
            signed = "signed" in rules and place == v["signed"] and held >= 2 ** (width - 1)
            values.append(held - 2**width if signed else held)
        return values
    refuse(ValueError, "length" in rules and len(given) != len(widths))
    text = ""
    for value, width in zip(given, widths, strict=True):
        refuse(OverflowError, "overflow" in rules and value not in range(2**width))
        held = min(max(value, 0), 2**width - 1) if "clamp" in rules else value % 2**width
        held = held ^ held // 2 if "gray" in rules else held
        text = f"{held:b}".rjust(width, "0") + text
    if "xor" in rules:
        key = f"{v['key']:b}".rjust(len(text), "0")
        text = "".join("01"[one != other] for one, other in zip(text, key, strict=True))
    return int(("01"[text.count("1") % 2 != ones] if "parity" in rules else "") + text, 2)


def grouping(rules: set[str], v: Values, rows: list[tuple[str, int]]) -> list[tuple[str, int]]:
    refuse(ValueError, "reject" in rules and [1 for name, amount in rows if not name or amount > v["limit"]])
    rows = [(name.lower() if "fold" in rules else name, amount) for name, amount in rows]
    rows = [row for row in rows if "skip" not in rules or row[1] >= v["least"]]
    result = []
    for place, (name, _) in enumerate(rows):
        if name in [other for other, _ in rows[:place]]:
            continue
        amounts = [min(amount, v["cap"]) if "cap" in rules else amount for other, amount in rows if other == name]
        figure = math.floor(sum(amounts) / len(amounts)) if "average" in rules else sum(amounts)
        result += [(name, figure)] if "few" not in rules or len(amounts) >= v["few"] else []
    if "rank" in rules:
        result = [(name, -less) for less, name in sorted((-figure, name) for name, figure in result)]
    kept, more = result[: v.get("top")], result[v.get("top", len(result)) :]
    return [*kept, (v["other"], sum(figure for _, figure in more))] if "rest" in rules and more else result


def ranking(rules: set[str], v: Values, scores: dict[str, int]) -> Any:
    refuse(OverflowError, "bounds" in rules and max(scores.values(), default=0) > v["limit"])
    points = {}
    for name, given in scores.items():
        made = given + (v["bonus"] if "bonus" in rules and name[0] <= v["letter"] else 0)
        made = math.floor(made / v["step"]) if "steps" in rules else made
        if "floor" not in rules or made >= v["least"]:
            points[name] = made
    refuse(ValueError, "reject" in rules and len(points) < v["need"])

    def before(name: str) -> list[str]:
        return [o for o in points if points[o] > points[name] or (points[o] == points[name] and o < name)]

    names = sorted(points, key=lambda name: len(before(name)))
    if "top" in rules:
        last = points[names[: v["top"]][-1]] if names else 0
        tied = "ties" in rules
        names = [name for place, name in enumerate(names) if place < v["top"] or (tied and points[name] == last)]
    if "pairs" in rules:
        return [(1 + sum(p > points[name] for p in points.values()), name) for name in names]
    if "dense" in rules:
        return [(1 + len({p for p in points.values() if p > points[name]}), name) for name in names]
    return names


def windows(rules: set[str], v: Values, values: list[int]) -> list[Any]:
    refuse(ValueError, "reject" in rules and len(values) < v["short"])
    cells = [(min(max(x, v["low"]), v["high"]) if "cut" in rules else x, x == v.get("hole")) for x in values]
    edge = [(v["pad"], False)] * v["count"] if "pad" in rules else []
    cells = [*edge, *cells, *edge]
    found = []
    for start in range(len(cells)):
        places = [place for place in range(start, start + v["size"]) if place < len(cells)]
        if start % v["step"] or (len(places) < v["size"] and "partial" not in rules):
            continue
        inside = sorted(cells[place][0] for place in places)
        figure = {"sum": sum(inside), "largest": inside[-1], "smallest": inside[0], "largest minus": 0}
        which = "largest minus" if "minus" in v["figure"] else next(k for k in figure if k in v["figure"])
        result: int | None = inside[-1] - inside[0] if which == "largest minus" else figure[which]
        result = None if "hole" in rules and any(cells[place][1] for place in places) else result
        if result is None or "least" not in rules or result >= v["least"]:
            found.append((start, result) if "index" in rules else result)
    return found


def joins(rules: set[str], v: Values, left: list[tuple[int, int]], right: list[tuple[int, int]]) -> Any:
    refuse(KeyError, "reject" in rules and any(a[0] == b[0] for a, b in itertools.combinations(left, 2)))
    rest = [(key, value + (v["factor"] * key if "combine" in rules else 0)) for key, value in right]
    found, matches = [], []
    for one, other in itertools.product(range(len(left)), range(len(rest))):
        taken = "once" in rules and other in [place for _, place in matches]
        done = "first" in rules and one in [place for place, _ in matches]
        if abs(left[one][0] - rest[other][0]) <= v["gap"] and not taken and not done:
            matches.append((one, other))
    for one, pair in enumerate(left):
        mine = [(*pair, rest[other][1]) for place, other in matches if place == one]
        found += mine or ([(*pair, v["missing"])] if "lonely" in rules else [])
    if "outer" in rules:
        used = [other for _, other in matches]
        found += [(key, v["missing"], value) for place, (key, value) in enumerate(rest) if place not in used]
    refuse(OverflowError, "limit" in rules and len(found) > v["most"])
    return sorted(found) if "sort" in rules else found


def ordering(rules: set[str], v: Values, needs: dict[str, list[str]]) -> Any:
    """Of all orders in which needs come first, the least: so for at most six jobs only; None for more."""
    jobs = sorted({*needs, *itertools.chain(*needs.values())})
    refuse(KeyError, "forbidden" in rules and v["bad"] in jobs)
    done = {v["one"], v["two"]} if "done" in rules else set()
    jobs = sorted(
        (j for j in jobs if j not in done), key=lambda j: (v["letter"] not in j if "urgent" in rules else 0, j)
    )
    if len(jobs) > 6:
        return None
    waits = [(job, other) for job in jobs for other in needs.get(job, ()) if other not in done]
    fine = (o for o in itertools.permutations(jobs) if all(o.index(b) < o.index(a) for a, b in waits))
    order = next(fine, None)
    refuse(ValueError, order is None)
    assert order is not None
    if "rounds" in rules:
        rounds: list[list[str]] = []
        while sum(map(len, rounds)) < len(jobs):
            past = [job for batch in rounds for job in batch]
            ready = [j for j in jobs if j not in past and all(b in past for a, b in waits if a == j)]
            rounds.append(ready[: v["width"]])
        return rounds
    rest = [[job, v["pause"]] if "rest" in rules and len(job) > v["long"] else [job] for job in order]
    return [*itertools.chain(*rest[:-1]), *order[-1:]]


def inventory(rules: set[str], v: Values, stock: dict[str, int], moves: list[tuple[str, int]]) -> Any:
    refuse(ValueError, "reject" in rules and len(moves) > v["most"])
    counts, idle = {**stock}, 0

    def add(good: str, change: int) -> None:
        counts.setdefault(good, 0)
        for _ in range(abs(change)):  # one by one
            step = 1 if change > 0 else -1
            if not (step > 0 and "cap" in rules and counts[good] >= v["cap"]):
                counts[good] += step if step > 0 or "floor" not in rules or counts[good] > 0 else 0

    for good, change in moves:
        if "crate" in rules and good == v["crate"]:
            good, change = v["inside"], change * v["size"]
        refuse(KeyError, "known" in rules and change < 0 and good not in counts)
        before = {**counts}
        add(good, change)
        if "fee" in rules and change < 0 and good != v["paid"]:
            add(v["paid"], -v["fee"])
        idle += change != 0 and all(before.get(other, 0) == count for other, count in counts.items())
    kept = {good: count for good, count in counts.items() if count or "empty" not in rules}
    return (kept, idle) if "report" in rules else kept


def nesting(rules: set[str], v: Values, tree: list[Any]) -> Any:
    def items(inside: list[Any], depth: int) -> Iterator[tuple[int, Any]]:
        for item in inside:
            yield depth, item
            yield from items(item, depth + 1) if isinstance(item, list) else ()

    every = list(items(tree, 1))
    refuse(RecursionError, "bottom" in rules and max((depth for depth, _ in every), default=0) > v["bottom"])
    refuse(ValueError, "reject" in rules and any(item == v["bad"] for _, item in every))

    def taken(inside: list[Any], depth: int) -> Iterator[tuple[int, int]]:
        for item in inside or ([v["hollow"]] if "empty" in rules else []):
            if isinstance(item, int):
                yield depth, item
            elif "long" not in rules or len(item) <= v["longest"]:
                yield from taken(item, depth + 1)

    found = []
    for depth, number in taken(tree, 1):
        counted = number + (v["times"] * depth if "depth" in rules else 0)
        counted *= -1 if "other" in rules and depth % v["every"] == 0 else 1
        found += [(depth, counted)] if "deep" not in rules or depth <= v["deepest"] else []
    if "pairs" in rules:
        return found
    return sum(n for _, n in found) if "total" in rules else [n for _, n in found]


def duplicates(rules: set[str], v: Values, values: list[int]) -> Any:
    refuse(ValueError, "reject" in rules and [1 for value in values if value < v["low"] or value > v["high"]])
    [by] = re.findall(r"(?:by|from) (\d+)", v["how"])
    number = int(by)

    def alike(i: int, j: int) -> bool:
        a, b = values[i], values[j]
        if i != j and "except" in rules and v["free"] in (a, b):
            return False
        if "near" in rules and abs(i - j) > v["near"]:
            return False
        if "remainder" in v["how"]:
            return (a - b) % number == 0
        return (
            math.floor(a / number) == math.floor(b / number)
            if "rounded" in v["how"]
            else abs(a - number) == abs(b - number)
        )

    kept = []
    for i, value in enumerate(values):
        others = [j for j in range(len(values)) if j != i and alike(i, j)]
        worse = {
            "first": [j for j in others if j < i],
            "last": [j for j in others if j > i],
            "largest": [j for j in others if values[j] > value or (values[j] == value and j < i)],
        }[next(rule for rule in ("first", "last", "largest") if rule in rules)]
        if not worse and (others or "single" not in rules):
            kept.append((value, 1 + len(others)) if "count" in rules else value)
    return sorted(kept)[::-1] if "sorted" in rules else kept


ORACLES: dict[str, Callable[..., Any]] = {
    **{f"strings.{made.__name__}": made for made in (wrapping, fields, identifiers, ciphers)},
    **{f"integers.{made.__name__}": made for made in (change, clocks, check_digits, factors, bit_fields)},
    **{
        f"collections.{made.__name__}": made
        for made in (grouping, ranking, windows, joins, ordering, inventory, nesting, duplicates)
    },
}
