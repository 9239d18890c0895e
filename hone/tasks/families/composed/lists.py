"""Operations on lists of integers."""

from itertools import accumulate

from hone.tasks.families.composed.primitive import Condition, Kind, Primitive

XS, N = Kind.INTS, Kind.INT
SMALL = (2, 3, 4, 5, 6, 7, 8, 9)
FEW = (1, 2, 3, 4)

PRIMITIVES = (
    Primitive(
        "keep_even",
        XS,
        XS,
        lambda xs: [v for v in xs if v % 2 == 0],
        ("keep only the even numbers", "drop the odd numbers"),
        (
            "[v for v in {x} if v % 2 == 0]",
            "out = []\nfor v in {x}:\n    if v % 2 == 0:\n        out.append(v)\n{y} = out",
        ),
    ),
    Primitive(
        "keep_odd",
        XS,
        XS,
        lambda xs: [v for v in xs if v % 2],
        ("keep only the odd numbers", "drop the even numbers"),
        ("[v for v in {x} if v % 2 == 1]", "[v for v in {x} if v % 2]"),
    ),
    Primitive(
        "keep_positive",
        XS,
        XS,
        lambda xs: [v for v in xs if v > 0],
        ("keep only the positive numbers", "drop everything that is not positive"),
        ("[v for v in {x} if v > 0]",),
    ),
    Primitive(
        "keep_above",
        XS,
        XS,
        lambda xs, k: [v for v in xs if v > k],
        ("keep the numbers greater than {k}", "drop every number up to {k}"),
        (
            "[v for v in {x} if v > {k}]",
            "out = []\nfor v in {x}:\n    if v > {k}:\n        out.append(v)\n{y} = out",
        ),
        SMALL,
    ),
    Primitive(
        "keep_below",
        XS,
        XS,
        lambda xs, k: [v for v in xs if v < k],
        ("keep the numbers less than {k}", "drop every number from {k} up"),
        ("[v for v in {x} if v < {k}]",),
        SMALL,
    ),
    Primitive(
        "add_each",
        XS,
        XS,
        lambda xs, k: [v + k for v in xs],
        ("add {k} to each number", "increase every number by {k}"),
        ("[v + {k} for v in {x}]", "out = []\nfor v in {x}:\n    out.append(v + {k})\n{y} = out"),
        SMALL,
    ),
    Primitive(
        "times_each",
        XS,
        XS,
        lambda xs, k: [v * k for v in xs],
        ("multiply each number by {k}", "scale every number by {k}"),
        ("[v * {k} for v in {x}]", "[{k} * v for v in {x}]"),
        SMALL,
    ),
    Primitive(
        "square_each",
        XS,
        XS,
        lambda xs: [v * v for v in xs],
        ("square each number", "replace each number by its square"),
        ("[v * v for v in {x}]", "[v**2 for v in {x}]"),
    ),
    Primitive(
        "negate_each",
        XS,
        XS,
        lambda xs: [-v for v in xs],
        ("negate each number", "flip the sign of every number"),
        ("[-v for v in {x}]",),
    ),
    Primitive(
        "clip_low",
        XS,
        XS,
        lambda xs: [v if v > 0 else 0 for v in xs],
        ("replace the negative numbers with 0", "raise every negative number to 0"),
        (
            "[max(v, 0) for v in {x}]",
            "out = []\nfor v in {x}:\n    if v < 0:\n        v = 0\n    out.append(v)\n{y} = out",
        ),
    ),
    Primitive(
        "reverse",
        XS,
        XS,
        lambda xs: list(reversed(xs)),
        ("reverse the order", "turn the list around"),
        ("{x}[::-1]", "list(reversed({x}))"),
    ),
    Primitive(
        "sort_up",
        XS,
        XS,
        lambda xs: sorted(xs),
        ("sort in ascending order", "sort from smallest to largest"),
        ("sorted({x})",),
    ),
    Primitive(
        "sort_down",
        XS,
        XS,
        lambda xs: sorted(xs)[::-1],
        ("sort in descending order", "sort from largest to smallest"),
        ("sorted({x}, reverse=True)",),
    ),
    Primitive(
        "unique",
        XS,
        XS,
        lambda xs: [v for i, v in enumerate(xs) if v not in xs[:i]],
        ("remove duplicates, keeping first occurrences", "keep the first occurrence of each number"),
        (
            "list(dict.fromkeys({x}))",
            "out = []\nfor v in {x}:\n    if v not in out:\n        out.append(v)\n{y} = out",
        ),
    ),
    Primitive(
        "take",
        XS,
        XS,
        lambda xs, k: xs[:k],
        ("take the first {k} items", "keep at most {k} items from the front"),
        ("{x}[:{k}]",),
        FEW,
    ),
    Primitive(
        "drop",
        XS,
        XS,
        lambda xs, k: xs[k:],
        ("drop the first {k} items", "skip the first {k} items"),
        ("{x}[{k}:]",),
        FEW,
    ),
    Primitive(
        "running_total",
        XS,
        XS,
        lambda xs: list(accumulate(xs)),
        ("replace each number by the running total", "compute the cumulative sums"),
        ("out = []\ntotal = 0\nfor v in {x}:\n    total += v\n    out.append(total)\n{y} = out",),
    ),
    Primitive(
        "total",
        XS,
        N,
        lambda xs: sum(xs),
        ("sum them", "return their sum"),
        ("sum({x})", "total = 0\nfor v in {x}:\n    total += v\n{y} = total"),
    ),
    Primitive(
        "largest",
        XS,
        N,
        lambda xs: sorted(xs)[-1] if xs else 0,
        ("return the largest number, or 0 if there is none", "find the maximum (0 for an empty list)"),
        ("max({x}, default=0)", "max({x}) if {x} else 0"),
    ),
    Primitive("count", XS, N, lambda xs: len(xs), ("count the items", "return how many there are"), ("len({x})",)),
)

CONDITIONS = (
    Condition(
        "longer", XS, lambda xs, k: len(xs) > k, "the list has more than {k} items", "len({x}) > {k}", (1, 2, 3, 4)
    ),
    Condition("sum_above", XS, lambda xs, k: sum(xs) > k, "the sum is greater than {k}", "sum({x}) > {k}", (0, 5, 9)),
    Condition("contains", XS, lambda xs, k: k in xs, "{k} is in the list", "{k} in {x}", (0, 1, 2, 3)),
)
