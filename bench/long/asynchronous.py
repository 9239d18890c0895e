"""Does asynchronous mode learn as well as the strictly on-policy one, sample for sample?

Paired seeds of the default run: one warm start each, from which both modes take the same number of RL steps, then both
are scored on the same held-out tasks. Every run is a folder of its own; whatever is finished is kept, what was
interrupted goes on, and the comparison covers the seeds that are done. So the study can be run in pieces, side by side
where there are cores:

    python -m bench.long.asynchronous --out runs/asynchronous --seeds 0
    python -m bench.long.asynchronous --out runs/asynchronous --seeds 1 2 3 4
    python -m bench.long.asynchronous --out runs/asynchronous --only-compare

A seed takes about 30 minutes on two cores.
"""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tyro

from hone.cli import guarded
from hone.config import to_dict
from hone.errors import Boundary, HoneError
from hone.loop.config import EvalConfig, TrainConfig
from hone.loop.evaluation.statistics import paired_difference
from hone.loop.run import POLICY, RESULTS, RL, WARM_START, train
from hone.store.atomic import atomic_write
from hone.store.run_dir import read_config, read_results
from hone.tasks.families import Split

ON_POLICY, ASYNCHRONOUS = "on-policy", "asynchronous"
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's t at 97.5 % for 1 … 9 degrees of freedom."""


@dataclass(frozen=True)
class Options:
    """What to run and compare."""

    out: Path
    """folder of the study"""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    """seeds to run; all that are done are compared"""
    staleness: int = 2
    """updates that the writer lags behind"""
    warm_start_steps: int | None = None
    """instead of the default run's"""
    rl_steps: int | None = None
    """instead of the default run's"""
    tasks: int = 300
    """held-out tasks a level"""
    levels: tuple[int, ...] = (2, 3)
    """levels that the difference is averaged over"""
    only_compare: bool = False
    """run nothing"""


def run(options: Options) -> int:
    """Run what is missing, compare what is there, and write `OUT/results.json`."""
    for seed in () if options.only_compare else options.seeds:
        folder = options.out / f"seed-{seed}"
        on_policy = _settings(options, seed)
        _finish(on_policy, folder / ON_POLICY)
        start = (folder / ON_POLICY / "checkpoints" / WARM_START / POLICY).absolute()
        asynchronous = replace(
            on_policy,
            policy=start,
            warm_start=replace(on_policy.warm_start, steps=0),
            rl=replace(on_policy.rl, asynchronous=True, staleness=options.staleness),
        )
        _finish(asynchronous, folder / ASYNCHRONOUS)
    found = compared(options)
    atomic_write(options.out / RESULTS, json.dumps(found, indent=2).encode() + b"\n")
    for name, row in found.items():
        print(f"{name}: {row['value'] * 100:+.1f} points ({row['low'] * 100:+.1f} … {row['high'] * 100:+.1f})")
    return 0


def compared(options: Options) -> dict[str, dict[str, float]]:
    """How far asynchronous mode is ahead in sampled pass@1 on held-out compositions, with 95 % intervals.

    A seed's interval is over its tasks; that of all is Student's, over the seeds, which are the independent draws.
    """
    rows: dict[str, dict[str, float]] = {}
    for folder in sorted(options.out.glob("seed-*"), key=lambda path: int(path.name.removeprefix("seed-"))):
        runs = [folder / name for name in (ASYNCHRONOUS, ON_POLICY)]
        if all(map(_is_done, runs)):
            ours, theirs = (_scores(read_results(run), options.levels) for run in runs)
            value, low, high = paired_difference([ours[task] for task in ours], [theirs[task] for task in ours])
            rows[folder.name] = {"value": value, "low": low, "high": high, "n": len(ours)}
    if not rows:
        raise HoneError(Boundary.USER, f"{options.out} holds no seed that is done", "run it with --seeds 0 first")
    values = [row["value"] for row in rows.values()]
    if len(values) > 1:
        mean, low, high = _over_seeds(values)
        rows["all seeds"] = {"value": mean, "low": low, "high": high, "n": len(values)}
    return rows


def _over_seeds(values: Sequence[float]) -> tuple[float, float, float]:
    n = len(values)
    mean = math.fsum(values) / n
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = _T[min(n - 1, len(_T)) - 1] * deviation / math.sqrt(n)
    return mean, mean - half, mean + half


def _settings(options: Options, seed: int) -> TrainConfig:
    config = TrainConfig(seed=seed, evaluation=EvalConfig(tasks_per_level=options.tasks, levels=options.levels))
    if options.warm_start_steps is not None:
        config = replace(config, warm_start=replace(config.warm_start, steps=options.warm_start_steps))
    if options.rl_steps is not None:
        config = replace(config, rl=replace(config.rl, steps=options.rl_steps))
    return config


def _scores(results: Any, levels: Sequence[int]) -> dict[str, float]:
    """Share of each task's sampled programs that pass."""
    rows = [row for level in levels for row in results["tasks"][RL][f"{Split.HELD_OUT_COMPOSITIONS}:{level}"]]
    return {task: passes / samples for task, _, samples, passes, _ in rows if samples}


def _finish(settings: TrainConfig, folder: Path) -> None:
    """Start the run, go on with it, or leave it as it is where it is done."""
    if not (folder / "config.json").exists():
        train(settings, folder)
    elif read_config(folder)["settings"] != json.loads(json.dumps(to_dict(settings))):
        raise HoneError(Boundary.USER, f"{folder} is a run under other settings", "choose another --out")
    elif not _is_done(folder):
        train(settings, folder, resume=True)


def _is_done(folder: Path) -> bool:
    return (folder / RESULTS).exists() and RL in read_results(folder)["stages"]


if __name__ == "__main__":
    sys.exit(guarded(lambda: run(tyro.cli(Options, description=__doc__))))
