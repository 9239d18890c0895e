"""Operations on integers."""

from hone.tasks.families.composed.primitive import Condition, Kind, Primitive

N, XS, S = Kind.INT, Kind.INTS, Kind.STR
SMALL = (2, 3, 4, 5, 6, 7, 8, 9)

PRIMITIVES = (
    Primitive("add", N, N, lambda n, k: n + k, ("add {k}", "increase it by {k}"), ("{x} + {k}",), SMALL),
    Primitive("subtract", N, N, lambda n, k: n - k, ("subtract {k}", "decrease it by {k}"), ("{x} - {k}",), SMALL),
    Primitive("times", N, N, lambda n, k: n * k, ("multiply by {k}", "scale it by {k}"), ("{x} * {k}",), SMALL),
    Primitive("square", N, N, lambda n: n * n, ("square it", "multiply it by itself"), ("{x} * {x}", "{x} ** 2")),
    Primitive(
        "absolute", N, N, lambda n: n if n >= 0 else -n, ("take the absolute value", "drop the sign"), ("abs({x})",)
    ),
    Primitive("negate", N, N, lambda n: -n, ("negate it", "flip its sign"), ("-{x}",)),
    Primitive(
        "modulo",
        N,
        N,
        lambda n, k: n - k * (n // k),
        ("take the remainder modulo {k}", "reduce it modulo {k}"),
        ("{x} % {k}",),
        SMALL,
    ),
    Primitive(
        "floor_divide",
        N,
        N,
        lambda n, k: n // k,
        ("divide by {k}, rounding down", "take the floor of a {k}th of it"),
        ("{x} // {k}",),
        SMALL,
    ),
    Primitive(
        "digit_sum",
        N,
        N,
        lambda n: sum(int(c) for c in str(abs(n))),
        ("sum the digits, ignoring the sign", "add up its decimal digits (ignore the sign)"),
        (
            "sum(int(c) for c in str(abs({x})))",
            "m = abs({x})\ntotal = 0\nwhile m > 0:\n    total += m % 10\n    m //= 10\n{y} = total",
        ),
    ),
    Primitive(
        "digit_count",
        N,
        N,
        lambda n: len(str(abs(n))),
        ("count the digits, ignoring the sign", "return the number of its decimal digits"),
        ("len(str(abs({x})))",),
    ),
    Primitive(
        "at_least",
        N,
        N,
        lambda n, k: n if n > k else k,
        ("raise it to at least {k}", "replace it by {k} if it is smaller"),
        ("max({x}, {k})", "{x} if {x} > {k} else {k}"),
        SMALL,
    ),
    Primitive(
        "at_most",
        N,
        N,
        lambda n, k: n if n < k else k,
        ("lower it to at most {k}", "replace it by {k} if it is larger"),
        ("min({x}, {k})", "{x} if {x} < {k} else {k}"),
        SMALL,
    ),
    Primitive(
        "halve_or_next",
        N,
        N,
        lambda n: n // 2 if n % 2 == 0 else n + 1,
        ("halve it if it is even, else add 1", "if it is odd add 1, else halve it"),
        ("{x} // 2 if {x} % 2 == 0 else {x} + 1", "if {x} % 2 == 0:\n    {y} = {x} // 2\nelse:\n    {y} = {x} + 1"),
    ),
    Primitive(
        "digits",
        N,
        XS,
        lambda n: [int(c) for c in str(abs(n))],
        ("list the digits, ignoring the sign", "split it into decimal digits (ignore the sign)"),
        ("[int(c) for c in str(abs({x}))]",),
    ),
    Primitive(
        "count_up",
        N,
        XS,
        lambda n: list(range(1, n + 1)),
        ("list the numbers from 1 to it", "count up from 1 to it in a list"),
        ("list(range(1, {x} + 1))",),
    ),
    Primitive("to_text", N, S, lambda n: str(n), ("write it as a string", "convert it to text"), ("str({x})",)),
)

CONDITIONS = (
    Condition("is_even", N, lambda n, k: n % k == 0, "it is divisible by {k}", "{x} % {k} == 0", (2, 3, 5)),
    Condition("above", N, lambda n, k: n > k, "it is greater than {k}", "{x} > {k}", (0, 5, 10, 20)),
    Condition("below", N, lambda n, k: n < k, "it is less than {k}", "{x} < {k}", (0, 5, 10)),
)
