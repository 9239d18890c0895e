"""What prompts say is enough to know what the hidden checks want."""

import random
import re

import pytest

from hone.tasks.families import FAMILIES, family
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.splits import Rules

_ORDER = re.compile(
    r"otherwise|first of all|looked at first|before all else|before anything|after that|comes first in this list"
    r"|whatever else"
)
_NEVER_BOTH = {
    "concurrency.bounded_queue": "raised by different methods",
    "files.binary_records": "a file that is missing has no bad bytes",
    "files.csv_totals": "totals with a value that is no number are never known",
    "files.env_files": "a file that is missing has no bad lines",
    "files.ini_settings": "a file that is missing has no bad lines",
    "files.json_lines": "a file that is missing has no bad lines",
    "files.path_trees": "in a folder that is missing nothing is moved",
    "files.text_encodings": "a file that is missing has no bad bytes",
    "integers.factors": "0 is not large",
    "integers.numerals": "a bool is not large",
    "numerics.polynomials": "no hidden check has both a number that is not finite and one too large",
    "services.ledger": "raised by different methods",
    "services.lru_cache": "raised by the constructor and by a method",
    "services.session_store": "raised by different methods",
}


Asked = list[tuple[str, Rules, str]]
"""Family, rules and what is asked."""


@pytest.fixture(scope="module")
def drafts() -> Asked:
    """Several wordings of each composition of each drafted family."""
    found = []
    for name in FAMILIES:
        made = family(name)
        if not isinstance(made, DraftedFamily) or name.startswith("libraries."):
            continue
        for rules in {rules for several in made.compositions.values() for rules in several}:
            several = [made.draw(random.Random(seed), rules) for seed in range(6)]
            asked = [getattr(draft, "asked", None) for draft in several]
            found += [(name, rules, text) for text in asked if isinstance(text, str)]
    return found


def test_a_prompt_that_names_two_errors_says_which_comes_first(drafts: Asked):
    unsaid = {
        (name, rules)
        for name, rules, asked in drafts
        if len(set(re.findall(r"\w+Error\b", asked))) > 1 and not _ORDER.search(asked.lower())
    }
    assert {(name, rules) for name, rules in unsaid if name not in _NEVER_BOTH} == set()


@pytest.mark.parametrize(
    ("name", "both", "said"),
    [
        ("strings.fields", {"escape", "strip"}, "Escaped spaces at the ends"),
        ("integers.bit_fields", {"gray", "mask"}, "n is the number that was made to fit"),
        ("integers.bit_fields", {"gray", "clamp"}, "n is the number that was made to fit"),
        ("integers.bit_fields", {"gray", "signed"}, "n is the two's complement"),
        ("integers.bit_fields", {"xor", "broken"}, "given"),
        ("collections.nesting", {"empty", "bottom"}, "An empty list at depth"),
        ("collections.grouping", {"cap", "skip"}, "the amounts as given"),
    ],
)
def test_two_rules_that_meet_are_told_in_which_order(name: str, both: set[str], said: str, drafts: Asked):
    told = [said in asked for made, rules, asked in drafts if made == name and both <= set(rules)]
    assert told
    assert all(told)


@pytest.mark.parametrize(
    ("name", "both", "gone"),
    [
        ("collections.duplicates", {"except", "single"}, r"always kept|[Aa]lways keep"),
        ("strings.identifiers", {"words", "reject"}, r"empty text"),
        ("strings.identifiers", {"words", "front"}, r"empty text"),
    ],
)
def test_a_rule_is_not_promised_what_another_takes_away(name: str, both: set[str], gone: str, drafts: Asked):
    told = [re.search(gone, asked) for made, rules, asked in drafts if made == name and both <= set(rules)]
    assert told
    assert not any(told)
