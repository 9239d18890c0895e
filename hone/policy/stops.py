"""Stop strings: a sample ends with the token that completes one of them, wherever token boundaries fall.

Only a token that contains a stop string's last character can complete it, so only rows that just drew such a token are
decoded, and of those only the last few tokens.

Shapes: R rows, T tokens written, V vocabulary.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from hone.errors import Boundary, HoneError
from hone.policy.policy import Policy

_PARTIAL = "\N{REPLACEMENT CHARACTER}"
"""What part of a character decodes to."""
_SLACK = 8
"""Characters more than a stop string has: a window's first token may lose a space or part of a character."""


class StopStrings:
    """Which rows have just completed a stop string."""

    def __init__(self, policy: Policy, stops: Sequence[str]) -> None:
        """Raises:
        HoneError: a stop string is empty.
        """
        if not all(stops):
            raise HoneError(Boundary.USER, "an empty stop string", "leave it out, or give at least one character")
        self._policy = policy
        self._stops = tuple(stops)
        self._longest = max(map(len, stops))
        last = {stop[-1] for stop in stops} | {_PARTIAL}
        closing = [not last.isdisjoint(text) for text in policy.token_texts]
        self._closing_V = torch.tensor(closing, device=policy.device)

    def completed(self, tokens_R: Tensor, tokens_B_T: Tensor, live_R: Tensor, count: int) -> Tensor:
        """[R], true where `tokens_R`, the last of `count` tokens in rows `live_R` of `tokens_B_T`, completes one."""
        done_R = self._closing_V[tokens_R]
        suspects = done_R.nonzero()[:, 0]
        written = tokens_B_T[live_R[suspects], :count].tolist()
        done_R[suspects] = torch.tensor([self._ends(row) for row in written], dtype=torch.bool, device=done_R.device)
        return done_R

    def _ends(self, tokens: list[int]) -> bool:
        size = self._longest + _SLACK
        while True:
            text = self._policy.text(tokens[-size:])
            if any(stop in text for stop in self._stops):
                return True
            if size >= len(tokens) or len(text) >= self._longest + _SLACK:
                return False
            size *= 2


def before_stop(text: str, stops: Sequence[str]) -> str:
    """The text up to the first stop string in it; all of it where there is none."""
    return text[: min((place for stop in stops if (place := text.find(stop)) >= 0), default=len(text))]
