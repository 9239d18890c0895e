"""Tiled matrix products, with what is usually fused into them."""

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
    blocks,
    factor,
    kernel_draft,
    matrix,
    numbers,
    vector,
)
from hone.tasks.families.splits import Rules


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    alpha = factor(rng, 17, 159)
    slope = rng.choice((0.0, 0.125, 0.25, 0.5))
    dtype = rng.choice(("f16", "bf16")) if "half" in rules else "f32"
    bias, activation, add, split = (rule in rules for rule in ("bias", "activation", "add", "split"))
    free = "strides" in rules
    name = rng.choice(("matmul", "product", "tile_product", "gemm"))
    steps = ["a_row", "a_col", "b_row", "b_col", "c_row", "c_col"] if free else ["a_row", "b_row", "c_row"]
    parameters = ["a_ptr", "b_ptr", *(["bias_ptr"] if bias else []), "c_ptr", "m", "n", "k", *steps]
    parameters += ["BLOCK_M", "BLOCK_N", "BLOCK_K", *(["SPLIT"] if split else [])]
    value = f"{alpha}·(a @ b)" + (" + bias" if bias else "")
    if activation:
        value = f"f({value}), where f(v) = v where v is above 0 and {slope}·v elsewhere"
    asked = f"a is m × k, b is k × n (both {NAMES[dtype]}), c is m × n (float32). "
    asked += f"{'Add to c_ptr, which holds numbers,' if add or split else 'Store to c_ptr'} {value}. "
    asked += "bias_ptr has n elements of float32, one for each column. " if bias else ""
    asked += (
        "The next row of a is a_row elements further and the next column a_col, and so for b and c; any of them may be "
        "stored row by row or column by column. "
        if free
        else "The rows of a, b and c lie a_row, b_row and c_row elements apart. "
    )
    if split:
        asked += (
            "The grid is (blocks of BLOCK_M rows, blocks of BLOCK_N columns, SPLIT): the programs of "
            "a tile share the k "
            "products by the third number and join their parts to c_ptr by atomic operations. "
        )
    else:
        asked += "The grid is (blocks of BLOCK_M rows, blocks of BLOCK_N columns). "
    asked += "No program stores more than BLOCK_M · BLOCK_N elements; k may be longer than BLOCK_K. "
    asked += "Accumulate in float32" + ("." if dtype != "f32" else ": operands must not be rounded (to tf32, for one).")

    def model(a: list[list[float]], b: list[list[float]], *given: Any) -> list[Any]:
        rest = list(given)
        column = rest.pop(0) if bias else None
        c = rest.pop(0)
        out = []
        for i, row in enumerate(a):
            for j in range(len(b[0])):
                found = alpha * math.fsum(x * b[t][j] for t, x in enumerate(row)) + (column[j] if column else 0.0)
                found = slope * found if activation and found <= 0 else found
                out.append(found + c[i][j] if c else found)
        return [out]

    def launch(rng: random.Random, shape: tuple[int, int, int], block: tuple[int, int, int], parts: int = 1) -> Launch:
        m, n, k = shape
        sides = {"a": (m, k), "b": (k, n), "c": (m, n)}
        placed = {}
        for side, (rows, columns) in sides.items():
            across = free and rng.random() < 0.5
            length = (rows if across else columns) + rng.randint(0, 4)
            placed[side] = (1, length) if across else (length, 1)
        role = "inout" if add or split else "out"
        made: list[Any] = [
            matrix("a_ptr", dtype, sides["a"], placed["a"], numbers(rng, dtype, m * k)),
            matrix("b_ptr", dtype, sides["b"], placed["b"], numbers(rng, dtype, k * n)),
            *([vector("bias_ptr", "f32", n, numbers(rng, "f32", n))] if bias else []),
            matrix(
                "c_ptr", "f32", sides["c"], placed["c"], None if role == "out" else numbers(rng, "f32", m * n), role
            ),
        ]
        given = [placed[step[0]][step.endswith("col")] for step in steps]
        grid = [blocks(m, block[0]), blocks(n, block[1]), *([parts] if split else [])]
        return grid, [*made, m, n, k, *given], [*block, *([parts] if split else [])], block[0] * block[1]

    def launches(rng: random.Random) -> tuple[list[Launch], list[Launch]]:
        shown = [launch(rng, (2, 3, k), (16, 16, 16), 1 + split) for k in (2, 3, 4)]
        shapes = (
            (1, 1, 1),
            (16, 16, 16),
            (17, 5, 33),
            (7, 18, 16),
            (20, 19, 50),
            (33, 16, 7),
            (16, 40, 31),
            (5, 9, 65),
        )
        tiles = ((16, 16, 16), (16, 16, 32), (32, 16, 16))
        return shown, [launch(rng, shape, tiles[i % 3], 1 + i % 3) for i, shape in enumerate(shapes)]

    def further(rng: random.Random) -> Launch:
        shape = (rng.randint(1, 40), rng.randint(1, 40), rng.randint(1, 70))
        return launch(rng, shape, rng.choice(((16, 16, 16), (16, 16, 32), (32, 16, 16))), rng.randint(1, 3))

    body = _body(rng, rules, alpha, slope)
    constants = 4 if split else 3
    drawn = (alpha, dtype, *((slope,) if activation else ()))
    return kernel_draft(
        rng,
        Kernel(
            name,
            tuple(parameters),
            constants,
            asked,
            body,
            launches,
            further,
            model,
            drawn,
            tolerance=2e-4,
            relative=2e-5,
        ),
    )


def _body(rng: random.Random, rules: Rules, alpha: float, slope: float) -> tuple[str, ...]:
    free, split = "strides" in rules, "split" in rules
    column = {side: f" * {side}_col" if free else "" for side in "abc"}
    lines = [
        "rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)",
        "cols = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)",
        "acc = tl.zeros([BLOCK_M, BLOCK_N], dtype=tl.float32)",
    ]
    lines += [
        "for start in range(tl.program_id(2) * BLOCK_K, k, SPLIT * BLOCK_K):"
        if split
        else rng.choice(("for start in range(0, k, BLOCK_K):", "for step in range(tl.cdiv(k, BLOCK_K)):"))
    ]
    lines += [] if "start" in lines[-1] else ["    start = step * BLOCK_K"]
    precision = "" if "half" in rules else ', input_precision="ieee"'
    lines += [
        "    inner = start + tl.arange(0, BLOCK_K)",
        f"    a_at = a_ptr + rows[:, None] * a_row + inner[None, :]{column['a']}",
        f"    b_at = b_ptr + inner[:, None] * b_row + cols[None, :]{column['b']}",
        "    a = tl.load(a_at, mask=(rows[:, None] < m) & (inner[None, :] < k), other=0.0)",
        "    b = tl.load(b_at, mask=(inner[:, None] < k) & (cols[None, :] < n), other=0.0)",
        rng.choice((f"    acc += tl.dot(a, b{precision})", f"    acc = tl.dot(a, b, acc{precision})")),
    ]
    lines += [f"acc *= {alpha}"]
    if "bias" in rules:
        lines += ["bias = tl.load(bias_ptr + cols, mask=cols < n, other=0.0)", "acc += bias[None, :]"]
    lines += [f"acc = tl.where(acc > 0, acc, {slope} * acc)"] if "activation" in rules else []
    lines += [
        f"c_at = c_ptr + rows[:, None] * c_row + cols[None, :]{column['c']}",
        "mask = (rows[:, None] < m) & (cols[None, :] < n)",
    ]
    if split:
        return (*lines, "tl.atomic_add(c_at, acc, mask=mask)")
    lines += ["acc += tl.load(c_at, mask=mask, other=0.0)"] if "add" in rules else []
    return (*lines, "tl.store(c_at, acc, mask=mask)")


FAMILY = DraftedFamily(
    name="kernels.matmul",
    about="a tiled matrix product in Triton",
    skills=("kernels", "tiling", "matrix product"),
    compositions={
        1: (("tile",),),
        2: (("tile", "half"), ("tile", "bias"), ("tile", "add")),
        3: (("tile", "strides", "half"), ("tile", "bias", "activation"), ("tile", "strides", "add"), ("tile", "split")),
        4: (("tile", "strides", "bias", "activation"), ("tile", "bias", "add", "half"), ("tile", "strides", "split")),
        5: (
            ("tile", "strides", "bias", "activation", "half"),
            ("tile", "strides", "split", "half"),
            ("tile", "strides", "bias", "activation", "add"),
        ),
    },
    draw=_draw,
    packages=PACKAGES,
)
