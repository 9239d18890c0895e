"""Softmax of rows: stable, scaled, masked, logarithmic, and of rows longer than a block."""

import math
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
    vector,
)
from hone.tasks.families.splits import Rules


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    scale = factor(rng, 17, 127)
    dtype = rng.choice(("f16", "bf16")) if "half" in rules else "f32"
    masked, causal, log = "lengths" in rules, "causal" in rules, "log" in rules
    name = rng.choice(("softmax_rows", "normalize", "attention_weights", "probabilities"))
    parameters = ["x_ptr", "y_ptr", *(["length_ptr"] if masked else []), "n", "x_stride", "y_stride", "BLOCK"]
    what = "the logarithm of the softmax" if log else "the softmax"
    asked = (
        f"For each row of the matrix x_ptr of n columns ({NAMES[dtype]}) store {what} of {scale}·x to the same row of "
        "y_ptr (float32). Rows lie x_stride and y_stride elements apart. Subtract the largest before "
        "you exponentiate: x "
        "may be in the hundreds."
    )
    hidden = "minus infinity" if log else "0"
    if masked:
        asked += (
            f" Of row r only the first length_ptr[r] columns (int32, 1 to n) count; the others of the row get {hidden}."
        )
    if causal:
        asked += f" Of row r only columns up to and including r count; the others of the row get {hidden}."
    asked += " The grid has one program for each row; none stores more than n elements. "
    asked += "A row may be longer than BLOCK." if "loop" in rules else "BLOCK is at least n."

    def model(x: list[list[float]], _: Any, *given: Any) -> list[Any]:
        flat: list[float] = []
        for number, row in enumerate(x):
            counted = given[0][number] if masked else len(row)
            counted = min(counted, number + 1) if causal else counted
            top = max(scale * v for v in row[:counted])
            total = math.fsum(math.exp(scale * v - top) for v in row[:counted])
            if log:
                flat += [scale * v - top - math.log(total) for v in row[:counted]]
            else:
                flat += [math.exp(scale * v - top) / total for v in row[:counted]]
            flat += [-math.inf if log else 0.0] * (len(row) - counted)
        return [flat]

    def launch(rng: random.Random, m: int, n: int, block: int) -> Launch:
        data = numbers(rng, dtype, m * n)
        if m > 1:
            # One row far up: an unstable formula overflows there. One far down: what is masked out is largest there.
            for row, far in ((1, 400.0), *(((0, -400.0),) if rng.random() < 0.5 else ())):
                for place in range(row * n, row * n + n):
                    data[place] = far + (2 * rng.randint(-3, 3) if dtype == "bf16" else rng.randint(-16, 16) / 4)
        steps = n + rng.randint(1, 6), n + rng.randint(0, 6)
        made: list[Any] = [matrix("x_ptr", dtype, (m, n), (steps[0], 1), data)]
        made.append(matrix("y_ptr", "f32", (m, n), (steps[1], 1), None, "out"))
        made += [vector("length_ptr", "i32", m, [rng.randint(1, n) for _ in range(m)])] if masked else []
        return [m], [*made, n, *steps], [block], n

    def launches(rng: random.Random) -> tuple[list[Launch], list[Launch]]:
        shown = [launch(rng, 2, n, 4 if "loop" in rules else 8) for n in (3, 5, 6, 7)]
        sizes = [(1, 16), (16, 16), (15, 16), (23, 32), (9, 16), (64, 64), (47, 64), (2, 8), (33, 64)]
        if "loop" in rules:
            sizes = [(1, 16), (16, 16), (17, 16), (50, 16), (65, 32), (48, 16), (71, 16), (31, 16), (7, 8)]
        return shown, [launch(rng, 2 + index % 3, n, block) for index, (n, block) in enumerate(sizes)]

    def further(rng: random.Random) -> Launch:
        return launch(rng, rng.randint(1, 4), *row_size(rng, 1, loop="loop" in rules))

    body = _body(rng, rules, scale)
    return kernel_draft(rng, Kernel(name, tuple(parameters), 1, asked, body, launches, further, model, (scale, dtype)))


def _body(rng: random.Random, rules: Rules, scale: float) -> tuple[str, ...]:
    counted = ["counted = n"]
    if "lengths" in rules:
        counted = ["counted = tl.load(length_ptr + row)"]
    if "causal" in rules:
        counted += ["counted = tl.minimum(counted, row + 1)"]
    lines = ["row = tl.program_id(0)", *counted]
    load = [
        f"x = tl.load(x_ptr + row * x_stride + cols, mask=cols < counted, other={rng.choice(('0.0', '1.0'))})",
        f'x = tl.where(cols < counted, {scale} * x.to(tl.float32), -float("inf"))',
    ]
    log = "log" in rules
    result = "x - top - tl.log(total)" if log else "tl.exp(x - top) / total"
    store = f"tl.store(y_ptr + row * y_stride + cols, {result}, mask=cols < n)"
    if "loop" not in rules:
        lines += ["cols = tl.arange(0, BLOCK)", *load, "top = tl.max(x, axis=0)"]
        return (*lines, "total = tl.sum(tl.exp(x - top), axis=0)", store)
    head = ["for start in range(0, n, BLOCK):", "    cols = start + tl.arange(0, BLOCK)", *(f"    {o}" for o in load)]
    if rng.random() < 0.5:  # one pass for both, in which the total follows the largest
        lines += ['top = -float("inf")', "total = 0.0", *head]
        lines += [
            "    higher = tl.maximum(top, tl.max(x, axis=0))",
            "    total = total * tl.exp(top - higher) + tl.sum(tl.exp(x - higher), axis=0)",
            "    top = higher",
        ]
    else:
        lines += ['tops = tl.full([BLOCK], -float("inf"), tl.float32)', *head, "    tops = tl.maximum(tops, x)"]
        lines += ["top = tl.max(tops, axis=0)", "totals = tl.zeros([BLOCK], tl.float32)", *head]
        lines += ["    totals += tl.exp(x - top)", "total = tl.sum(totals, axis=0)"]
    return (*lines, *head, f"    {store}")


FAMILY = DraftedFamily(
    name="kernels.softmax",
    about="a Triton kernel for the softmax of rows",
    skills=("kernels", "reductions", "numerical stability"),
    compositions={
        1: (("row",),),
        2: (("row", "half"), ("row", "log"), ("row", "lengths"), ("row", "loop")),
        3: (("row", "lengths", "half"), ("row", "log", "half"), ("row", "causal", "log"), ("row", "loop", "half")),
        4: (("row", "loop", "lengths", "half"), ("row", "loop", "log", "half"), ("row", "lengths", "causal", "half")),
        5: (("row", "loop", "lengths", "log", "half"), ("row", "loop", "lengths", "causal", "half")),
    },
    draw=_draw,
    packages=PACKAGES,
)
