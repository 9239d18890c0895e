"""Synthetic metrics of a stage: healthy ones, as noisy as small batches make them."""

import math
import random
from collections.abc import Iterator
from typing import Any


def healthy(seed: int, steps: int) -> Iterator[dict[str, Any]]:
    """A policy that learns, or has learned all it can: pass rates rise, entropy falls by up to half, all of it under
    the noise of groups drawn one by one, and under drifts of the tasks' difficulty that last for a few steps.
    """
    rng = random.Random(seed)
    groups, samples = rng.choice([4, 8, 32]), rng.choice([4, 8])
    begin = rng.uniform(0.05, 0.7)
    end = min(0.95, begin + rng.uniform(0, 0.3))
    only_visible, broken, cut_off = rng.uniform(0, 0.08), rng.uniform(0, 0.3), rng.choice([0, 0, 0.02, 0.1, 0.25])
    entropy, kept_entropy, memory = 10 ** rng.uniform(-1.2, 0.3), rng.uniform(0.45, 1.1), rng.choice([0, 0.3, 0.6])
    drift = 0.0
    for step in range(steps):
        learned = 1 - math.exp(-3 * step / steps)
        drift = memory * drift + math.sqrt(1 - memory**2) * rng.gauss(0, 0.05)
        ability = min(max(begin + (end - begin) * learned + drift, 0.01), 0.98)
        passes, visible, alive, rewards = 0, 0, 0, []
        for _ in range(groups):
            chance = rng.betavariate(1.5 * ability, 1.5 * (1 - ability))
            passed = [rng.random() < chance for _ in range(samples)]
            shown = [p or rng.random() < only_visible for p in passed]
            fails = [-1.0 if rng.random() < broken * (1 - 0.5 * learned) else -0.6 + 0.1 * rng.random() for _ in passed]
            rewards += [1.0 if p else fail for p, fail in zip(passed, fails, strict=True)]
            passes, visible, alive = passes + sum(passed), visible + sum(shown), alive + (0 < sum(passed) < samples)
        n = groups * samples
        mean = sum(rewards) / n
        yield {
            "reward": mean,
            "reward_std": math.sqrt(sum((reward - mean) ** 2 for reward in rewards) / n),
            "pass_rate": passes / n,
            "hidden_pass_rate": passes / n,
            "visible_pass_rate": visible / n,
            "truncated": sum(rng.random() < cut_off for _ in range(n)) / n,
            "group_survival": alive / groups,
            "outcomes": {"passed": passes / n} | ({"not graded": 0.3} if rng.random() < 0.002 else {}),
            "components": {
                "outcome": mean - 0.5 * passes / n,
                "stable": 0.5 * passes / n,
                "style": -0.005 * rng.random(),
            },
        } | (
            {
                "entropy": entropy
                * (1 + (kept_entropy - 1) * learned)
                * math.exp(rng.gauss(0, 0.6 / math.sqrt(groups))),
                "gradient_norm": math.exp(rng.gauss(0, 0.4) + (2 if rng.random() < 0.02 else 0)),
                "loss": rng.gauss(0, 0.05),
                "kl_sampler": 10 ** rng.gauss(-4, 0.6),
                "kl_reference": 0.1 * learned * math.exp(rng.gauss(0, 0.3)),
                "sampler_logprob_difference": 10 ** rng.gauss(-5.5, 0.3),
                "sampler_staleness": 0.0,
                "reward_variance_share": {"outcome": rng.gauss(0.7, 0.02), "stable": 0.3, "style": rng.gauss(0, 0.02)},
            }
            if alive
            else {}
        )
