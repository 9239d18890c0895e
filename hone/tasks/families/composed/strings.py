"""Operations on strings and on lists of words."""

from hone.tasks.families.composed.primitive import Condition, Kind, Primitive

S, WS, N, XS = Kind.STR, Kind.WORDS, Kind.INT, Kind.INTS
FEW = (1, 2, 3, 4)
LETTERS = ("a", "e", "i", "o", "n", "r", "s", "t")

PRIMITIVES = (
    Primitive("upper", S, S, lambda s: s.upper(), ("convert to upper case", "make it all capitals"), ("{x}.upper()",)),
    Primitive(
        "lower", S, S, lambda s: s.lower(), ("convert to lower case", "make every letter small"), ("{x}.lower()",)
    ),
    Primitive(
        "reverse_text",
        S,
        S,
        lambda s: "".join(reversed(s)),
        ("reverse the string", "write it backwards"),
        ("{x}[::-1]", '"".join(reversed({x}))'),
    ),
    Primitive(
        "drop_vowels",
        S,
        S,
        lambda s: "".join(c for c in s if c not in "aeiouAEIOU"),
        ("remove the vowels (aeiou, either case)", "drop every a, e, i, o and u, small or capital"),
        (
            '"".join(c for c in {x} if c not in "aeiouAEIOU")',
            'out = ""\nfor c in {x}:\n    if c not in "aeiouAEIOU":\n        out += c\n{y} = out',
        ),
    ),
    Primitive(
        "keep_letters",
        S,
        S,
        lambda s: "".join(c for c in s if c.isalpha()),
        ("keep only the letters", "drop everything that is not a letter"),
        ('"".join(c for c in {x} if c.isalpha())',),
    ),
    Primitive(
        "drop_spaces",
        S,
        S,
        lambda s: s.replace(" ", ""),
        ("remove the spaces", "drop every space"),
        ('{x}.replace(" ", "")',),
    ),
    Primitive(
        "star_letter",
        S,
        S,
        lambda s, k: s.replace(k, "*"),
        ("replace each {k} with a star", "put a star for every {k}"),
        ('{x}.replace({k}, "*")',),
        LETTERS,
    ),
    Primitive(
        "double_chars",
        S,
        S,
        lambda s: "".join(c + c for c in s),
        ("double every character", "write each character twice"),
        ('"".join(c * 2 for c in {x})', 'out = ""\nfor c in {x}:\n    out += c + c\n{y} = out'),
    ),
    Primitive(
        "take_chars",
        S,
        S,
        lambda s, k: s[:k],
        ("take the first {k} characters", "keep at most {k} characters from the front"),
        ("{x}[:{k}]",),
        FEW,
    ),
    Primitive(
        "drop_chars",
        S,
        S,
        lambda s, k: s[k:],
        ("drop the first {k} characters", "skip the first {k} characters"),
        ("{x}[{k}:]",),
        FEW,
    ),
    Primitive(
        "unique_chars",
        S,
        S,
        lambda s: "".join(c for i, c in enumerate(s) if c not in s[:i]),
        ("keep the first occurrence of each character", "remove repeated characters, keeping first occurrences"),
        ('"".join(dict.fromkeys({x}))', 'out = ""\nfor c in {x}:\n    if c not in out:\n        out += c\n{y} = out'),
    ),
    Primitive(
        "add_suffix",
        S,
        S,
        lambda s, k: s + k,
        ("append {k}", "put {k} at the end"),
        ("{x} + {k}",),
        ("!", "?", ".", "-", "+"),
    ),
    Primitive(
        "split",
        S,
        WS,
        lambda s: s.split(),
        ("split into words", "break it into words at white space"),
        ("{x}.split()",),
    ),
    Primitive(
        "count_vowels",
        S,
        N,
        lambda s: len([c for c in s if c in "aeiouAEIOU"]),
        ("count the vowels (aeiou, either case)", "return how many vowels there are (aeiou, either case)"),
        (
            'sum(c in "aeiouAEIOU" for c in {x})',
            'count = 0\nfor c in {x}:\n    if c in "aeiouAEIOU":\n        count += 1\n{y} = count',
        ),
    ),
    Primitive("text_length", S, N, lambda s: len(s), ("return its length", "count the characters"), ("len({x})",)),
    Primitive(
        "reverse_words",
        WS,
        WS,
        lambda ws: list(reversed(ws)),
        ("reverse the order of the words", "put the words in reverse order"),
        ("{x}[::-1]",),
    ),
    Primitive(
        "sort_words",
        WS,
        WS,
        lambda ws: sorted(ws),
        ("sort the words", "put the words in sorted order"),
        ("sorted({x})",),
    ),
    Primitive(
        "long_words",
        WS,
        WS,
        lambda ws, k: [w for w in ws if len(w) > k],
        ("keep the words longer than {k} characters", "drop the words of up to {k} characters"),
        ("[w for w in {x} if len(w) > {k}]",),
        (1, 2, 3, 4),
    ),
    Primitive(
        "mirror_words",
        WS,
        WS,
        lambda ws: [w[::-1] for w in ws],
        ("reverse each word", "write every word backwards"),
        ("[w[::-1] for w in {x}]",),
    ),
    Primitive(
        "join_dash",
        WS,
        S,
        lambda ws: "-".join(ws),
        ("join the words with dashes", "put dashes between the words"),
        ('"-".join({x})',),
    ),
    Primitive(
        "word_lengths",
        WS,
        XS,
        lambda ws: [len(w) for w in ws],
        ("list the lengths of the words", "replace each word by its length"),
        ("[len(w) for w in {x}]",),
    ),
    Primitive(
        "count_words", WS, N, lambda ws: len(ws), ("count the words", "return how many words there are"), ("len({x})",)
    ),
)

CONDITIONS = (
    Condition(
        "text_longer",
        S,
        lambda s, k: len(s) > k,
        "the string has more than {k} characters",
        "len({x}) > {k}",
        (3, 4, 5, 6),
    ),
    Condition("text_has", S, lambda s, k: k in s, "the string contains {k}", "{k} in {x}", ("a", "e", "o", " ")),
    Condition(
        "many_words", WS, lambda ws, k: len(ws) > k, "there are more than {k} words", "len({x}) > {k}", (1, 2, 3)
    ),
)
