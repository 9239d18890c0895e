"""Backward passes that were written by hand are those of automatic differentiation."""

import pytest
import torch
import torch.nn.functional as F

from hone.policy.pointwise import gated_gelu_tanh, gated_silu, normed

GATES = {"silu": (gated_silu, F.silu), "gelu": (gated_gelu_tanh, lambda gate: F.gelu(gate, approximate="tanh"))}


def gradient(function, x, weights):
    x = x.clone().requires_grad_()
    (function(x) * weights).sum().backward()
    return x.grad


@pytest.mark.parametrize("name", GATES)
def test_a_gate_and_its_gradient_are_those_of_the_plain_formula(name):
    ours, activation = GATES[name]
    gate_up = 3 * torch.randn(11, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = torch.randn(11, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def plain(gate_up):
        gate, up = gate_up.chunk(2, dim=-1)
        return activation(gate) * up

    torch.testing.assert_close(ours(gate_up), plain(gate_up), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(gradient(ours, gate_up, weights), gradient(plain, gate_up, weights))
    with torch.no_grad():
        assert torch.equal(ours(gate_up.clone().requires_grad_()), ours(gate_up))


@pytest.mark.parametrize("shape", [(9, 16), (9, 3, 8)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_norm_and_its_gradient_are_those_of_the_plain_formula(shape, dtype):
    x = (4 * torch.randn(shape, generator=torch.Generator().manual_seed(0))).to(dtype)
    x[0] = 0  # where the norm's own derivative is a division by nothing
    weights = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(dtype)

    def plain(x):
        return (x.double() * (x.double().square().mean(-1, keepdim=True) + 1e-6).rsqrt()).to(dtype)

    close = 1e-5 if dtype is torch.float32 else 2e-2
    ours = gradient(lambda x: normed(x, 1e-6), x, weights)
    assert ours.dtype is normed(x, 1e-6).dtype is dtype
    torch.testing.assert_close(normed(x, 1e-6), plain(x), rtol=close, atol=close)
    torch.testing.assert_close(ours[1:], gradient(plain, x, weights)[1:], rtol=close, atol=close)
    torch.testing.assert_close(ours[0], 1000 * weights[0], rtol=1e-2, atol=1e-2)
