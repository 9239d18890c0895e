"""Small systems of linear equations and determinants, where elimination in the given order meets tiny pivots."""

import math
import random
from fractions import Fraction
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.numerics.exact import numeric_draft
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

Matrix = list[list[float]]

_ULPS = 512
_CONDITION = 8
"""How much larger the error of each number in the answer may be than that of the given numbers: elimination with any
sensible choice of pivots stays well within `_ULPS` then."""
_ASKED = {
    "pivot": (
        "A number on the diagonal may be 0, or tiny beside the others, at the start or on the way; that must cost no "
        "accuracy.",
        "Elimination may meet zeros and very small numbers on the diagonal; the answer must be as accurate there.",
    ),
    "plain": ("In every row the number on the diagonal is larger in size than the others together.",),
    "singular": ("Raise ValueError if the matrix is singular.",),
    "shape": ("Raise ValueError if {shape}.",),
    "range": ("Products of the numbers may overflow or vanish where the determinant does not.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    factor = rng.choice((-1, 1)) * rng.randint(1, 48) / 8
    determinant, several, transposed = (rule in rules for rule in ("determinant", "several", "transposed"))
    name = rng.choice(("determinant", "scaled_determinant") if determinant else ("solve", "solution", "solve_system"))
    right = "" if determinant else f", right: {'list[list[float]]' if several else 'list[float]'}"
    result = "float" if determinant else "list[list[float]]" if several else "list[float]"
    signature = f"{name}(rows: list[list[float]]{right}) -> {result}"
    shape = "a row is not as long as there are rows"
    if not determinant:
        shape += ", or a right-hand side is not" if several else ", or `right` is not"
    matrix = "A is the matrix with the given `rows`, which are one or more. "
    given = [] if "shape" in rules else ["square"]
    given += [] if "singular" in rules or determinant else ["not singular"]
    matrix += f"It is {' and '.join(given)}. " if given else ""
    system = "Aᵀ·x = b (Aᵀ is A transposed)" if transposed else "A·x = b"
    if determinant:
        asked = f"{matrix}Return {factor!r} times the determinant of A."
    elif several:
        asked = (
            f"{matrix}For each b in the list `right` solve {system}. Return the list of {factor!r} times the x of each."
        )
    else:
        asked = f"{matrix}Solve {system}, where b is `right`, and return {factor!r} times x."
    asked = " ".join([asked, *(rng.choice(_ASKED[rule]).format(shape=shape) for rule in rules if rule in _ASKED)])

    def exact(mp: Any, rows: Matrix, *more: Any) -> Any:
        sides = more[0] if several else list(more)
        if any(len(row) != len(rows) for row in (*rows, *sides)):
            raise ValueError
        used = [list(column) for column in zip(*rows, strict=True)] if transposed else rows
        found, value = _eliminated(used, sides)
        if determinant:
            return _number(mp, value * Fraction(factor))
        if value == 0:
            raise ValueError
        answers = [[_number(mp, x * Fraction(factor)) for x in column] for column in found]
        return answers if several else answers[0]

    return numeric_draft(
        parameters=(factor,),
        signature=signature,
        asked=asked,
        reference=_reference(rng, rules, signature, factor),
        exact=exact,
        inputs=lambda rng: _inputs(rng, rules),
        ulps=_ULPS,
    )


def _number(mp: Any, value: Fraction) -> Any:
    return mp.mpf(value.numerator) / value.denominator


def _eliminated(rows: Matrix, sides: list[list[float]]) -> tuple[list[list[Fraction]], Fraction]:
    """The exact solutions for each right-hand side, and the determinant; no solutions where it is 0."""
    size, value = len(rows), Fraction(1)
    work = [[Fraction(x) for x in (*row, *(side[i] for side in sides))] for i, row in enumerate(rows)]
    for k in range(size):
        pivot = next((i for i in range(k, size) if work[i][k] != 0), None)
        if pivot is None:
            return [], Fraction(0)
        if pivot != k:
            work[k], work[pivot] = work[pivot], work[k]
            value = -value
        value *= work[k][k]
        work[k] = [x / work[k][k] for x in work[k]]
        for i in range(size):
            if i != k and work[i][k] != 0:
                work[i] = [x - work[i][k] * y for x, y in zip(work[i], work[k], strict=True)]
    return [[work[i][size + j] for i in range(size)] for j in range(len(sides))], value


def _inverse(rows: Matrix) -> Matrix | None:
    size = len(rows)
    columns, _ = _eliminated(rows, [[float(i == j) for i in range(size)] for j in range(size)])
    return [[float(column[i]) for column in columns] for i in range(size)] if columns else None


def _condition(rows: Matrix, inverse: Matrix, side: list[float]) -> float:
    """Skeel's condition number: |A⁻¹|·|A|·|x| beside |x|, the worst component (Skeel 1979); inf where x has a 0."""
    x = [math.fsum(a * b for a, b in zip(row, side, strict=True)) for row in inverse]
    if not all(x):
        return math.inf
    sums = [sum(abs(a * b) for a, b in zip(row, x, strict=True)) for row in rows]
    errors = [sum(abs(a) * b for a, b in zip(row, sums, strict=True)) for row in inverse]
    return max(error / abs(value) for error, value in zip(errors, x, strict=True))


def _reference(rng: random.Random, rules: Rules, signature: str, factor: float) -> str:
    determinant, several = "determinant" in rules, "several" in rules
    exactly = "range" in rules or rng.random() < 0.3
    kept = "Fraction(number)" if exactly else "number"
    lines = ["size = len(rows)"]
    if "shape" in rules:
        checked = "[*rows, *right]" if several else "rows" if determinant else "[*rows, right]"
        lines += [f"if any(len(row) != size for row in {checked}):", '    raise ValueError("the sizes do not fit")']
    used = "zip(*rows)" if "transposed" in rules else "rows"
    if determinant:
        lines += [
            f"work = [[{kept} for number in row] for row in {used}]",
            f"value = {'Fraction(1)' if exactly else '1.0'}",
        ]
    else:
        side = "[side[i] for side in right]" if several else "[right[i]]"
        lines += [
            f"work = [[{kept} for number in [*row, *{side}]] for i, row in enumerate({used})]".replace(
                "*[right[i]]", "right[i]"
            )
        ]
    lines += ["for k in range(size):"]
    lines += _pivoted(rng, rules) if "pivot" in rules else []
    lines += ["    value *= work[k][k]"] if determinant else []
    lines += ["    for i in range(k + 1, size):", "        share = work[i][k] / work[k][k]"]
    lines += ["        work[i] = [a - share * b for a, b in zip(work[i], work[k])]"]
    imports = ["from fractions import Fraction"] if exactly else []
    if determinant:
        lines += [f"return {_scaled(factor, 'value', exactly=exactly)}"]
        return function(signature, lines, imports=imports)
    found = [
        "x = [0.0] * size",
        "for i in reversed(range(size)):",
        "    known = sum(work[i][j] * x[j] for j in range(i + 1, size))",
        "    x[i] = (work[i][size] - known) / work[i][i]",
    ]
    if exactly:
        found[0] = "x = [Fraction(0)] * size"
    answer = f"[{_scaled(factor, 'number', exactly=exactly)} for number in x]"
    if not several:
        return function(signature, [*lines, *found, f"return {answer}"], imports=imports)
    found = [line.replace("[size]", "[size + s]") for line in found]
    lines += ["answers = []", "for s in range(len(right)):", *(f"    {line}" for line in found)]
    return function(signature, [*lines, f"    answers.append({answer})", "return answers"], imports=imports)


def _pivoted(rng: random.Random, rules: Rules) -> list[str]:
    """The largest number below, brought to the diagonal."""
    lines = rng.choice(
        (
            ["    pivot = max(range(k, size), key=lambda i: abs(work[i][k]))"],
            [
                "    pivot = k",
                "    for i in range(k + 1, size):",
                "        if abs(work[i][k]) > abs(work[pivot][k]):",
                "            pivot = i",
            ],
        )
    )
    if "determinant" in rules:
        lines += ["    if work[pivot][k] == 0:", "        return 0.0", "    if pivot != k:", "        value = -value"]
    elif "singular" in rules:
        lines += ["    if work[pivot][k] == 0:", '        raise ValueError("the matrix is singular")']
    return [*lines, "    work[k], work[pivot] = work[pivot], work[k]"]


def _scaled(factor: float, name: str, *, exactly: bool) -> str:
    return f"float(Fraction({factor}) * {name})" if exactly else f"{factor} * {name}"


def _inputs(rng: random.Random, rules: Rules) -> tuple[list[Arguments], list[Arguments]]:
    determinant, several = "determinant" in rules, "several" in rules

    def number() -> float:
        return rng.choice((-1, 1)) * rng.randint(1, 40) / 8

    def matrix(size: int, corner: float | None) -> Matrix:
        rows = [[number() for _ in range(size)] for _ in range(size)]
        if corner is None:
            for i in range(size):  # the diagonal's numbers are the largest
                rows[i][i] = 2.0 * rows[i][i] + math.copysign(6.0 * size, rows[i][i])
        else:
            rows[0][0] = corner
        return rows

    def given(rows: Matrix) -> Arguments | None:
        """With right-hand sides for which the problem is well-conditioned, or None."""
        if determinant:
            return (rows,) if _determined(rows) else None
        used = [list(column) for column in zip(*rows, strict=True)] if "transposed" in rules else rows
        inverse = _inverse(used)
        sides: list[list[float]] = []
        for _ in range(30):
            side = [number() for _ in rows]
            if inverse is not None and _condition(used, inverse, side) <= _CONDITION:
                sides.append(side)
            if len(sides) == (2 if several else 1):
                return rows, sides if several else sides[0]
        return None

    def some(size: int, corner: float | None = None) -> Arguments:
        while True:
            made = given(matrix(size, corner))
            if made is not None:
                return made

    shown = [some(2) for _ in range(6)]
    hidden = [some(1), *(some(size) for size in (2, 2, 3, 3, 4))]
    if "pivot" in rules:
        hidden += [some(size, corner) for size, corner in ((2, 0.0), (2, 1e-20), (3, 0.0), (3, -1e-17), (3, 3e-300))]
        hidden += [made for _ in range(8) if (made := given(_late_zero(number))) is not None][:2]
    else:
        hidden += [some(2), some(3), some(3)]
    if "range" in rules:
        for sizes in ((1e200, 1e150, 1e-250), (1e-200, 1e-180, 1e250), (1e250, 1e-200, 1e-40), (1e180, 1e170, 1e-300)):
            (rows,) = some(3)
            hidden.append(([[size * x for x in row] for size, row in zip(sizes, rows, strict=True)],))
    flat = [
        [[1.0, 2.0], [2.0, 4.0]],
        [[0.0, 3.0], [0.0, 1.0]],
        [[0.0]],
        [[1.0, 2.0, 4.0], [4.0, 1.0, 2.0], [1.0, 2.0, 4.0]],
    ]
    if "singular" in rules:
        hidden += [
            (rows, [side, side] if several else side) for rows in flat for side in [[float(len(row)) for row in rows]]
        ]
    elif determinant and "pivot" in rules:
        hidden += [(rows,) for rows in flat]
    if "shape" in rules:
        bad: list[Any] = [[[1.0, 2.0]], [[1.0], [2.0]], [[2.0, 1.0], [1.0, 3.0, 0.0]]]
        hidden += [
            (rows,) if determinant else (rows, [[1.0] * len(rows)] if several else [1.0] * len(rows)) for rows in bad
        ]
        if not determinant:
            square = [[2.0, 1.0], [1.0, 3.0]]
            hidden += [
                (square, [[1.0, 2.0], [1.0]] if several else [1.0]),
                (square, [[1.0] * 3] if several else [1.0] * 3),
            ]
    return shown, hidden


def _late_zero(number: Any) -> Matrix:
    """Elimination meets a 0 on the diagonal at its second step."""
    first = [number(), number(), number()]
    return [first, [2 * first[0], 2 * first[1], number()], [number(), number(), number()]]


def _determined(rows: Matrix) -> bool:
    """Whether the determinant is not much more sensitive than its numbers: the terms of its expansion hardly cancel."""
    value = _eliminated(rows, [])[1]
    return value != 0 and _permanent(rows) <= _CONDITION * abs(value)


def _permanent(rows: Matrix) -> Fraction:
    if not rows:
        return Fraction(1)
    rest = [[row[:j] + row[j + 1 :] for row in rows[1:]] for j in range(len(rows))]
    return sum((abs(Fraction(x)) * _permanent(minor) for x, minor in zip(rows[0], rest, strict=True)), Fraction(0))


FAMILY = DraftedFamily(
    name="numerics.linear_systems",
    about="small linear systems and determinants with a choice of pivots",
    skills=("numerics", "linear algebra", "pivoting"),
    compositions={
        1: (("plain",), ("plain", "determinant"), ("plain", "several")),
        2: (("pivot",), ("pivot", "determinant"), ("plain", "transposed")),
        3: (
            ("pivot", "transposed"),
            ("pivot", "singular"),
            ("pivot", "several"),
            ("pivot", "determinant", "shape"),
        ),
        4: (
            ("pivot", "several", "singular"),
            ("pivot", "transposed", "singular"),
            ("pivot", "singular", "shape"),
            ("pivot", "determinant", "range", "shape"),
        ),
        5: (
            ("pivot", "transposed", "several", "singular", "shape"),
            ("pivot", "several", "singular", "shape"),
            ("pivot", "transposed", "singular", "shape"),
        ),
    },
    draw=_draw,
)
