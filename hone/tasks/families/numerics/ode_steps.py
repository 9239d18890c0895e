"""Steps of a numerical integration: explicit methods for one equation."""

import random
from typing import Any

from hone.tasks.checks import Compare
from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_METHODS = {
    "euler": (
        "Euler's method: y becomes y + h·f(t, y)",
        ["y = y + h * slope(t, y)"],
    ),
    "midpoint": (
        "the midpoint method: with m = y + h/2·f(t, y), y becomes y + h·f(t + h/2, m)",
        ["middle = y + h / 2 * slope(t, y)", "y = y + h * slope(t + h / 2, middle)"],
    ),
    "heun": (
        "Heun's method: with p = y + h·f(t, y), y becomes y + h/2·(f(t, y) + f(t + h, p))",
        ["ahead = y + h * slope(t, y)", "y = y + h / 2 * (slope(t, y) + slope(t + h, ahead))"],
    ),
    "rk4": (
        "the classical Runge–Kutta method: k1 = f(t, y), k2 = f(t + h/2, y + h/2·k1), k3 = f(t + h/2, y + h/2·k2), "
        "k4 = f(t + h, y + h·k3), and y becomes y + h/6·(k1 + 2·k2 + 2·k3 + k4)",
        [
            "k1 = slope(t, y)",
            "k2 = slope(t + h / 2, y + h / 2 * k1)",
            "k3 = slope(t + h / 2, y + h / 2 * k2)",
            "k4 = slope(t + h, y + h * k3)",
            "y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)",
        ],
    ),
}
_ASKED = {
    "path": ("Return the list of all values, y itself first.",),
    "stop": ("Stop early, after the first step that leaves |y| above {most}: that y is the last.",),
    "reject": ("Raise ValueError if `steps` is negative or `h` is not above 0.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    a, b = rng.randint(-19, 19) / 10 or 0.5, rng.randint(1, 15) / 10
    most = rng.randint(2, 6)
    name = rng.choice(("integrate", "advance", "simulate"))
    path = "path" in rules
    signature = f"{name}(y: float, h: float, steps: int) -> {'list[float]' if path else 'float'}"
    method = next(rule for rule in rules if rule in _METHODS)
    told, body = _METHODS[method]
    said = " ".join(rng.choice(_ASKED[rule]).format(most=most) for rule in rules if rule in _ASKED)
    asked = (
        f"The equation is y' = f(t, y) = {a}·y + {b}·t. Starting from `y` at t = 0, take `steps` steps of size `h` by "
        f"{told}; then t grows by h. {'' if path else 'Return the last y; with 0 steps that is `y` itself. '}{said} "
        "An answer may be off by a relative error of 1e-9, whichever way the arithmetic is ordered."
    )
    lines = ["if steps < 0 or not h > 0:", '    raise ValueError("impossible steps")'] if "reject" in rules else []
    lines += ["", "def slope(t: float, y: float) -> float:", f"    return {a} * y + {b} * t", ""]
    if path:
        lines += ["values = [y]"]
    by_index = rng.random() < 0.5
    lines += ["for step in range(steps):" if by_index else "for _ in range(steps):"]
    if by_index:
        lines += ["    t = step * h"]
    else:
        lines.insert(len(lines) - 1, "t = 0.0")
    lines += [f"    {line}" for line in body]
    if not by_index:
        lines += ["    t += h"]
    if path:
        lines += ["    values.append(y)"]
    if "stop" in rules:
        lines += [f"    if abs(y) > {most}:", "        break"]
    lines += ["return values" if path else "return y"]
    return CallDraft(
        parameters=(a, b, *((most,) if "stop" in rules else ())),
        signature=signature,
        asked=asked,
        reference=function(signature, lines),
        inputs=lambda rng: _inputs(rng, rules, most),
        comparison={"compare": Compare.CLOSE, "relative_tolerance": 1e-9, "tolerance": 1e-12},
    )


def _inputs(rng: random.Random, rules: Rules, most: int) -> tuple[list[Arguments], list[Arguments]]:
    def some(steps: int) -> tuple[Any, ...]:
        return round(rng.uniform(-1.5, 1.5), 2), rng.choice((0.1, 0.25, 0.05, 0.2)), steps

    shown = [some(rng.randint(1, 3)) for _ in range(6)]
    hidden: list[Arguments] = [(1.0, 0.1, 0), (1.0, 0.5, 1), (0.0, 0.25, 2), (-1.0, 0.125, 4)]
    hidden += [some(count) for count in (3, 5, 8, 12, 20, 30)]
    if "stop" in rules:
        hidden += [(most - 0.01, 0.5, 30), (float(most), 0.01, 3), (-most - 0.5, 0.25, 6), (most * 0.9, 0.3, 40)]
    if "reject" in rules:
        hidden += [(1.0, 0.0, 3), (1.0, -0.1, 3), (1.0, 0.1, -1), (0.5, 0.0, 0), (0.5, 0.2, 0)]
    return shown, hidden


FAMILY = DraftedFamily(
    name="numerics.ode_steps",
    about="explicit steps for an ordinary differential equation",
    skills=("numerics", "differential equations"),
    compositions={
        1: (("euler",),),
        2: (("euler", "path"), ("midpoint",), ("heun",)),
        3: (("midpoint", "path"), ("rk4",), ("heun", "path")),
        4: (("rk4", "path"), ("midpoint", "stop"), ("heun", "reject"), ("rk4", "reject")),
        5: (("rk4", "path", "stop", "reject"), ("heun", "path", "stop", "reject")),
    },
    draw=_draw,
)
