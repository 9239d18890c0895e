"""Low-rank adapters: a policy of which only small matrices learn (LoRA, Hu et al. 2021, equation 3), through peft.

W = W_base + (alpha / rank) · B A for every adapted product. The base is never written to. The policy's model holds W,
computed anew from the base after every update, so whoever generates with it or saves it sees an ordinary model and
nothing drifts. Unadapted weights are shared by all, so adapters cost one more copy of the adapted weights.
"""

from __future__ import annotations

import copy
import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hone.errors import Boundary, HoneError

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel

_ADAPTER = "default"
WEIGHTS = "adapter_model.safetensors"
_BASE = "base.sha256"  # a file of its own: safetensors writes several metadata entries in an order drawn by chance


@dataclass(frozen=True)
class LoRAConfig:
    """Low-rank adapters in place of all weights. Dropout is none: updates are on policy, and repeatable."""

    rank: int = 0
    """0: no adapters, every weight learns."""
    alpha: float = 32.0
    """The adapters' product is scaled by alpha / rank."""
    targets: tuple[str, ...] = ()
    """Names of the linear layers to adapt, such as `q_proj v_proj`; by default every one but the output."""

    def __post_init__(self) -> None:
        if self.rank < 0:
            raise HoneError(Boundary.USER, f"lora.rank is {self.rank}", "give a positive number, or 0 for no adapters")
        if not 0 < self.alpha < float("inf"):
            raise HoneError(Boundary.USER, f"lora.alpha is {self.alpha}", "give a positive number")


class Adapters:
    """The adapters of one model.

    Attributes:
        adapted: the model with adapters in its layers; the adapters are the only parameters with gradients.
        base: the same model without them.
        base_sha256: of the base's weights: adapters are nothing without it.
    """

    def __init__(self, model: PreTrainedModel, config: LoRAConfig, seed: int) -> None:
        """Fresh adapters, which change nothing yet; the same seed draws the same. Global random state is kept.

        Args:
            model: its adapted weights become storage of their own, which `merge` writes; no weight of it learns on.

        Raises:
            HoneError: there is no such layer, or it is none that adapters can be merged into.
        """
        import torch  # settings can be read without these
        from peft import LoraConfig, get_peft_model
        from peft.tuners.lora import LoraLayer

        self.base_sha256 = _digest(model)
        self.base = _sharing(model)
        self._joined = _sharing(model)
        self._settings = LoraConfig(
            r=config.rank,
            lora_alpha=config.alpha,  # ty: ignore[invalid-argument-type]  # peft divides it, whatever its hint says
            target_modules=list(config.targets) or "all-linear",
            lora_dropout=0.0,
            bias="none",
            task_type="CAUSAL_LM",
        )
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # peft tells that it has found out how Conv1D lays its weights
            torch.manual_seed(seed)
            try:
                wrapped: Any = get_peft_model(_sharing(model), self._settings)
            except ValueError as error:
                what = f"lora.targets {' '.join(config.targets)}: {str(error).splitlines()[0]}"
                raise HoneError(Boundary.USER, what, "name linear layers of the model, such as q_proj") from error
        names: Any = self._settings.target_modules
        self._settings.target_modules = sorted(names)  # a set would be written in another order every time
        self.adapted: PreTrainedModel = wrapped.base_model.model.eval()
        self._layers: dict[str, Any] = {
            name: module for name, module in self.adapted.named_modules() if isinstance(module, LoraLayer)
        }
        tied = {id(embedding.weight) for embedding in model.modules() if isinstance(embedding, torch.nn.Embedding)}
        for name, layer in self._layers.items():
            product: Any = layer.get_base_layer()
            if type(product).__name__ not in ("Linear", "Conv1D") or id(product.weight) in tied:
                what = f"lora.targets: {name} cannot be adapted"
                raise HoneError(Boundary.USER, what, "choose linear layers that share no weights with an embedding")
            own: Any = model.get_submodule(name)
            own.weight = torch.nn.Parameter(product.weight.detach().clone(), requires_grad=False)
        self._model = model

    def merge(self) -> None:
        """Write base + adapters into the policy's model: always from the base, so nothing drifts."""
        import torch

        with torch.no_grad():
            for name, layer in self._layers.items():
                target: Any = self._model.get_submodule(name)
                target.weight.copy_(_merged(layer))

    @property
    def merged(self) -> dict[str, nn.Parameter]:
        """The weights of the policy's model that `merge` writes, by name."""
        return {f"{name}.weight": self._model.get_parameter(f"{name}.weight") for name in self._layers}

    def joined(self) -> PreTrainedModel:
        """The merged model once more, with gradients to the adapters: for forwards that read a model's weights.

        It holds good for one forward and its backward.
        """
        for name, layer in self._layers.items():
            target: Any = self._joined.get_submodule(name)
            target._parameters.pop("weight", None)  # a tensor that was computed is no parameter
            target.weight = _merged(layer)
        return self._joined

    def save(self, folder: Path) -> None:
        """Write the adapters in peft's own format, settings and weights, and beside them which base they belong to."""
        from safetensors.torch import save_file

        folder.mkdir()
        self._settings.save_pretrained(str(folder))
        tensors = {_outer(name): value.detach().contiguous() for name, value in self._named()}
        save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
        (folder / _BASE).write_text(self.base_sha256 + "\n")

    def load(self, folder: Path) -> None:
        """Continue from what `save` wrote, and merge it.

        Raises:
            HoneError: the file is missing, damaged, or its base is another.
        """
        import torch
        from safetensors import safe_open

        path = folder / WEIGHTS
        try:
            with safe_open(path, framework="pt") as file, torch.no_grad():
                base = (folder / _BASE).read_text().strip()
                for name, value in self._named():
                    saved = file.get_tensor(_outer(name))
                    if saved.shape != value.shape:  # `copy_` would repeat a smaller one until it fits
                        raise ValueError(f"{_outer(name)} has shape {[*saved.shape]}, not {[*value.shape]}")
                    value.copy_(saved)
        except Exception as error:  # whatever a damaged file makes the reader raise; it is named and passed on
            what = f"adapters {path} cannot be read: {error}"
            raise HoneError(Boundary.DISK, what, "resume an older checkpoint") from error
        if base != self.base_sha256:
            what = f"adapters {path} were learned on other base weights"
            raise HoneError(Boundary.POLICY, what, "restore the policy that the run began with")
        self.merge()

    def _named(self) -> list[tuple[str, nn.Parameter]]:
        return [(name, value) for name, value in self.adapted.named_parameters() if value.requires_grad]


def _merged(layer: Any) -> Tensor:
    """Base + adapters of one layer, summed in the adapters' precision and rounded once."""
    weight = layer.get_base_layer().weight
    delta = layer.get_delta_weight(_ADAPTER)
    return (weight.to(delta.dtype) + delta).to(weight.dtype)


Module = TypeVar("Module", bound="nn.Module")


def _sharing(model: Module) -> Module:
    """A copy of the modules around the same parameters and buffers."""
    held = [*model.parameters(), *model.buffers()]
    return copy.deepcopy(model, {id(tensor): tensor for tensor in held})


def _digest(model: nn.Module) -> str:
    import torch

    found = hashlib.sha256()
    for name, value in model.state_dict().items():
        found.update(name.encode())
        found.update(value.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def _outer(name: str) -> str:
    """A parameter's name as peft writes it to disk."""
    return f"base_model.model.{name.replace(f'.{_ADAPTER}.', '.')}"
