"""Reductions: of each row of a matrix, of a whole vector over several programs, and where the largest stands."""

import random
from collections.abc import Callable
from typing import Any

from hone.tasks.families.calls import CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.kernels.launched import (
    NAMES,
    PACKAGES,
    Kernel,
    Launch,
    blocks,
    factor,
    kernel_draft,
    matrix,
    numbers,
    row_size,
    vector,
)
from hone.tasks.families.splits import Rules

_Reduction = tuple[str, str, str, str, Callable[[list[float]], float]]
_REDUCTIONS: dict[str, _Reduction] = {
    "sum": ("the sum of {s}·x", "sum", "{s} * x", "0.0", lambda terms: sum(terms)),
    "squares": ("the sum of {s}·x²", "sum", "{s} * x * x", "0.0", lambda terms: sum(terms)),
    "absolute": ("the sum of {s}·|x|", "sum", "{s} * tl.abs(x)", "0.0", lambda terms: sum(terms)),
    "largest": ("the largest {s}·x", "max", "{s} * x", '-float("inf")', max),
    "smallest": ("the smallest {s}·x", "min", "{s} * x", 'float("inf")', min),
}
_TERMS: dict[str, Callable[[float, float], float]] = {
    "squares": lambda x, s: s * x * x,
    "absolute": lambda x, s: s * abs(x),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    kind = rng.choice(("largest", "smallest") if "where" in rules else tuple(_REDUCTIONS))
    s = factor(rng, 17, 159)
    words, how, term, neutral, reduce = _REDUCTIONS[kind]
    dtype = rng.choice(("f16", "bf16")) if "half" in rules else "f32"
    mean, whole, last = how == "sum" and "mean" in rules, "whole" in rules, "last" in rules
    name = rng.choice(("reduce", "row_reduce", "condense", "fold"))
    said = words.format(s=s) + (", divided by n" if mean else "")
    term = term.format(s=s)
    spread = whole or last
    if spread:
        parameters = ["x_ptr", "y_ptr", *(["part_ptr", "count_ptr"] if last else []), "n", "BLOCK"]
        asked = (
            f"Store {said} over all x of the vector x_ptr of n elements ({NAMES[dtype]}) to the one element of y_ptr "
            "(float32). The grid has one program for each BLOCK elements"
        )
        start = {"sum": "0", "max": "-infinity", "min": "infinity"}[how]
        asked += (
            ". Two more buffers serve the programs: part_ptr, one float32 for each program, holds garbage; count_ptr, "
            "one int32, holds 0. y_ptr holds garbage, and only the program that comes last may store to it; float "
            "atomics are not to be used. No program stores more than 3 elements."
            if last
            else f"; y_ptr holds {start} at the start, and every program joins its part to it by one atomic operation."
        )
    else:
        parameters = ["x_ptr", "y_ptr", *(["at_ptr"] if "where" in rules else []), "n", "x_stride", "BLOCK"]
        asked = (
            f"For each row of the matrix x_ptr of n columns ({NAMES[dtype]}; rows lie x_stride elements apart) store "
            f"{said} over its x to y_ptr (float32, one for each row)"
        )
        asked += ", and the first column where it stands to at_ptr (int32)" if "where" in rules else ""
        asked += ". The grid has one program for each row; none stores more than one element of each output. "
        asked += "A row may be longer than BLOCK." if "loop" in rules else "BLOCK is at least n."
    body = _rows(rng, rules, how, term, neutral, mean)
    if spread:
        body = _whole(rng, how, term, neutral, mean, last)

    def model(x: list[Any], *_: Any) -> list[Any]:
        rows = [x] if spread else x
        terms = [[_TERMS.get(kind, lambda v, s: s * v)(v, s) for v in row] for row in rows]
        found = [reduce(row) / (len(row) if mean else 1) for row in terms]
        where = [[row.index(best) for row, best in zip(terms, found, strict=True)]] if "where" in rules else []
        return [found, *where]

    def launch(rng: random.Random, m: int, n: int, block: int) -> Launch:
        data = numbers(rng, dtype, n if spread else m * n)
        if dtype == "f16" and n > 8:
            data[n // 2] = 300.0 if kind == "squares" else data[n // 2]
        if how != "sum" and rng.random() < 0.5:  # all on one side of zero, so that a zero too many is seen
            data = [-abs(v) - 0.5 if how == "max" else abs(v) + 0.5 for v in data]
        if "where" in rules and n > 4:
            data[n - 1] = data[n // 3] = (max if kind == "largest" else min)(data[:n])
        if spread:
            programs = blocks(n, block)
            first = {"sum": 0.0, "max": -float("inf"), "min": float("inf")}[how]
            out = vector("y_ptr", "f32", 1, None if last else [first], "out" if last else "inout")
            more = [vector("part_ptr", "f32", programs, None, "scratch"), vector("count_ptr", "i32", 1, [0], "scratch")]
            made = [vector("x_ptr", dtype, n, data), out, *(more if last else []), n]
            return [programs], made, [block], 3 if last else 1
        step = n + rng.randint(1, 6)
        out = [vector("y_ptr", "f32", m, None, "out")]
        out += [vector("at_ptr", "i32", m, None, "out")] if "where" in rules else []
        return [m], [matrix("x_ptr", dtype, (m, n), (step, 1), data), *out, n, step], [block], len(out)

    def launches(rng: random.Random) -> tuple[list[Launch], list[Launch]]:
        shown = [launch(rng, 2, n, 4 if spread or "loop" in rules else 8) for n in (3, 5, 6, 7)]
        sizes = [(1, 16), (16, 16), (15, 16), (23, 32), (9, 16), (64, 64), (47, 64), (2, 8), (33, 64)]
        if spread or "loop" in rules:
            sizes = [(1, 16), (16, 16), (17, 16), (50, 16), (65, 32), (48, 16), (95, 16), (31, 16), (7, 8)]
        return shown, [launch(rng, 1 + index % 4, n, block) for index, (n, block) in enumerate(sizes)]

    def further(rng: random.Random) -> Launch:
        return launch(rng, rng.randint(1, 4), *row_size(rng, 1, loop=spread or "loop" in rules))

    return kernel_draft(
        rng, Kernel(name, tuple(parameters), 1, asked, tuple(body), launches, further, model, (kind, s, dtype, mean))
    )


_JOIN = {"sum": "{a} + {b}", "max": "tl.maximum({a}, {b})", "min": "tl.minimum({a}, {b})"}


def _rows(rng: random.Random, rules: Rules, how: str, term: str, neutral: str, mean: bool) -> list[str]:
    lines = ["row = tl.program_id(0)"]
    value = f"tl.where(mask, {term}, {neutral})"
    load = "x = tl.load(x_ptr + row * x_stride + cols, mask=mask, other=0.0).to(tl.float32)"
    divided = " / n" if mean else ""
    if "loop" not in rules:
        lines += ["cols = tl.arange(0, BLOCK)", "mask = cols < n", load, f"terms = {value}"]
        lines += [f"best = tl.{how}(terms, axis=0)", f"tl.store(y_ptr + row, best{divided})"]
        if "where" in rules:
            lines += rng.choice(
                (
                    ["tl.store(at_ptr + row, tl.min(tl.where(terms == best, cols, n), axis=0))"],
                    [f"tl.store(at_ptr + row, tl.arg{how}(terms, axis=0))"],
                )
            )
        return lines
    each = rng.random() < 0.5 or "where" in rules
    lines += [f"total = {neutral} + tl.zeros([BLOCK], tl.float32)" if not each else f"best = {neutral}"]
    lines += ["at = 0"] if "where" in rules else []
    lines += ["for start in range(0, n, BLOCK):", "    cols = start + tl.arange(0, BLOCK)", "    mask = cols < n"]
    lines += [f"    {load}", f"    terms = {value}"]
    if not each:
        lines += [f"    total = {_JOIN[how].format(a='total', b='terms')}", f"best = tl.{how}(total, axis=0)"]
    elif "where" in rules:
        better = ">" if how == "max" else "<"
        lines += [
            f"    found = tl.{how}(terms, axis=0)",
            "    place = tl.min(tl.where(terms == found, cols, n), axis=0)",
            f"    at = tl.where(found {better} best, place, at)",
            f"    best = {_JOIN[how].format(a='best', b='found')}",
        ]
    else:
        lines += [f"    best = {_JOIN[how].format(a='best', b=f'tl.{how}(terms, axis=0)')}"]
    lines += [f"tl.store(y_ptr + row, best{divided})"]
    return [*lines, *(["tl.store(at_ptr + row, at)"] if "where" in rules else [])]


def _whole(rng: random.Random, how: str, term: str, neutral: str, mean: bool, last: bool) -> list[str]:
    divided = " / n" if mean else ""
    lines = [
        "cols = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)",
        "mask = cols < n",
        "x = tl.load(x_ptr + cols, mask=mask, other=0.0).to(tl.float32)",
        f"part = tl.{how}(tl.where(mask, {term}, {neutral}), axis=0)",
    ]
    if not last:
        operation = {"sum": "add"}.get(how, how)
        return [*lines, f"tl.atomic_{operation}(y_ptr, part{divided})"]
    join = [
        "    places = tl.arange(0, 64)",
        f"    parts = tl.load(part_ptr + places, mask=places < tl.num_programs(0), other={neutral})",
        f"    tl.store(y_ptr, tl.{how}(parts, axis=0){divided})",
    ]
    if rng.random() < 0.5:
        join = [
            f"    total = {neutral}",
            "    for place in range(tl.num_programs(0)):",
            f"        total = {_JOIN[how].format(a='total', b='tl.load(part_ptr + place)')}",
            f"    tl.store(y_ptr, total{divided})",
        ]
    return [
        *lines,
        "tl.store(part_ptr + tl.program_id(0), part)",
        "tl.debug_barrier()",
        "if tl.atomic_add(count_ptr, 1) == tl.num_programs(0) - 1:",
        *join,
    ]


FAMILY = DraftedFamily(
    name="kernels.reductions",
    about="a Triton kernel that reduces rows, or all of a vector",
    skills=("kernels", "reductions", "atomics"),
    compositions={
        1: (("row",),),
        2: (("row", "half"), ("row", "mean"), ("row", "loop"), ("row", "where")),
        3: (("row", "loop", "half"), ("row", "loop", "mean"), ("row", "where", "half"), ("whole", "half")),
        4: (("row", "loop", "where"), ("row", "loop", "mean", "half"), ("whole", "mean", "half")),
        5: (("row", "loop", "where", "half"), ("last", "whole", "half", "mean"), ("last", "whole", "mean")),
    },
    draw=_draw,
    packages=PACKAGES,
)
