"""The counter-based generator: its published answers, and what makes its numbers fit to draw with."""

import pytest
import torch

from hone.policy.uniforms import philox, uniforms

KNOWN = [  # the answers published with Random123, kat_vectors, philox4x32-10
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]
STREAMS = torch.tensor([[prompt, sample] for prompt in (0, 1, -1, 2**40) for sample in range(50)])


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_words_are_those_published_for_the_algorithm(counter, key, answer):
    assert [int(word) for word in philox([torch.tensor(word) for word in counter], tuple(key))] == answer


def test_a_number_depends_on_its_own_place_only():
    whole = uniforms(7, STREAMS, 33)
    for rows in ([3], [180, 2, 99]):
        assert torch.equal(uniforms(7, STREAMS[rows], 20), whole[:20, rows])


def test_seeds_and_streams_share_no_number():
    numbers = torch.cat([uniforms(seed, STREAMS, 33).flatten() for seed in (0, 1, 2**32, 2**62)])
    assert numbers.unique().numel() == numbers.numel() == 4 * 200 * 33


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numbers_fill_the_unit_interval_evenly_and_never_reach_one(dtype):
    numbers = uniforms(1, STREAMS, 500, dtype)
    assert numbers.dtype == dtype
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = (numbers * 100).long().flatten().bincount(minlength=100)
    statistic = ((counts - 1000.0) ** 2 / 1000).sum()
    assert abs(statistic - 99) < 4 * (2 * 99) ** 0.5
    for other in (
        numbers[1:] * numbers[:-1],
        numbers[:, 1:] * numbers[:, :-1],
    ):  # 1/4 where neighbours do not correlate
        assert abs(other.double().mean() - 0.25) < 4 * (7 / 144 / other.numel()) ** 0.5 * 1.5
