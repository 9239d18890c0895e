"""AdamW with its schedule, and its state as safetensors."""

import math
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from hone.errors import Boundary, HoneError

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


class Optimizer:
    """AdamW (Loshchilov and Hutter 2019) over a model's parameters; norms and biases are not decayed."""

    def __init__(
        self,
        model: nn.Module,
        *,
        weight_decay: float,
        max_gradient_norm: float,
        head: nn.Module | None = None,
        head_learning_rate: float = 0.0,
    ) -> None:
        """Args: head: another module to learn, at a constant rate of its own."""
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        heads = [(f"head.{name}", p) for name, p in head.named_parameters()] if head is not None else []
        self._names = {id(p): name for name, p in [*named, *heads]}
        self._parameters = [p for _, p in [*named, *heads]]
        self._max_gradient_norm = max_gradient_norm
        self._head_learning_rate = head_learning_rate
        self._adam = torch.optim.AdamW(
            [
                {"params": [p for _, p in named if p.dim() > 1], "weight_decay": weight_decay},
                {"params": [p for _, p in named if p.dim() <= 1], "weight_decay": 0.0},
                {"params": [p for _, p in heads], "weight_decay": 0.0, "head": True},
            ],
            lr=0.0,
            betas=(0.9, 0.98),
            fused=True,
        )

    def clear(self) -> None:
        """Forget all gradients."""
        self._adam.zero_grad()

    def gradients_are_finite(self) -> bool:
        """Whether every gradient that has been gathered is a number."""
        return all(bool(torch.isfinite(p.grad).all()) for p in self._parameters if p.grad is not None)

    def follow(self, loss: float, learning_rate: float) -> float:
        """Follow the gradients that have been gathered; the norm that they had before clipping.

        Args:
            loss: what they are the gradients of.

        Raises:
            HoneError: the loss or a gradient is not finite; the weights are as they were.
        """
        norm = float(nn.utils.clip_grad_norm_(self._parameters, self._max_gradient_norm))
        if not math.isfinite(loss) or not math.isfinite(norm):
            raise HoneError(Boundary.POLICY, "the loss or its gradient is not finite", "lower the learning rate")
        for group in self._adam.param_groups:
            group["lr"] = self._head_learning_rate if group.get("head") else learning_rate
        self._adam.step()
        return norm

    def save(self, path: Path) -> None:
        """Write the moments of every parameter by the parameter's name."""
        tensors = {
            f"{self._names[id(p)]}/{moment}": value
            for p, state in self._adam.state.items()
            for moment, value in state.items()
        }
        save_file(tensors, path)

    def load(self, path: Path) -> None:
        """Continue from what `save` wrote.

        Raises:
            HoneError: the file does not belong to this model.
        """
        try:
            tensors = load_file(path)
            for p in self._parameters if tensors else ():
                name = self._names[id(p)]
                self._adam.state[p] = {moment: tensors[f"{name}/{moment}"] for moment in _MOMENTS}
        except Exception as error:  # whatever a damaged file makes the reader raise; it is named and passed on
            raise HoneError(
                Boundary.DISK, f"optimizer state {path} cannot be read: {error}", "resume an older checkpoint"
            ) from error


def linear_warm_up(step: int, warm_up: int) -> float:
    """Share of the full learning rate at `step` (from 0): rises linearly, then stays."""
    return min(1.0, (step + 1) / (warm_up + 1))


def linear_decay(step: int, steps: int) -> float:
    """Share of the full learning rate at `step` (from 0) of `steps`: falls linearly towards zero."""
    return 1.0 - step / steps
