"""Names that can be spoken and mean nothing, so that no model has met them in a library before."""

import builtins
import keyword
import random
import sys
from collections.abc import Iterable

_ONSETS = [
    "b",
    "br",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kl",
    "kr",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "pr",
    "r",
    "s",
    "sk",
    "st",
    "t",
    "tr",
    "v",
    "vr",
    "z",
]
_VOWELS = ["a", "e", "i", "o", "u", "a", "e", "i", "o", "u", "ai", "au", "ei"]
_CODAS = ("", "", "", "l", "m", "n", "r", "s", "sk", "t", "th", "v")
_TAKEN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *sys.stdlib_module_names, "self", "test"})
SYLLABLES_OF_A_LIBRARY = 4
"""More than a thousand million million such names; what bears one on an index has hardly more than three."""


class Names:
    """Draws names, none of them twice."""

    def __init__(self, rng: random.Random, taken: Iterable[str] = ()) -> None:
        """`taken` are names that must not come up."""
        self._rng = rng
        self._taken = {*_TAKEN, *taken}

    def word(self, syllables: int = 2) -> str:
        """A lower-case name."""
        while True:
            made = spoken(self._rng, syllables)
            if made not in self._taken:
                self._taken.add(made)
                return made

    def kind(self, suffix: str = "", syllables: int = 2) -> str:
        """The name of a class."""
        return self.word(syllables).capitalize() + suffix

    def setting(self) -> str:
        """A word too long to be found by trying: more than 10**17 of them."""
        return f"{self.word(3)}-{self.word(3)}"


def spoken(rng: random.Random, syllables: int) -> str:
    """Syllables in a row; only the last one ends in a cluster."""
    inner = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS[:6]) for _ in range(syllables - 1))
    return inner + rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)


def library_name(rng: random.Random) -> str:
    """The name of a library, never one of the standard library's."""
    return Names(rng).word(SYLLABLES_OF_A_LIBRARY)
