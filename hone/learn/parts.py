"""An update in parts: how much goes through the model at once, and what happens when that is too much.

The parts' losses are parts of one weighted sum, so how a batch is cut changes nothing but rounding.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from hone.errors import Boundary, HoneError


class Parts:
    """Cuts updates into parts of at most so many tokens, and remembers when it had to use smaller ones."""

    def __init__(self, tokens: int, say: Callable[[str], None]) -> None:
        """Args: tokens: of one part, prompts included; say: told, in a sentence, when memory made parts smaller."""
        self.tokens = tokens
        self._say = say

    def backward(self, sizes: Sequence[int], clear: Callable[[], None], loss_of: Callable[[slice], Tensor]) -> float:
        """Gradients of the sum of all parts' losses; the sum.

        Out of memory starts the update again in parts of half the size.

        Args:
            sizes: tokens of each unit that cannot be cut (a sequence, a pair); units stay in order.
            clear: forgets all gradients.
            loss_of: the loss of some units, with gradient.

        Raises:
            HoneError: not even one unit fits into memory.
        """
        while True:
            clear()
            try:
                total = 0.0
                for part in self.cut(sizes):
                    loss = loss_of(part)
                    if loss.requires_grad:
                        loss.backward()
                    total += float(loss.detach())
                return total
            except (torch.OutOfMemoryError, MemoryError) as error:
                largest = max(sizes)
                if self.tokens <= largest:
                    what = f"a sequence of {largest} tokens does not fit into memory"
                    raise HoneError(Boundary.POLICY, what, "lower max_new_tokens, or take a smaller model") from error
            self.tokens = max(self.tokens // 2, largest)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            self._say(f"out of memory: updates go on in parts of at most {self.tokens} tokens")

    def cut(self, sizes: Sequence[int]) -> list[slice]:
        """Slices of neighbours with at most `tokens` together; a unit that is larger is alone."""
        cuts, start, held = [], 0, 0
        for index, size in enumerate(sizes):
            if held and held + size > self.tokens:
                cuts.append(slice(start, index))
                start, held = index, 0
            held += size
        return [*cuts, slice(start, len(sizes))] if sizes else []
