"""What stands between the products of the functional forward, with backward passes of their own.

Automatic differentiation would take each apart into operations that read and write the whole width: of a model as
small as the embedded default, that is a large part of the learner's time.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_Backward = Callable[[Tensor, Tensor, Tensor], object]
"""Writes the gradient before an activation into its last argument, from that behind it and the activation's input."""


def normed(x: Tensor, eps: float) -> Tensor:
    """Root-mean-square normalisation over the last axis, in float32 (Zhang and Sennrich 2019, eq. 4), unweighted."""
    if torch.is_grad_enabled() and x.requires_grad:
        return _Normed.apply(x, eps)
    wide = x.float()
    return (wide * _scale(wide, eps)).to(x.dtype)


def gated_silu(gate_up: Tensor) -> Tensor:
    """silu(gate) · up of [N, 2F], the gate in front: [N, F] (SwiGLU, Shazeer 2020, equation 6)."""
    return _gated(gate_up, F.silu, _silu_backward)


def gated_gelu_tanh(gate_up: Tensor) -> Tensor:
    """gelu(gate) · up of [N, 2F], by the tanh approximation: [N, F] (GEGLU, Shazeer 2020, equation 6)."""
    return _gated(gate_up, _gelu_tanh, _gelu_tanh_backward)


def _gated(gate_up: Tensor, activation: Callable[[Tensor], Tensor], backward: _Backward) -> Tensor:
    if torch.is_grad_enabled() and gate_up.requires_grad:
        return _Gated.apply(gate_up, activation, backward)
    gate, up = gate_up.chunk(2, dim=-1)
    return activation(gate) * up


def _scale(wide: Tensor, eps: float) -> Tensor:
    # On a CPU `F.rms_norm` is eight operations.
    length = torch.linalg.vector_norm(wide, dim=-1, keepdim=True)
    return (length * length / wide.shape[-1] + eps).rsqrt()


class _Normed(torch.autograd.Function):
    """y = s x with s = (mean(x²) + eps)^-1/2, and dx = s (dy − y mean(y dy))."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, eps: float) -> Tensor:
        wide = x.float()
        scale = _scale(wide, eps)
        y = wide * scale
        ctx.save_for_backward(y, scale)
        return y.to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (grad,) = grads
        y, scale = ctx.saved_tensors
        wide = grad.float()
        along = torch.linalg.vecdot(wide, y).unsqueeze(-1) / y.shape[-1]
        return torch.addcmul(wide, y, along, value=-1).mul_(scale).to(grad.dtype), None


class _Gated(torch.autograd.Function):
    """Both halves of the gradient are written where they belong: nothing is joined afterwards."""

    @staticmethod
    def forward(ctx: Any, gate_up: Tensor, activation: Callable[[Tensor], Tensor], backward: _Backward) -> Tensor:
        gate, up = gate_up.chunk(2, dim=-1)
        active = activation(gate)
        ctx.save_for_backward(gate_up, active)
        ctx.activation_backward = backward
        return active * up

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (grad,) = grads
        gate_up, active = ctx.saved_tensors
        gate, up = gate_up.chunk(2, dim=-1)
        both = torch.empty_like(gate_up)
        to_gate, to_up = both.chunk(2, dim=-1)
        torch.mul(grad, active, out=to_up)
        ctx.activation_backward(grad * up, gate, to_gate)
        return both, None, None


def _silu_backward(grad: Tensor, gate: Tensor, out: Tensor) -> None:
    torch.ops.aten.silu_backward.grad_input(grad, gate, grad_input=out)


def _gelu_tanh(gate: Tensor) -> Tensor:
    return F.gelu(gate, approximate="tanh")


def _gelu_tanh_backward(grad: Tensor, gate: Tensor, out: Tensor) -> None:
    torch.ops.aten.gelu_backward.grad_input(grad, gate, approximate="tanh", grad_input=out)
