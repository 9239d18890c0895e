"""Uniform numbers by place: each is a function of a seed and of where it is used, whatever is drawn beside it.

The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", §3), in
integer operations that give the same bits on every device.

Shapes: R rows, T numbers of each row.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_WORD = 0xFFFFFFFF


def uniforms(seed: int, streams_R_2: Tensor, count: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """`count` numbers of [0, 1) for each stream: [T, R].

    Args:
        seed: 64 bits of it count.
        streams_R_2: two integers that name each row's stream, such as a prompt's number (64 bits) and a sample's (32).
        dtype: float32 keeps the first 24 bits of each number, float64 the first 53; none is rounded up to 1.
    """
    first_R, second_R = streams_R_2.long().unbind(1)
    block_T_1 = torch.arange(-(-count // 2), device=first_R.device)[:, None]
    counter = (block_T_1, second_R & _WORD, first_R & _WORD, first_R >> 32 & _WORD)
    a, b, c, d = philox(counter, (seed & _WORD, seed >> 32 & _WORD))
    wide = torch.stack([a << 21 | b >> 11, c << 21 | d >> 11], dim=1).flatten(0, 1)[:count]
    bits = 24 if dtype == torch.float32 else 53
    return (wide >> (53 - bits)).to(dtype) * 2.0**-bits


def philox(counter: Sequence[Tensor], key: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Philox4x32-10 of four counter words under two key words. Words are 32 bits, held in int64; tensors broadcast."""
    a, b, c, d = torch.broadcast_tensors(*counter)
    for number in range(_ROUNDS):
        first, second = ((word + number * step) & _WORD for word, step in zip(key, _KEY_STEPS, strict=True))
        (high_a, low_a), (high_c, low_c) = _product(a, _MULTIPLIERS[0]), _product(c, _MULTIPLIERS[1])
        a, b, c, d = high_c ^ b ^ first, low_c, high_a ^ d ^ second, low_a
    return a, b, c, d


def _product(word: Tensor, factor: int) -> tuple[Tensor, Tensor]:
    """High and low word of a product of two words, by halves: nothing passes 63 bits."""
    low = (word & 0xFFFF) * factor
    high = (word >> 16) * factor + (low >> 16)
    return high >> 16, (high & 0xFFFF) << 16 | low & 0xFFFF
