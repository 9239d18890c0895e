"""Elementwise kernels: a function of each element, fused with a second operand or a bias."""

import math
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
    vector,
)
from hone.tasks.families.splits import Rules

_Function = tuple[str, tuple[str, ...], Callable[[float, float, float], float]]
_FUNCTIONS: tuple[_Function, ...] = (
    (
        "x limited to the range from -{a} to {b}",
        ("tl.minimum(tl.maximum(x, -{a}), {b})", "tl.where(x > {b}, {b}, tl.where(x < -{a}, -{a}, x))"),
        lambda x, a, b: min(max(x, -a), b),
    ),
    (
        "{b}·x where x is above 0, and {a}·x elsewhere",
        ("tl.where(x > 0, {b} * x, {a} * x)", "{b} * tl.maximum(x, 0.0) + {a} * tl.minimum(x, 0.0)"),
        lambda x, a, b: b * x if x > 0 else a * x,
    ),
    (
        "{b}·x / (1 + exp(-{a}·x))",
        ("{b} * x / (1 + tl.exp(-{a} * x))", "{b} * x * tl.sigmoid({a} * x)"),
        lambda x, a, b: b * x / (1 + math.exp(-a * x)),
    ),
    (
        "{a}·x² + {b}·x",
        ("{a} * x * x + {b} * x", "x * ({a} * x + {b})"),
        lambda x, a, b: a * x * x + b * x,
    ),
    (
        "{b}·x / ({a} + |x|)",
        ("{b} * x / ({a} + tl.abs(x))",),
        lambda x, a, b: b * x / (a + abs(x)),
    ),
)


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    which = rng.randrange(len(_FUNCTIONS))
    words, codes, function = _FUNCTIONS[which]
    a, b = factor(rng, 9, 40), factor(rng, 47, 101)
    dtype = rng.choice(("f16", "bf16")) if "half" in rules else "f32"
    times = rng.random() < 0.5
    rows, inplace = "rows" in rules, "inplace" in rules
    name = rng.choice(("fused", "activate", "pointwise", "apply"))
    result = "x_ptr" if inplace else "y_ptr"
    tensors = ["x_ptr", *(["z_ptr"] if "two" in rules else []), *([] if inplace else ["y_ptr"])]
    strides = [f"{tensor[0]}_stride" for tensor in tensors] if rows else []
    bias = ["bias_ptr"] if "bias" in rules else []
    parameters = [*tensors, *bias, "n", *strides, "BLOCK"]

    shape = "matrices of m rows and n columns; rows lie {}_stride elements apart" if rows else "vectors of n elements"
    what = f"f(x) = {words.format(a=a, b=b)}"
    value = f"f(x {'+ bias' if bias else ''})".replace(" )", ")")
    if "two" in rules:
        value += " · z" if times else " + z"
    kinds = "; ".join(
        [
            f"x_ptr holds {NAMES[dtype]}",
            *(["z_ptr float32"] if "two" in rules else []),
            *(["bias_ptr n elements of float32, one for each column"] if bias else []),
        ]
    )
    asked = (
        f"{'In place of each x of x_ptr put' if inplace else 'For each x of x_ptr store to y_ptr (float32)'} {value}, "
    )
    asked += f"where {what}. They are {shape.format('…')}. {kinds}. "
    if rows:
        asked += "The grid is (m, blocks of BLOCK columns); no program stores more than BLOCK elements."
    elif "loop" in rules:
        asked += (
            "The grid may have fewer programs than there are blocks of BLOCK elements, or more: the programs share the "
            "blocks, none stores more blocks than an even share, rounded up."
        )
    else:
        asked += "The grid has one program for each BLOCK elements; no program stores more than BLOCK."

    body = _body(rng, rules, rng.choice(codes).format(a=a, b=b), times, result)

    def model(*given: Any) -> list[Any]:
        x = given[0] if rows else [given[0]]
        z = (given[1] if rows else [given[1]]) if "two" in rules else None
        column = given[len(tensors)] if bias else None

        def at(i: int, j: int) -> float:
            found = function(x[i][j] + (column[j] if column else 0.0), a, b)
            return found if z is None else found * z[i][j] if times else found + z[i][j]

        return [[at(i, j) for i in range(len(x)) for j in range(len(x[i]))]]

    def launch(rng: random.Random, m: int, n: int, block: int, programs: int = 0) -> Launch:
        made: list[Any] = []
        steps = [n + rng.randint(0, 5) for _ in tensors]
        for tensor, step in zip(tensors, steps, strict=True):
            role = "inout" if tensor == result == "x_ptr" else "out" if tensor == result else "in"
            kind = dtype if tensor == "x_ptr" else "f32"
            data = None if role == "out" else numbers(rng, kind, m * n)
            made.append(
                matrix(tensor, kind, (m, n), (step, 1), data, role) if rows else vector(tensor, kind, n, data, role)
            )
        made += [vector("bias_ptr", "f32", n, numbers(rng, "f32", n))] if bias else []
        made += [n, *(steps if rows else [])]
        grid = [m, blocks(n, block)] if rows else [programs or blocks(n, block)]
        share = block * blocks(blocks(n, block), grid[0]) if programs else block
        return grid, made, [block], share

    def launches(rng: random.Random) -> tuple[list[Launch], list[Launch]]:
        m = 3 if rows else 1
        some = 2 if "loop" in rules else 0
        shown = [launch(rng, min(m, 2), n, 4, some) for n in (3, 5, 6)]
        sizes = ((1, 16), (16, 16), (17, 16), (31, 32), (33, 16), (64, 16), (50, 16), (95, 32), (7, 8))
        hidden = [launch(rng, m, n, block, some and 1 + index % 4) for index, (n, block) in enumerate(sizes)]
        return shown, hidden

    def further(rng: random.Random) -> Launch:
        m, programs = rng.randint(1, 3) if rows else 1, rng.randint(1, 5) if "loop" in rules else 0
        return launch(rng, m, rng.randint(1, 100), rng.choice((8, 16, 32)), programs)

    return kernel_draft(
        rng,
        Kernel(name, tuple(parameters), 1, asked, tuple(body), launches, further, model, (which, a, b, dtype, times)),
    )


def _body(rng: random.Random, rules: Rules, code: str, times: bool, result: str) -> list[str]:
    rows = "rows" in rules
    first = "0" if not rows else "1"
    offset = "row * {}_stride + cols" if rows else "cols"
    lines = ["row = tl.program_id(0)"] if rows else []
    step = [
        "mask = cols < n",
        f"x = tl.load(x_ptr + {offset.format('x')}, mask=mask{rng.choice(('', ', other=0.0'))}).to(tl.float32)",
    ]
    if "bias" in rules:
        step.append("x += tl.load(bias_ptr + cols, mask=mask, other=0.0)")
    step.append(f"y = {code}")
    if "two" in rules:
        step.append(f"z = tl.load(z_ptr + {offset.format('z')}, mask=mask, other=0.0)")
        step.append(f"y = y {'*' if times else '+'} z")
    step.append(f"tl.store({result} + {offset.format(result[0])}, y, mask=mask)")
    if "loop" in rules:
        lines += [
            "for start in range(tl.program_id(0) * BLOCK, n, tl.num_programs(0) * BLOCK):",
            "    cols = start + tl.arange(0, BLOCK)",
            *(f"    {line}" for line in step),
        ]
        return lines
    return [*lines, f"cols = tl.program_id({first}) * BLOCK + tl.arange(0, BLOCK)", *step]


FAMILY = DraftedFamily(
    name="kernels.elementwise",
    about="a Triton kernel that applies a function to each element",
    skills=("kernels", "masking", "strides"),
    compositions={
        1: (("map",),),
        2: (("map", "two"), ("map", "half"), ("map", "loop"), ("map", "inplace")),
        3: (("map", "rows", "two"), ("map", "rows", "half"), ("map", "loop", "half"), ("map", "loop", "two")),
        4: (("map", "rows", "bias", "half"), ("map", "rows", "bias", "two"), ("map", "rows", "inplace", "bias")),
        5: (("map", "rows", "bias", "half", "two"), ("map", "rows", "bias", "two", "inplace")),
    },
    draw=_draw,
    packages=PACKAGES,
)
