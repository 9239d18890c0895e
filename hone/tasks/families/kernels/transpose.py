"""Kernels that move elements: transposes, gathers and scatters of rows, and moves in place, which take a barrier."""

import random
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


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    if "inplace" in rules:
        return _in_place(rng, rules)
    scale, shift = factor(rng, 17, 159), rng.randint(1, 7)
    dtype = rng.choice(("f16", "bf16")) if "half" in rules else "f32"
    gather, scatter, turned, add = (rule in rules for rule in ("gather", "scatter", "turned", "add"))
    name = rng.choice(("transpose", "move_tiles", "rearrange", "permute"))
    index = ["at_ptr"] if gather or scatter else []
    parameters = ["x_ptr", *index, "y_ptr", "m", "n", "x_stride", "y_stride", "BLOCK_M", "BLOCK_N"]
    row = "(i + {shift}) modulo m" if turned else "i"
    source = row.format(shift=shift)
    if gather:
        place = f"y[j, i] = {scale}·x[at[{source}], j]"
    elif scatter:
        place = f"y[j, at[{source}]] = {scale}·x[i, j]"
    else:
        place = f"y[j, {source}] = {scale}·x[i, j]"
    place = place.replace("] =", "] +=", 1) if add else place
    asked = (
        f"x_ptr is a matrix of m rows and n columns ({NAMES[dtype]}), y_ptr one of n rows and m "
        "columns (float32). For all "
        f"i below m and j below n do {place}. "
    )
    asked += "at_ptr has m numbers from 0 to m - 1 (int32), " if index else ""
    asked += "which may repeat. " if gather else "each once. " if scatter else ""
    asked += (
        "Rows lie x_stride and y_stride elements apart. The grid is (blocks of BLOCK_M rows of x, "
        "blocks of BLOCK_N columns "
        "of x); no program stores more than BLOCK_M · BLOCK_N elements."
    )

    def model(x: list[list[float]], *given: Any) -> list[Any]:
        m, n = len(x), len(x[0])
        rest = list(given)
        at = rest.pop(0) if index else list(range(m))
        y = [list(line) for line in rest[0]] if add else [[0.0] * m for _ in range(n)]
        for i in range(m):
            other = (i + shift) % m if turned else i
            for j in range(n):
                if gather:
                    y[j][i] += scale * x[at[other]][j]
                else:
                    y[j][at[other]] += scale * x[i][j]
        return [[value for line in y for value in line]]

    def launch(rng: random.Random, m: int, n: int, block: tuple[int, int]) -> Launch:
        steps = n + rng.randint(1, 5), m + rng.randint(1, 5)
        numbered = [rng.randrange(m) for _ in range(m)] if gather else rng.sample(range(m), m)
        made: list[Any] = [matrix("x_ptr", dtype, (m, n), (steps[0], 1), numbers(rng, dtype, m * n))]
        made += [vector("at_ptr", "i32", m, numbered)] if index else []
        held = numbers(rng, "f32", m * n) if add else None
        made.append(matrix("y_ptr", "f32", (n, m), (steps[1], 1), held, "inout" if add else "out"))
        return [blocks(m, block[0]), blocks(n, block[1])], [*made, m, n, *steps], list(block), block[0] * block[1]

    def launches(rng: random.Random) -> tuple[list[Launch], list[Launch]]:
        shown = [launch(rng, 2, n, (2, 4)) for n in (3, 5, 2)]
        sizes = ((1, 1), (16, 16), (17, 5), (7, 18), (20, 19), (33, 16), (16, 31), (5, 9), (12, 23))
        tiles = ((16, 16), (8, 16), (16, 8), (8, 8))
        return shown, [launch(rng, *size, tiles[i % 4]) for i, size in enumerate(sizes)]

    def further(rng: random.Random) -> Launch:
        return launch(rng, rng.randint(1, 34), rng.randint(1, 34), (rng.choice((8, 16)), rng.choice((8, 16))))

    lines = [
        "rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)",
        "cols = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)",
        "mask = (rows[:, None] < m) & (cols[None, :] < n)",
    ]
    moved = f"((rows + {shift}) % m)" if turned else "rows"
    if gather:
        lines += [f"taken = tl.load(at_ptr + {moved}, mask=rows < m, other=0)", "put = rows"]
    elif scatter:
        lines += ["taken = rows", f"put = tl.load(at_ptr + {moved}, mask=rows < m, other=0)"]
    else:
        lines += ["taken = rows", f"put = {moved}"]
    lines += [
        "x = tl.load(x_ptr + taken[:, None] * x_stride + cols[None, :], mask=mask, other=0.0).to(tl.float32)",
    ]
    if rng.random() < 0.5:
        lines += ["y_at = y_ptr + cols[None, :] * y_stride + put[:, None]", f"value = {scale} * x"]
    else:
        lines += [
            "y_at = y_ptr + cols[:, None] * y_stride + put[None, :]",
            f"value = tl.trans({scale} * x)",
            "mask = tl.trans(mask)",
        ]
    lines += ["value += tl.load(y_at, mask=mask, other=0.0)"] if add else []
    lines += ["tl.store(y_at, value, mask=mask)"]
    drawn = (scale, dtype, *((shift,) if turned else ()))
    return kernel_draft(rng, Kernel(name, tuple(parameters), 2, asked, tuple(lines), launches, further, model, drawn))


def _in_place(rng: random.Random, rules: Rules) -> CallDraft:
    """Rows turned or reversed where they lie: each lane stores what another has loaded."""
    scale, shift = factor(rng, 17, 159), rng.randint(1, 7)
    dtype = rng.choice(("f16", "f32")) if "half" in rules else "f32"
    turned, gather = "turned" in rules, "gather" in rules
    name = rng.choice(("turn_rows", "reverse_rows", "reorder", "permute_rows"))
    parameters = ["x_ptr", *(["at_ptr"] if gather else []), "n", "x_stride", "BLOCK"]
    if gather:
        taken, words = (
            f"(at + {shift}) % n",
            f"column (at[j] + {shift}) modulo n, at_ptr having n numbers from 0 to n - 1",
        )
    elif turned:
        taken, words = f"(cols + {shift}) % n", f"column (j + {shift}) modulo n"
    else:
        taken, words = "n - 1 - cols", "column n - 1 - j"
    asked = (
        f"In each row of the matrix x_ptr of n columns ({NAMES[dtype]}) replace column j, for all j "
        f"at once, by {scale} times "
        f"what {words} held. Rows lie x_stride elements apart. The grid has one program for each row; "
        "none stores more than "
        "n elements. BLOCK is at least n."
    )

    def model(x: list[list[float]], *given: Any) -> list[Any]:
        n = len(x[0])
        at = given[0] if gather else range(n)
        places = [(a + shift) % n if gather or turned else n - 1 - a for a in at]
        return [[scale * row[place] for row in x for place in places]]

    def launch(rng: random.Random, m: int, n: int, block: int) -> Launch:
        step = n + rng.randint(1, 6)
        made: list[Any] = [matrix("x_ptr", dtype, (m, n), (step, 1), numbers(rng, dtype, m * n), "inout")]
        made += [vector("at_ptr", "i32", n, [rng.randrange(n) for _ in range(n)])] if gather else []
        return [m], [*made, n, step], [block], n

    def launches(rng: random.Random) -> tuple[list[Launch], list[Launch]]:
        shown = [launch(rng, 2, n, 8) for n in (3, 5, 6, 7)]
        sizes = ((1, 16), (16, 16), (15, 16), (23, 32), (9, 16), (64, 64), (47, 64), (2, 8), (33, 64))
        return shown, [launch(rng, 1 + i % 3, n, block) for i, (n, block) in enumerate(sizes)]

    def further(rng: random.Random) -> Launch:
        return launch(rng, rng.randint(1, 4), *row_size(rng, 1, loop=False))

    lines = ["row = tl.program_id(0)", "cols = tl.arange(0, BLOCK)", "mask = cols < n"]
    lines += ["at = tl.load(at_ptr + cols, mask=mask, other=0)"] if gather else []
    lines += [
        f"x = tl.load(x_ptr + row * x_stride + {taken if '%' not in taken else f'({taken})'}, mask=mask, other=0.0)",
        "tl.debug_barrier()",
        f"tl.store(x_ptr + row * x_stride + cols, {scale} * x.to(tl.float32), mask=mask)",
    ]
    drawn = (scale, dtype, *((shift,) if gather or turned else ()))
    near = 2e-3 if dtype == "f16" else 2e-5
    return kernel_draft(
        rng,
        Kernel(name, tuple(parameters), 1, asked, tuple(lines), launches, further, model, drawn, (), near, near),
    )


FAMILY = DraftedFamily(
    name="kernels.transpose",
    about="a Triton kernel that moves elements: transposes, gathers, scatters, turns in place",
    skills=("kernels", "strides", "barriers"),
    compositions={
        1: (("tile",),),
        2: (("tile", "half"), ("tile", "turned"), ("tile", "add"), ("row", "inplace")),
        3: (("tile", "gather"), ("tile", "scatter"), ("row", "inplace", "turned"), ("tile", "turned", "add")),
        4: (
            ("tile", "gather", "half", "add"),
            ("tile", "scatter", "half", "add"),
            ("row", "inplace", "gather", "half"),
        ),
        5: (("tile", "gather", "turned", "half", "add"), ("tile", "scatter", "turned", "half", "add")),
    },
    draw=_draw,
    packages=PACKAGES,
)
