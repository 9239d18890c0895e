"""What each token weighs in the loss. B sequences, T tokens.

An aggregate is `(mask_B_T, limit) -> weights_B_T` (float64), from the mask of the whole update: the loss is the
weighted sum of what the surrogate says of each token. Parts of a batch that are learned from one after another use
their parts of the same weights, so neither accumulation nor the order, packing or padding of sequences changes it.
"""

from collections.abc import Callable, Mapping

from torch import Tensor

from hone.learn.objective import Aggregate


def over_tokens(mask_B_T: Tensor, limit: int) -> Tensor:
    """Every token weighs the same: 1 / (number of tokens). DAPO, Yu et al. 2025, equation 8."""
    del limit
    mask = mask_B_T.double()
    return mask / mask.sum().clamp(min=1)


def over_sequences(mask_B_T: Tensor, limit: int) -> Tensor:
    """Every sequence weighs the same, spread over its tokens: GRPO, Shao et al. 2024, equation 3.

    Biased on purpose: a token of a long sequence counts for less. A sequence without a token has its weight lost.
    """
    del limit
    mask = mask_B_T.double()
    return mask / mask.sum(1, keepdim=True).clamp(min=1) / mask.shape[0]


def over_limit(mask_B_T: Tensor, limit: int) -> Tensor:
    """1 / (B · limit) for every token, whatever the lengths: Dr. GRPO, Liu et al. 2025, section 3.2. Unbiased."""
    mask = mask_B_T.double()
    return mask / (mask.shape[0] * limit)


AGGREGATES: Mapping[Aggregate, Callable[[Tensor, int], Tensor]] = {
    Aggregate.TOKENS: over_tokens,
    Aggregate.SEQUENCES: over_sequences,
    Aggregate.LIMIT: over_limit,
}
