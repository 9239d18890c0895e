"""Operations on dictionaries from strings to integers."""

from hone.tasks.families.composed.primitive import Condition, Kind, Primitive

D, XS, WS, N = Kind.DICT, Kind.INTS, Kind.WORDS, Kind.INT
SMALL = (2, 3, 4, 5, 6, 7, 8, 9)

PRIMITIVES = (
    Primitive(
        "values_above",
        D,
        D,
        lambda d, k: {a: v for a, v in d.items() if v > k},
        ("keep the entries with a value above {k}", "drop the entries with a value up to {k}"),
        (
            "{{a: v for a, v in {x}.items() if v > {k}}}",
            "out = {{}}\nfor a, v in {x}.items():\n    if v > {k}:\n        out[a] = v\n{y} = out",
        ),
        SMALL,
    ),
    Primitive(
        "values_below",
        D,
        D,
        lambda d, k: {a: v for a, v in d.items() if v < k},
        ("keep the entries with a value below {k}", "drop the entries with a value of {k} or more"),
        ("{{a: v for a, v in {x}.items() if v < {k}}}",),
        SMALL,
    ),
    Primitive(
        "even_values",
        D,
        D,
        lambda d: {a: v for a, v in d.items() if v % 2 == 0},
        ("keep the entries with an even value", "drop the entries with an odd value"),
        ("{{a: v for a, v in {x}.items() if v % 2 == 0}}",),
    ),
    Primitive(
        "add_to_values",
        D,
        D,
        lambda d, k: {a: v + k for a, v in d.items()},
        ("add {k} to every value", "increase each value by {k}"),
        (
            "{{a: v + {k} for a, v in {x}.items()}}",
            "out = {{}}\nfor a, v in {x}.items():\n    out[a] = v + {k}\n{y} = out",
        ),
        SMALL,
    ),
    Primitive(
        "scale_values",
        D,
        D,
        lambda d, k: {a: v * k for a, v in d.items()},
        ("multiply every value by {k}", "scale each value by {k}"),
        ("{{a: v * {k} for a, v in {x}.items()}}",),
        SMALL,
    ),
    Primitive(
        "negate_values",
        D,
        D,
        lambda d: {a: -v for a, v in d.items()},
        ("negate every value", "flip the sign of each value"),
        ("{{a: -v for a, v in {x}.items()}}",),
    ),
    Primitive(
        "long_keys",
        D,
        D,
        lambda d, k: {a: v for a, v in d.items() if len(a) > k},
        ("keep the entries with a key longer than {k}", "drop the entries with a key of up to {k} characters"),
        ("{{a: v for a, v in {x}.items() if len(a) > {k}}}",),
        (1, 2, 3, 4),
    ),
    Primitive(
        "upper_keys",
        D,
        D,
        lambda d: {a.upper(): v for a, v in d.items()},
        ("convert the keys to upper case (a later entry wins)", "write every key in capitals (a later entry wins)"),
        ("{{a.upper(): v for a, v in {x}.items()}}",),
    ),
    Primitive(
        "values",
        D,
        XS,
        lambda d: list(d.values()),
        ("list the values", "take the values in the order of the dictionary"),
        ("list({x}.values())",),
    ),
    Primitive(
        "sorted_values",
        D,
        XS,
        lambda d: sorted(d.values()),
        ("list the values in ascending order", "take the values, smallest first"),
        ("sorted({x}.values())",),
    ),
    Primitive(
        "sorted_keys",
        D,
        WS,
        lambda d: sorted(d),
        ("list the keys in sorted order", "take the keys, sorted"),
        ("sorted({x})",),
    ),
    Primitive(
        "sum_values",
        D,
        N,
        lambda d: sum(d.values()),
        ("sum the values", "add up all the values"),
        ("sum({x}.values())", "total = 0\nfor v in {x}.values():\n    total += v\n{y} = total"),
    ),
    Primitive(
        "largest_value",
        D,
        N,
        lambda d: max(d.values()) if d else 0,
        ("return the largest value, or 0 if there is none", "find the maximum value (0 if empty)"),
        ("max({x}.values(), default=0)",),
    ),
    Primitive(
        "count_entries",
        D,
        N,
        lambda d: len(d),
        ("count the entries", "return how many entries there are"),
        ("len({x})",),
    ),
)

CONDITIONS = (
    Condition(
        "more_entries", D, lambda d, k: len(d) > k, "there are more than {k} entries", "len({x}) > {k}", (1, 2, 3)
    ),
    Condition("has_key", D, lambda d, k: k in d, "{k} is a key", "{k} in {x}", ("a", "b", "c")),
)
