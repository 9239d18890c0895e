"""Constrained decoding: a machine beside each row says which tokens may come next.

The engine holds one state for each row and knows nothing of what it means. `Spelling` makes a constraint of any machine
over characters. A constraint that wants all tokens so far has them as its state: `advance` is `(*state, token)`.

Log-probabilities are of the distribution that was drawn from: renormalised over what was allowed.

Shapes: R rows, V vocabulary.
"""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Any, Protocol

import torch
from torch import Tensor

from hone.errors import Boundary, HoneError
from hone.policy.policy import Policy

_STATES_KEPT = 256


class Constraint(Protocol):
    """What a row may write. States are the constraint's own; one is never changed, only replaced."""

    def start(self, prompt: int) -> Any:
        """The state before the first token of a sample of the prompt at this place."""
        ...

    def allowed(self, state: Any) -> Tensor:
        """Tokens that may come next: bool [V], at least one true. The end token is one of them or is not allowed."""
        ...

    def advance(self, state: Any, token: int) -> Any:
        """The state after `token`."""
        ...


class ConstrainedRows:
    """The states of the rows that decode side by side."""

    def __init__(self, constraint: Constraint, prompts_R: Sequence[int]) -> None:
        """Args: prompts_R: the place of each row's prompt."""
        self._constraint = constraint
        self._states = [constraint.start(prompt) for prompt in prompts_R]

    def narrow(self, logits_R_V: Tensor) -> Tensor:
        """The logits, -inf where a token is not allowed.

        Raises:
            HoneError: a mask is of another vocabulary, or nothing is allowed.
        """
        allowed_R_V = torch.stack([self._constraint.allowed(state) for state in self._states])
        if allowed_R_V.shape != logits_R_V.shape:
            what = f"the constraint knows {allowed_R_V.shape[-1]} tokens, the model {logits_R_V.shape[-1]}"
            raise HoneError(Boundary.USER, what, "make it for this policy")
        if not bool(allowed_R_V.any(dim=1).all()):
            raise HoneError(Boundary.USER, "the constraint allows no token", "let it allow the end where it is stuck")
        return logits_R_V.masked_fill(~allowed_R_V.to(logits_R_V.device), float("-inf"))

    def keep(self, kept_R: Tensor) -> None:
        """Row i becomes what row `kept_R[i]` was."""
        self._states = [self._states[row] for row in kept_R.tolist()]

    def advance(self, tokens_R: Tensor) -> None:
        """One token more in each row."""
        pairs = zip(self._states, tokens_R.tolist(), strict=True)
        self._states = [self._constraint.advance(state, token) for state, token in pairs]


class Automaton(Protocol):
    """A machine that reads characters."""

    def start(self) -> Hashable:
        """The state before the first character."""
        ...

    def read(self, state: Any, character: str) -> Hashable | None:
        """The state after `character`; None where nothing that begins so is accepted."""
        ...

    def accepts(self, state: Any) -> bool:
        """Whether the text may end here."""
        ...


class Spelling:
    """Samples whose text an automaton accepts. Tokens that are part of a character, and special ones, are not used."""

    def __init__(self, policy: Policy, automaton: Automaton) -> None:
        self._automaton = automaton
        self._ends = policy.end_ids
        self._trie: _Node = _Node()
        self._vocabulary = len(policy.token_texts)
        special = {*policy.end_ids, *policy.tokenizer.all_special_ids}
        for token, text in enumerate(policy.token_texts):
            if text and token not in special and "\N{REPLACEMENT CHARACTER}" not in text:
                self._trie.add(text, token)
        self._after = lru_cache(_STATES_KEPT)(self._explore)

    def start(self, prompt: int) -> Hashable:
        """The automaton's own start, for every prompt."""
        del prompt
        return self._automaton.start()

    def allowed(self, state: Hashable) -> Tensor:
        """Tokens whose every character the automaton reads, and the end tokens where it accepts."""
        return self._after(state)[0]

    def advance(self, state: Hashable, token: int) -> Hashable:
        """The state after all characters of the token."""
        return self._after(state)[1].get(token, state)

    def _explore(self, state: Hashable) -> tuple[Tensor, dict[int, Hashable]]:
        found: dict[int, Hashable] = {}
        open_nodes = [(self._trie, state)]
        while open_nodes:
            node, reached = open_nodes.pop()
            found.update(dict.fromkeys(node.tokens, reached))
            for character, child in node.children.items():
                after = self._automaton.read(reached, character)
                if after is not None:
                    open_nodes.append((child, after))
        mask_V = torch.zeros(self._vocabulary, dtype=torch.bool)
        mask_V[[*found, *(self._ends if self._automaton.accepts(state) else ())]] = True
        return mask_V, found


class _Node:
    """A place in the tree of all token texts: what is spelled alike is read once."""

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.tokens: list[int] = []

    def add(self, text: str, token: int) -> None:
        node = self
        for character in text:
            node = node.children.setdefault(character, _Node())
        node.tokens.append(token)
