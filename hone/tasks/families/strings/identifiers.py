"""Names taken apart into words and put together in another style."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_GLUES = ("_", "-", ".", "/", "::", "--", "__", " ", "+", "~", ":", "->")
_STOP = ("the", "of", "get", "set", "to", "is", "my", "a")
_WORDS = ("the", "of", "get", "set", "to", "is", "my", "a", "user", "name", "Total", "item", "url", "HTTP", "v2", "x")
_ASKED = {
    "words": (
        "Take the words out of `name`: a word is a longest stretch of ASCII letters and digits (all other characters "
        "only separate words), and a capital letter right after a small letter starts a new word, too. Return the "
        "words in small letters, joined by {glue!r}.",
        "Split `name` into words, which consist of ASCII letters and digits; anything else ends a word and is dropped, "
        "and so a word ends between a small letter and a capital letter that follows it. Join the words, in small "
        "letters, with {glue!r}.",
    ),
    "acronyms": (
        "A capital letter between a capital letter and a small letter starts a new word as well, so 'HTTPServer' has "
        "two words.",
        "Also, where a capital letter is followed by a capital letter and then a small one, the second capital starts "
        "a new word: 'HTTPServer' is 'HTTP' and 'Server'.",
    ),
    "numbers": (
        "A word also ends between a letter and a digit and between a digit and a letter, so that numbers are words of "
        "their own.",
        "Digits and letters never share a word: where one follows the other, a new word starts.",
    ),
    "stop": (
        "Leave out the words {first!r} and {second!r}, in any mixture of capital and small letters.",
        "The words {first!r} and {second!r} are dropped, however they are capitalised.",
    ),
    "longest": (
        "Then, of a word with more than {longest} characters only the first {longest} are kept.",
        "Then cut every word off after {longest} characters.",
    ),
    "most": (
        "If more than {most} words are left, only the first {most} count.",
        "Use at most {most} of the words that are left, from the front.",
    ),
    "camel": (
        "All words but the first start with a capital letter, unless they start with a digit.",
        "Write the first character of every word except the first as a capital, where it is a letter.",
    ),
    "front": (
        "If the result would be empty or start with a digit, put {front!r} in front of it.",
        "Put {front!r} before a result that is empty or begins with a digit.",
    ),
    "reject": (
        "Raise ValueError if no word is left.",
        "If there is not a single word left, raise ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    first, second = rng.sample(_STOP, 2)
    drawn = {
        "glue": rng.choice(_GLUES),
        "first": first,
        "second": second,
        "longest": rng.randint(2, 9),
        "most": rng.randint(2, 5),
        "front": rng.choice(("_", "x", "n_", "id", "no", "v")),
    }
    signature = f"{rng.choice(('rename', 'convert', 'restyle', 'identifier'))}(name: str) -> str"
    said = worded(rng, _ASKED, rules, **drawn)
    if not {"front", "reject"} & set(rules):
        said += " No words give the empty text."
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=said,
        reference=_reference(rng, signature, rules, drawn),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _reference(rng: random.Random, signature: str, rules: Rules, drawn: dict[str, Any]) -> str:
    by_pattern = rng.random() < 0.5
    lines = _by_pattern(rules) if by_pattern else _one_by_one(rules)
    if "stop" in rules:
        lines += [
            f"words = [word for word in words if word not in ({quoted(drawn['first'])}, {quoted(drawn['second'])})]"
        ]
    if "most" in rules:
        lines += [f"words = words[: {drawn['most']}]"]
    if "reject" in rules:
        lines += ["if not words:", '    raise ValueError("no word is left")']
    if "longest" in rules:
        lines += [f"words = [word[: {drawn['longest']}] for word in words]"]
    if "camel" in rules:
        lines += ["words = words[:1] + [word[0].upper() + word[1:] for word in words[1:]]"]
    joined = f"{quoted(drawn['glue'])}.join(words)"
    if "front" in rules:
        lines += [f"result = {joined}", 'if result == "" or result[0].isdigit():']
        lines += [f"    result = {quoted(drawn['front'])} + result", "return result"]
    else:
        lines += [f"return {joined}"]
    return function(signature, lines, imports=("import re",) if by_pattern else ())


def _by_pattern(rules: Rules) -> list[str]:
    marked = "name"
    lines = ['marked = re.sub(r"([a-z])([A-Z])", r"\\1 \\2", name)']
    marked = "marked"
    if "acronyms" in rules:
        lines += [f'marked = re.sub(r"([A-Z])([A-Z][a-z])", r"\\1 \\2", {marked})']
    if "numbers" in rules:
        lines += [f'marked = re.sub(r"([A-Za-z])(?=[0-9])|([0-9])(?=[A-Za-z])", r"\\g<0> ", {marked})']
    return [*lines, f'words = [word.lower() for word in re.findall(r"[A-Za-z0-9]+", {marked})]']


def _one_by_one(rules: Rules) -> list[str]:
    lines = [
        'words, before = [], ""',
        "for at, character in enumerate(name):" if "acronyms" in rules else "for character in name:",
        "    if not (character.isascii() and character.isalnum()):",
        '        before = ""',
        "        continue",
        '    starts = before == "" or (before.islower() and character.isupper())',
    ]
    if "numbers" in rules:
        lines += ["    starts = starts or before.isdigit() != character.isdigit()"]
    if "acronyms" in rules:
        lines += [
            "    after = name[at + 1 : at + 2]",
            "    if before.isupper() and character.isupper() and after.isascii() and after.islower():",
            "        starts = True",
        ]
    return [
        *lines,
        "    if starts:",
        '        words.append("")',
        "    words[-1] += character.lower()",
        "    before = character",
    ]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    first, second, most = drawn["first"], drawn["second"], drawn["most"]

    def some(count: int) -> str:
        words = [rng.choice((*_WORDS, first, second)) for _ in range(count)]
        style = rng.randrange(3)
        if style == 0:
            return "".join(word[0].upper() + word[1:] for word in words)
        return rng.choice(("_", "-", " ", "..")).join(words) if style == 1 else "_".join(words).upper()

    hidden = [
        "",
        "--",
        "x",
        "userName",
        "HTTPServer2Go",
        "parseURLs",
        "__init__ X",
        "größeÄndern",
        "aBCd EFg hIJ",
        "2fast4You",
        f"{first}{second.title()}  {first.upper()}-item",
        f"a1B2c3-{second}",
        "W" * 11 + "ide averyverylongword",
        f"{first}_{second}",
        "Aé bÉCd",
        *(some(count) for count in (most, most + 1, most + 3, 5)),
    ]
    if "front" in rules:
        hidden += ["9lives", "!!", f"{first} 7up"]
    if "reject" in rules:
        hidden += ["é-ü", first.upper()]
    return [(some(rng.randint(2, 4)),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="strings.identifiers",
    about="names split into words and put together in another style",
    skills=("strings", "regular expressions", "parsing"),
    compositions={
        1: (("words", "stop"), ("words", "longest")),
        2: (("words", "acronyms", "longest"), ("words", "stop", "camel"), ("words", "numbers", "most")),
        3: (
            ("words", "acronyms", "numbers", "longest"),
            ("words", "stop", "most", "camel"),
            ("words", "numbers", "front", "stop"),
            ("words", "acronyms", "stop", "camel"),
        ),
        4: (
            ("words", "stop", "most", "reject"),
            ("words", "acronyms", "stop", "camel", "reject"),
            ("words", "numbers", "stop", "most", "reject"),
            ("words", "acronyms", "numbers", "stop", "front"),
        ),
        5: (
            ("words", "acronyms", "numbers", "stop", "most", "reject", "longest", "camel"),
            ("words", "acronyms", "numbers", "stop", "most", "longest", "camel", "front"),
            ("words", "acronyms", "numbers", "stop", "most", "reject", "longest"),
        ),
    },
    draw=_draw,
)
