"""Histograms: programs that count into the same bins, by atomic operations."""

import math
import random
from typing import Any

from hone.tasks.families.calls import CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.kernels.launched import PACKAGES, Kernel, Launch, blocks, kernel_draft, matrix, numbers, vector
from hone.tasks.families.splits import Rules


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    weights, floats, rows, most, spare = (rule in rules for rule in ("weights", "floats", "rows", "highest", "ignored"))
    step, low = rng.randint(1, 9), rng.randint(-9, 9)
    width = rng.choice((0.25, 0.5, 1.0, 1.5, 2.0, 3.0))
    name = rng.choice(("histogram", "count_values", "tally", "bin_counts"))
    kind = "f32" if floats else "i32"
    parameters = ["x_ptr", *(["w_ptr"] if weights else []), "y_ptr", *(["high_ptr"] if most else []), "n", "bins"]
    parameters += [*(["x_stride", "y_stride"] if rows else []), "BLOCK"]
    of = "the matrix x_ptr of m rows and n columns" if rows else "the vector x_ptr of n elements"
    counted = f"{width}·" if weights else ""
    asked = f"For each x of {of} ({'float32' if floats else 'int32'}) "
    asked += f"add {counted}w, the element of w_ptr (float32) at its place, " if weights else f"add {step} "
    asked += f"to bin {f'floor({width}·x)' if floats else 'x'} - ({low}) of y_ptr "
    asked += f"({'float32' if weights else 'int32'}), "
    asked += "which holds a number for each bin at the start. "
    asked += (
        "Each row has bins of its own, in the same row of y_ptr; rows lie x_stride and y_stride elements apart. "
        if rows
        else ""
    )
    asked += "What belongs to no bin from 0 to bins - 1 is left out. " if spare else "Every x belongs to a bin. "
    asked += (
        "high_ptr (int32, one element) must end as the larger of what it holds and the highest bin met. "
        if most
        else ""
    )
    asked += "Many programs meet the same bin. The grid has one program for each BLOCK elements"
    asked += " of a row: (m, blocks)." if rows else "."

    def bin_of(x: float) -> int:
        return (math.floor(width * x) if floats else int(x)) - low

    def model(*given: Any) -> list[Any]:
        rest = list(given)
        x = rest.pop(0)
        w = rest.pop(0) if weights else None
        y = [list(row) for row in rest[0]] if rows else [list(rest[0])]
        high = rest[1][0] if most else 0
        for number, row in enumerate(x if rows else [x]):
            for place, value in enumerate(row):
                found = bin_of(value)
                if 0 <= found < len(y[0]):
                    heavy = (w[number][place] if rows else w[place]) * width if w else step
                    y[number][found] += heavy
                    high = max(high, found)
        return [[value for line in y for value in line], *([[high]] if most else [])]

    def launch(rng: random.Random, m: int, n: int, bins: int, block: int) -> Launch:
        m = m if rows else 1
        edge = 3 if spare else 0

        def value() -> float:
            wanted = rng.randint(-edge, bins - 1 + edge)
            return (wanted + low + rng.choice((0.0, 0.25, 0.5))) / width if floats else wanted + low

        x = [value() for _ in range(m * n)]
        if floats:  # only what float32 holds, and what both sides put into one bin
            x = [round(v * 4) / 4 for v in x]
            x = [v if spare or 0 <= bin_of(v) < bins else math.ceil(low / width) + 0.0 for v in x]
        steps = (n + rng.randint(1, 4), bins + rng.randint(1, 4))
        starts = [rng.randint(0, 20) / (8 if weights else 1) for _ in range(m * bins)]
        y = [v if weights else int(v) for v in starts]
        w, out = numbers(rng, "f32", m * n), "f32" if weights else "i32"

        def placed(tensor: str, dtype: str, columns: int, row: int, data: list[Any], role: str = "in") -> Any:
            if rows:
                return matrix(tensor, dtype, (m, columns), (row, 1), data, role)
            return vector(tensor, dtype, columns, data, role)

        made: list[Any] = [placed("x_ptr", kind, n, steps[0], x)]
        made += [placed("w_ptr", "f32", n, steps[0], w)] if weights else []
        made.append(placed("y_ptr", out, bins, steps[1], y, "inout"))
        made += [vector("high_ptr", "i32", 1, [rng.randint(-1, bins // 2)], "inout")] if most else []
        grid = [m, blocks(n, block)] if rows else [blocks(n, block)]
        return grid, [*made, n, bins, *(steps if rows else [])], [block], block + bins + most

    def launches(rng: random.Random) -> tuple[list[Launch], list[Launch]]:
        shown = [launch(rng, 2, n, 3, 4) for n in (4, 5, 6)]
        sizes = ((1, 3, 16), (16, 2, 16), (17, 5, 16), (50, 7, 16), (33, 4, 32), (48, 3, 16), (75, 9, 16), (31, 13, 8))
        sizes += ((7, 1, 8),)
        return shown, [launch(rng, 1 + i % 3, n, bins, block) for i, (n, bins, block) in enumerate(sizes)]

    def further(rng: random.Random) -> Launch:
        return launch(rng, rng.randint(1, 3), rng.randint(1, 90), rng.randint(1, 13), rng.choice((8, 16, 32)))

    offset = {"x": "row * x_stride + cols" if rows else "cols", "y": "row * y_stride + bin" if rows else "bin"}
    lines = ["row = tl.program_id(0)"] if rows else []
    lines += [
        f"cols = tl.program_id({1 if rows else 0}) * BLOCK + tl.arange(0, BLOCK)",
        "mask = cols < n",
        f"x = tl.load(x_ptr + {offset['x']}, mask=mask, other=0)",
        f"bin = tl.floor({width} * x).to(tl.int32) - ({low})" if floats else f"bin = x - ({low})",
    ]
    lines += ["mask = mask & (bin >= 0) & (bin < bins)"] if spare else []
    if weights:
        lines += [f"w = tl.load(w_ptr + {offset['x']}, mask=mask, other=0.0)"]
        lines += [f"tl.atomic_add(y_ptr + {offset['y']}, {width} * w, mask=mask)"]
    else:
        lines += [f"tl.atomic_add(y_ptr + {offset['y']}, tl.full([BLOCK], {step}, tl.int32), mask=mask)"]
    if most:
        lines += rng.choice(
            (
                ["tl.atomic_max(high_ptr, tl.max(tl.where(mask, bin, -1), axis=0))"],
                ["tl.atomic_max(high_ptr + tl.zeros([BLOCK], tl.int32), bin, mask=mask)"],
            )
        )
    drawn = (low, *((width,) if weights or floats else ()), *(() if weights else (step,)))
    return kernel_draft(
        rng, Kernel(name, tuple(parameters), 1, asked, tuple(lines), launches, further, model, drawn, tolerance=1e-4)
    )


FAMILY = DraftedFamily(
    name="kernels.histogram",
    about="a Triton kernel that counts into bins by atomic operations",
    skills=("kernels", "atomics", "races"),
    compositions={
        1: (("bins",),),
        2: (("bins", "ignored"), ("bins", "weights"), ("bins", "floats"), ("bins", "highest")),
        3: (("bins", "rows", "ignored"), ("bins", "weights", "ignored"), ("bins", "floats", "highest")),
        4: (
            ("bins", "rows", "floats", "ignored"),
            ("bins", "weights", "floats", "ignored"),
            ("bins", "rows", "weights"),
        ),
        5: (("bins", "rows", "weights", "floats", "ignored"), ("bins", "rows", "weights", "ignored", "highest")),
    },
    draw=_draw,
    packages=PACKAGES,
)
