"""The learner beside the machine's rate on the model's own matrix products.

One update of the default run, from a short warm start: its products, forward and backward, are noted with their shapes
and layouts, and multiplied once more with nothing in between. That time is what the update would take if all else were
free; the ratio is the share of the machine's rate that the learner reaches. Only plain products are counted: what the
library does inside fused attention counts as overhead here. A product of two square matrices shows what the machine
can do at best.

    python -m bench learner
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from bench._warm_start import warmed
from hone.episodes.author import LocalAuthor
from hone.learn.batch import Judged
from hone.learn.learners import learner
from hone.loop.config import ModelConfig, TrainConfig
from hone.loop.run import load_policy
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.tasks.families import Split

ROUNDS, UNCOUNTED = 15, 3
SQUARE = 1024
LARGER = ModelConfig(hidden=384, layers=6, heads=6, kv_heads=2, head_dim=64, ff=1536)
"""About 12 M parameters."""

_PRODUCTS = (torch.ops.aten.mm.default, torch.ops.aten.addmm.default, torch.ops.aten.bmm.default)


@dataclass(frozen=True)
class Product:
    """One matrix product: what it calls, and the arguments' shapes and strides."""

    call: Callable[..., Tensor]
    shapes: tuple[tuple[torch.Size, tuple[int, ...]], ...]

    @property
    def flops(self) -> int:
        """Multiplications and additions."""
        left, right = (shape for shape, _ in self.shapes[-2:])
        return 2 * left.numel() * right[-1]

    def arguments(self) -> list[Tensor]:
        """Random ones, laid out as they were."""
        made = [torch.empty_strided(shape, strides) for shape, strides in self.shapes]
        return [argument.normal_() for argument in made]


class Noted(TorchDispatchMode):
    """Notes every product that is computed while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.products: list[Product] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Notes and computes."""
        if func in _PRODUCTS:
            assert not kwargs
            self.products.append(Product(func, tuple((arg.shape, arg.stride()) for arg in args)))
        return func(*args, **(kwargs or {}))


def measure() -> list[dict[str, Any]]:
    """For the embedded default and for a model ten times its size: seconds of an update, and of its products alone."""
    config = TrainConfig()
    larger = load_policy(replace(config, model=LARGER))
    entries = []
    torch.set_num_threads(config.threads)
    best = _rate_of_squares()
    for name, policy in (("embedded default", warmed()), ("12 M parameters", larger)):
        update = _update(policy, config)
        with Noted() as noted:
            update()
        alone = _alone(noted.products)
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            update()
            times.append((time.perf_counter() - started, alone()))
        whole, products = (statistics.median(column) for column in zip(*times[UNCOUNTED:], strict=True))
        flops = sum(product.flops for product in noted.products)
        told = f"its {len(noted.products)} products alone: {products:.3f} s"
        entries += [
            (f"learner, {name}: an update", whole, "s", told, products / whole),
            (f"learner, {name}: rate of an update", flops / whole / 1e9, "GFLOP/s", "", None),
            (
                f"learner, {name}: rate of the products alone",
                flops / products / 1e9,
                "GFLOP/s",
                f"{SQUARE} x {SQUARE}: {best / 1e9:.0f} GFLOP/s",
                flops / products / best,
            ),
        ]
    return [
        {"name": name, "value": value, "unit": unit, "peer": peer, "ratio": ratio}
        for name, value, unit, peer, ratio in entries
    ]


def _update(policy: Policy, config: TrainConfig) -> Callable[[], None]:
    """The learner's update from one part of a step's batch, in which every group has both outcomes."""
    tasks = config.curriculum.mix.some_tasks(Split.TRAIN, 2, config.rl.prompts // config.rl.updates)
    author = LocalAuthor(policy)
    episodes = author.attempt(tasks, config.rl.samples, max_new_tokens=40, sampling=Sampling(), seed=0)
    groups = [
        [
            Judged(turn.action, turn.logprobs, turn.finished, number % 2 == 0, 1.0 if number % 2 == 0 else -1.0)
            for number, turn in enumerate(episode.turns[-1] for episode in group)
        ]
        for group in episodes
    ]
    prompts = [group[0].turns[0].observation for group in episodes]
    settings = replace(config.rl, objective=replace(config.rl.objective, mask_truncated=False))
    learns = learner(policy, settings.learned, print)

    def update() -> None:
        learns.update(0, prompts, groups)

    return update


def _alone(products: list[Product]) -> Callable[[], float]:
    arguments: dict[Product, list[Tensor]] = {}
    for product in products:
        if product not in arguments:
            arguments[product] = product.arguments()
    calls = [(product.call, arguments[product]) for product in products]

    def alone() -> float:
        started = time.perf_counter()
        with torch.no_grad():
            for call, given in calls:
                call(*given)
        return time.perf_counter() - started

    return alone


def _rate_of_squares() -> float:
    left, right = torch.randn(SQUARE, SQUARE), torch.randn(SQUARE, SQUARE)
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - started)
    return 2 * SQUARE**3 / statistics.median(times)


if __name__ == "__main__":
    from bench.__main__ import show

    show(measure())
