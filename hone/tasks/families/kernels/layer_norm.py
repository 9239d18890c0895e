"""Layer norm and RMS norm of rows, with what is usually fused into them."""

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
    eps = rng.choice((1e-5, 1e-3, 1e-2, 0.0625, 0.125, 0.25, 0.5))
    gain = factor(rng, 17, 127)
    dtype = rng.choice(("f16", "bf16")) if "half" in rules else "f32"
    rms, affine, residual, stats = "rms" in rules, "affine" in rules, "residual" in rules, "stats" in rules
    name = rng.choice(("norm_rows", "normalize", "layer_norm", "standardize"))
    inputs = ["x_ptr", *(["r_ptr"] if residual else []), *(["w_ptr", "b_ptr"] if affine else [])]
    outputs = ["y_ptr", *(["s_ptr"] if residual else []), *(["rstd_ptr"] if stats else [])]
    strided = ["x_stride", *(["r_stride"] if residual else []), "y_stride", *(["s_stride"] if residual else [])]
    parameters = [*inputs, *outputs, "n", *strided, "eps", "BLOCK"]
    value = "v" if residual else "x"
    if rms:
        how = f"rstd = 1 / sqrt(mean({value}²) + eps) and y = {gain}·{value}·rstd"
    else:
        how = f"rstd = 1 / sqrt(mean(({value} - mean({value}))²) + eps) and y = {gain}·({value} - mean({value}))·rstd"
    asked = f"For each row of the matrix x_ptr of n columns ({NAMES[dtype]}) "
    asked += "let v = x + r, with r_ptr as x_ptr; store v to s_ptr (float32). With v, " if residual else ""
    asked += f"let {how}. Store {'y·w + b' if affine else 'y'} to y_ptr (float32). "
    asked += "w_ptr and b_ptr have n elements of float32. " if affine else ""
    asked += "Store rstd to rstd_ptr (float32, one for each row). " if stats else ""
    asked += "A row's stride is the number of elements to the next; eps is a float32. The mean may be large beside the "
    asked += "differences. The grid has one program for each row; none stores more than n elements of a matrix. "
    asked += "A row may be longer than BLOCK." if "loop" in rules else "BLOCK is at least n."

    def model(*given: Any) -> list[Any]:
        x, rest = given[0], list(given[1:])
        r = rest.pop(0) if residual else None
        w, b = (rest.pop(0), rest.pop(0)) if affine else ([], [])
        small = rest[len(outputs) + 1 + len(strided)]
        ys, sums, rstds = [], [], []
        for number, row in enumerate(x):
            v = [a + c for a, c in zip(row, r[number], strict=True)] if r else row
            mean = 0.0 if rms else math.fsum(v) / len(v)
            rstd = 1 / math.sqrt(math.fsum((a - mean) ** 2 for a in v) / len(v) + small)
            found = [gain * (a - mean) * rstd for a in v]
            ys += [a * c + d for a, c, d in zip(found, w, b, strict=True)] if w else found
            sums += v
            rstds.append(rstd)
        return [ys, *([sums] if residual else []), *([rstds] if stats else [])]

    def launch(rng: random.Random, m: int, n: int, block: int) -> Launch:
        centre = 0.0 if rms else rng.choice((0.0, 24.0, -20.0))
        steps = [n + rng.randint(1, 6) for _ in strided]
        at = dict(zip(strided, steps, strict=True))

        def matrix_of(tensor: str) -> Any:
            role = "out" if tensor in outputs else "in"
            kind = "f32" if tensor in outputs else dtype
            data = None if role == "out" else numbers(rng, kind, m * n, 4.0)
            if data and tensor == "x_ptr":
                data = [(round((v + centre) * 4) / 4 if kind != "f32" else v + centre) for v in data]
            if data and kind != "f32" and n > 8 and tensor == "x_ptr":
                data[n // 2] = 288.0 if kind == "f16" else 98304.0  # its square is no float16, or it is none itself
            return matrix(tensor, kind, (m, n), (at[f"{tensor[0]}_stride"], 1), data, role)

        made: list[Any] = []
        for tensor in (*inputs, *outputs):
            if tensor in ("w_ptr", "b_ptr"):
                made.append(vector(tensor, "f32", n, numbers(rng, "f32", n)))
            elif tensor == "rstd_ptr":
                made.append(vector(tensor, "f32", m, None, "out"))
            else:
                made.append(matrix_of(tensor))
        return [m], [*made, n, *steps, eps], [block], (2 if residual else 1) * n + stats

    def launches(rng: random.Random) -> tuple[list[Launch], list[Launch]]:
        shown = [launch(rng, 2, n, 4 if "loop" in rules else 8) for n in (3, 5, 6, 7)]
        sizes = [(2, 16), (16, 16), (15, 16), (23, 32), (9, 16), (64, 64), (47, 64), (3, 8), (33, 64)]
        if "loop" in rules:
            sizes = [(2, 16), (16, 16), (17, 16), (50, 16), (65, 32), (48, 16), (71, 16), (31, 16), (7, 8)]
        return shown, [launch(rng, 2 + index % 3, n, block) for index, (n, block) in enumerate(sizes)]

    def further(rng: random.Random) -> Launch:
        return launch(rng, rng.randint(1, 4), *row_size(rng, 2, loop="loop" in rules))

    body = _body(rng, rules, gain)
    return kernel_draft(
        rng,
        Kernel(
            name,
            tuple(parameters),
            1,
            asked,
            body,
            launches,
            further,
            model,
            (eps, gain, dtype),
            tolerance=1e-4,
            relative=1e-4,
        ),
    )


def _body(rng: random.Random, rules: Rules, gain: float) -> tuple[str, ...]:
    loop, rms = "loop" in rules, "rms" in rules
    load = ["mask = cols < n"]
    load += ["v = tl.load(x_ptr + row * x_stride + cols, mask=mask, other=0.0).to(tl.float32)"]
    if "residual" in rules:
        load += ["v += tl.load(r_ptr + row * r_stride + cols, mask=mask, other=0.0).to(tl.float32)"]
    head = ["for start in range(0, n, BLOCK):", "    cols = start + tl.arange(0, BLOCK)", *(f"    {o}" for o in load)]
    lines = ["row = tl.program_id(0)"]
    if not loop:
        lines += ["cols = tl.arange(0, BLOCK)", *load]
    if not rms:
        lines += ["sums = tl.zeros([BLOCK], tl.float32)", *head, "    sums += v"] if loop else []
        lines += [f"mean = tl.sum({'sums' if loop else 'v'}, axis=0) / n"]
    away = "v" if rms else "tl.where(mask, v - mean, 0.0)"
    if loop:
        lines += ["squares = tl.zeros([BLOCK], tl.float32)", *head, f"    away = {away}", "    squares += away * away"]
        variance = "tl.sum(squares, axis=0) / n"
    else:
        lines += [f"away = {away}"]
        variance = "tl.sum(away * away, axis=0) / n"
    lines += [rng.choice((f"rstd = 1 / tl.sqrt({variance} + eps)", f"rstd = tl.rsqrt({variance} + eps)"))]
    lines += ["tl.store(rstd_ptr + row, rstd)"] if "stats" in rules else []
    finish = [f"y = {gain} * {'v' if rms else '(v - mean)'} * rstd"]
    if "affine" in rules:
        finish += ["w = tl.load(w_ptr + cols, mask=mask, other=0.0)", "b = tl.load(b_ptr + cols, mask=mask, other=0.0)"]
        finish += ["y = y * w + b"]
    finish += ["tl.store(y_ptr + row * y_stride + cols, y, mask=mask)"]
    finish += ["tl.store(s_ptr + row * s_stride + cols, v, mask=mask)"] if "residual" in rules else []
    return (*lines, *head, *(f"    {o}" for o in finish)) if loop else (*lines, *finish)


FAMILY = DraftedFamily(
    name="kernels.layer_norm",
    about="a Triton kernel for the layer norm or RMS norm of rows",
    skills=("kernels", "reductions", "numerical stability"),
    compositions={
        1: (("row",), ("rms",)),
        2: (("row", "half"), ("row", "affine"), ("rms", "affine"), ("rms", "loop")),
        3: (("row", "loop", "half"), ("row", "affine", "half"), ("rms", "residual", "half"), ("row", "loop", "stats")),
        4: (
            ("row", "loop", "affine", "half"),
            ("row", "affine", "residual", "half"),
            ("rms", "loop", "residual", "half"),
        ),
        5: (("row", "loop", "affine", "residual", "half"), ("row", "loop", "affine", "residual", "stats")),
    },
    draw=_draw,
    packages=PACKAGES,
)
