"""Scans of rows: sums and running largest, exclusive, reversed, across blocks, in place."""

import itertools
import random
from typing import Any

from hone.tasks.families.calls import CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.kernels.launched import (
    NAMES,
    PACKAGES,
    Kernel,
    Launch,
    factor,
    kernel_draft,
    matrix,
    numbers,
    row_size,
)
from hone.tasks.families.splits import Rules


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    exclusive, reverse, inplace, loop = (rule in rules for rule in ("exclusive", "reverse", "inplace", "loop"))
    largest = "largest" in rules
    scale = factor(rng, 17, 95)
    first = rng.choice((-6.0, -2.5, -1.0, 0.0, 1.0, 2.5))
    dtype = rng.choice(("f16", "bf16")) if "half" in rules else "f32"
    name = rng.choice(("scan_rows", "prefix", "running", "accumulate"))
    result = "x_ptr" if inplace else "y_ptr"
    parameters = [
        "x_ptr",
        *([] if inplace else ["y_ptr"]),
        "n",
        "x_stride",
        *([] if inplace else ["y_stride"]),
        "BLOCK",
    ]
    of = f"the largest of {first} and all {scale}·x" if largest else f"{first} plus the sum of all {scale}·x"
    where = "behind" if reverse else "before"
    which = f"{where} that column, itself left out" if exclusive else f"{where} that column and in it"
    asked = (
        f"For each row of the matrix x_ptr of n columns ({NAMES[dtype]}) and each column store {of} "
        f"of the row {which} to "
        f"the same place of {'x_ptr itself' if inplace else 'y_ptr (float32)'}. A row's stride is the "
        "number of elements "
        "to the next. The grid has one program for each row; none stores more than n elements. "
    )
    asked += "A row may be longer than BLOCK." if loop else "BLOCK is at least n."

    def model(x: list[list[float]], *_: Any) -> list[Any]:
        flat: list[float] = []
        for row in x:
            terms = [scale * v for v in (row[::-1] if reverse else row)]
            found = list(itertools.accumulate([first, *terms], max if largest else None))
            found = found[:-1] if exclusive else found[1:]
            flat += found[::-1] if reverse else found
        return [flat]

    def launch(rng: random.Random, m: int, n: int, block: int) -> Launch:
        steps = n + rng.randint(1, 6), n + rng.randint(0, 6)
        data = numbers(rng, dtype, m * n)
        x = matrix("x_ptr", dtype, (m, n), (steps[0], 1), data, "inout" if inplace else "in")
        if inplace:
            return [m], [x, n, steps[0]], [block], n
        return [m], [x, matrix("y_ptr", "f32", (m, n), (steps[1], 1), None, "out"), n, *steps], [block], n

    def launches(rng: random.Random) -> tuple[list[Launch], list[Launch]]:
        shown = [launch(rng, 2, n, 4 if loop else 8) for n in (3, 5, 6, 7)]
        sizes = [(1, 16), (16, 16), (15, 16), (23, 32), (9, 16), (31, 32), (47, 64), (2, 8), (33, 64)]
        if loop:
            sizes = [(1, 16), (16, 16), (17, 16), (50, 16), (35, 32), (48, 16), (41, 8), (31, 16), (7, 8)]
        return shown, [launch(rng, 1 + index % 3, n, block) for index, (n, block) in enumerate(sizes)]

    def further(rng: random.Random) -> Launch:
        return launch(rng, rng.randint(1, 4), *row_size(rng, 1, loop=loop))

    helpers = ("@triton.jit", "def larger(a, b):", "    return tl.maximum(a, b)", "", "") if largest else ()
    drawn = (scale, first, dtype)
    body = _body(rng, rules, scale, first, result)
    return kernel_draft(
        rng, Kernel(name, tuple(parameters), 1, asked, body, launches, further, model, drawn, helpers, 1e-4, 2e-5)
    )


def _body(rng: random.Random, rules: Rules, scale: float, first: float, result: str) -> tuple[str, ...]:
    exclusive, reverse, inplace, loop = (rule in rules for rule in ("exclusive", "reverse", "inplace", "loop"))
    largest = "largest" in rules
    neutral = '-float("inf")' if largest else "0.0"
    places = "start + tl.arange(0, BLOCK)" if loop else "tl.arange(0, BLOCK)"
    step = [f"places = {places}", "cols = n - 1 - places" if reverse else "cols = places"]
    ahead = rng.random() < 0.5 or inplace or largest
    taken = "mask=places < n"
    if exclusive and ahead:  # what is one place before, so that the scan itself is the answer
        step += ["taken = (places > 0) & (places < n)"]
        moved = "cols + 1" if reverse else "cols - 1"
        step += [f"x = tl.load(x_ptr + row * x_stride + {moved}, mask=taken, other=0.0).to(tl.float32)"]
        step += [f"terms = tl.where(taken, {scale} * x, {neutral})"]
    else:
        step += [f"x = tl.load(x_ptr + row * x_stride + cols, {taken}, other=0.0).to(tl.float32)"]
        step += [f"terms = tl.where(places < n, {scale} * x, {neutral})"]
    step += ["found = tl.associative_scan(terms, 0, larger)" if largest else "found = tl.cumsum(terms, axis=0)"]
    joined = "tl.maximum(carry, found)" if largest else "carry + found"
    answer = f"{joined} - terms" if exclusive and not ahead else joined
    store = f"tl.store({result} + row * {result[0]}_stride + cols, {answer}, mask=places < n)"
    lines = ["row = tl.program_id(0)"]
    lines += rng.choice(([f"carry = {first}"], [f"carry = tl.full([], {first}, tl.float32)"])) if loop else []
    if not loop:
        lines += [*step]
        lines += ["tl.debug_barrier()"] if inplace else []
        return (*lines, store.replace("carry", str(first)))
    total = "tl.max(terms, axis=0)" if largest else "tl.sum(terms, axis=0)"
    carry = f"carry = tl.maximum(carry, {total})" if largest else f"carry += {total}"
    return (*lines, "for start in range(0, n, BLOCK):", *(f"    {o}" for o in (*step, store, carry)))


FAMILY = DraftedFamily(
    name="kernels.scan",
    about="a Triton kernel for running sums and running maxima of rows",
    skills=("kernels", "scans", "barriers"),
    compositions={
        1: (("row",),),
        2: (("row", "half"), ("row", "reverse"), ("row", "exclusive"), ("row", "largest")),
        3: (
            ("row", "loop"),
            ("row", "exclusive", "inplace"),
            ("row", "largest", "exclusive"),
            ("row", "reverse", "half"),
        ),
        4: (("row", "loop", "reverse"), ("row", "loop", "largest", "half"), ("row", "reverse", "exclusive", "inplace")),
        5: (
            ("row", "loop", "largest", "reverse", "half"),
            ("row", "loop", "exclusive", "reverse", "half"),
            ("row", "loop", "inplace", "reverse", "largest"),
        ),
    },
    draw=_draw,
    packages=PACKAGES,
)
