"""AdamW with its schedule, and its state as safetensors."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from hone.errors import Boundary, HoneError

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


class Optimizer:
    """AdamW (Loshchilov and Hutter 2019) over a model's parameters; norms and biases are not decayed."""

    def __init__(self, model: nn.Module, *, weight_decay: float, max_gradient_norm: float) -> None:
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        self._names = {id(p): name for name, p in named}
        self._parameters = [p for _, p in named]
        self._max_gradient_norm = max_gradient_norm
        self._adam = torch.optim.AdamW(
            [
                {"params": [p for p in self._parameters if p.dim() > 1], "weight_decay": weight_decay},
                {"params": [p for p in self._parameters if p.dim() <= 1], "weight_decay": 0.0},
            ],
            lr=0.0,
            betas=(0.9, 0.98),
            fused=True,
        )

    def step(self, loss: Tensor, learning_rate: float) -> float:
        """Follow the gradient of `loss` once; the norm that the gradient had before clipping.

        Raises:
            HoneError: the loss or the gradient is not finite; the weights are as they were.
        """
        self._adam.zero_grad()
        loss.backward()
        norm = float(nn.utils.clip_grad_norm_(self._parameters, self._max_gradient_norm))
        if not bool(torch.isfinite(loss.detach())) or norm != norm or norm == float("inf"):
            raise HoneError(Boundary.POLICY, "the loss or its gradient is not finite", "lower the learning rate")
        for group in self._adam.param_groups:
            group["lr"] = learning_rate
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
