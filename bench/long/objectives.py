"""Which objective learns most from the same number of programs? All of them, on the embedded default, in paired seeds.

A seed has one warm start, from which every objective takes the same number of RL steps under the default's settings;
the default takes them once more in asynchronous mode. Every few steps each is scored on the same held-out tasks with
the same draws. What is finished is kept, so the study can be run in pieces, side by side where there are cores:

    python -m bench.long.objectives --out runs/objectives --seeds 0
    python -m bench.long.objectives --out runs/objectives --seeds 1 2 3 4
    python -m bench.long.objectives --out runs/objectives --only-compare

A seed takes about half an hour on one core. The learning rate is the default's for all: it was chosen for one of them.
"""

import itertools
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import tyro

from hone.cli import guarded
from hone.errors import Boundary, HoneError
from hone.learn.objective import OBJECTIVES, named
from hone.loop.config import EvalConfig, TrainConfig
from hone.loop.evaluation.evaluate import evaluate
from hone.loop.run import POLICY, WARM_START, train
from hone.loop.stages import RLStage
from hone.policy.policy import Policy
from hone.progress import Progress, Status
from hone.store.atomic import atomic_write
from hone.store.run_dir import RESULTS
from hone.tasks.families import Split
from hone.tasks.task import Task
from hone.verdict.judge import Judge

DEFAULT, ASYNCHRONOUS, BASELINE = "hone", "hone, asynchronous", "reinforce"
ARMS = (DEFAULT, *sorted(set(OBJECTIVES) - {DEFAULT}), ASYNCHRONOUS)
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's t at 97.5 % for 1 … 9 degrees of freedom."""


@dataclass(frozen=True)
class Options:
    """What to run and compare."""

    out: Path
    """folder of the study"""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    """seeds to run; all that are done are compared"""
    arms: tuple[str, ...] = ARMS
    """objectives to run"""
    steps: int = 40
    """RL steps of each"""
    every: int = 10
    """steps between two scores"""
    tasks: int = 150
    """held-out tasks a level"""
    levels: tuple[int, ...] = (2, 3)
    """levels that a score is averaged over"""
    samples: int = 4
    """programs a task"""
    warm_start_steps: int | None = None
    """instead of the default run's"""
    workers: int = 1
    """jails side by side"""
    only_compare: bool = False
    """run nothing"""

    def __post_init__(self) -> None:
        if unknown := set(self.arms) - set(ARMS):
            what = f"there is no objective {', '.join(sorted(unknown))}"
            raise HoneError(Boundary.USER, what, f"choose among: {'; '.join(ARMS)}")

    @property
    def asked(self) -> dict[str, Any]:
        """What a finished curve depends on beside its seed and objective."""
        kept = ("steps", "every", "tasks", "levels", "samples", "warm_start_steps")
        return json.loads(json.dumps({name: asdict(self)[name] for name in kept}))


@dataclass(frozen=True)
class Row:
    """One objective over all seeds that are done; differences are paired by seed, in points of pass@1."""

    arm: str
    seeds: int
    gain: tuple[float, float, float]
    """Over the warm start: mean, low, high."""
    over_baseline: tuple[float, float, float] | None
    over_default: tuple[float, float, float] | None
    programs: float | None
    """To the baseline's last score, as a share of what the baseline wrote; None where a seed never came there."""


def run(options: Options) -> int:
    """Run what is missing, compare what is there, and print the table."""
    if not options.only_compare:
        with Progress() as progress:
            for seed in options.seeds:
                _seed(options, seed, progress)
    rows = compared(options)
    atomic_write(options.out / RESULTS, json.dumps([asdict(row) for row in rows], indent=2).encode() + b"\n")
    print(table(rows))
    return 0


def compared(options: Options) -> list[Row]:
    """A row for each objective that is done on every seed on which any is, the best first.

    Raises:
        HoneError: nothing is done, or it was done under other options.
    """
    curves: dict[str, dict[str, list[float]]] = {}
    for file in sorted(options.out.glob("seed-*/*.json")):
        found = json.loads(file.read_text())
        if found["asked"] != options.asked:
            what = f"{file} was measured under other options"
            raise HoneError(Boundary.USER, what, "give the same options, or another --out")
        curves.setdefault(found["arm"], {})[file.parent.name] = found["curve"]
    if not curves:
        raise HoneError(Boundary.USER, f"{options.out} holds nothing that is done", "run it with --seeds 0 first")
    rows = [_row(arm, seeds, curves.get(BASELINE, {}), curves.get(DEFAULT, {})) for arm, seeds in curves.items()]
    return sorted(rows, key=lambda row: -row.gain[0])


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    lines = [
        f"| objective | seeds | gain | against `{BASELINE}` | against `{DEFAULT}` | programs needed |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        programs = "not in every seed" if row.programs is None else f"{row.programs:.0%}"
        cells = (row.arm, str(row.seeds), *map(_points, (row.gain, row.over_baseline, row.over_default)), programs)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def mean_over_seeds(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean with Student's 95 % interval: seeds are the independent draws."""
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        return mean, -math.inf, math.inf
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = _T[min(n - 1, len(_T)) - 1] * deviation / math.sqrt(n)
    return mean, mean - half, mean + half


def share_to_reach(target: float, curve: Sequence[float]) -> float | None:
    """How much of a curve passes before it is at `target` for the first time, between its points along a line."""
    for place, (before, after) in enumerate(itertools.pairwise(curve)):
        if before >= target:
            return place / (len(curve) - 1)
        if after >= target:
            return (place + (target - before) / (after - before)) / (len(curve) - 1)
    return None


def _row(
    arm: str,
    curves: Mapping[str, list[float]],
    baseline: Mapping[str, list[float]],
    default: Mapping[str, list[float]],
) -> Row:
    def against(other: Mapping[str, list[float]]) -> tuple[float, float, float] | None:
        both = sorted(curves.keys() & other.keys())
        return mean_over_seeds([curves[seed][-1] - other[seed][-1] for seed in both]) if both else None

    shares = [share_to_reach(baseline[seed][-1], curve) for seed, curve in curves.items() if seed in baseline]
    reached = [share for share in shares if share is not None]
    return Row(
        arm=arm,
        seeds=len(curves),
        gain=mean_over_seeds([curve[-1] - curve[0] for curve in curves.values()]),
        over_baseline=against(baseline) if arm != BASELINE else None,
        over_default=against(default) if arm != DEFAULT else None,
        programs=math.fsum(reached) / len(reached) if reached and len(reached) == len(shares) else None,
    )


def _points(value: tuple[float, float, float] | None) -> str:
    if value is None:
        return "–"
    mean, low, high = (100 * part for part in value)
    return f"{mean:+.1f}" if math.isinf(low) else f"{mean:+.1f} ({low:+.1f} … {high:+.1f})"


def _seed(options: Options, seed: int, progress: Progress) -> None:
    folder = options.out / f"seed-{seed}"
    first = _settings(options, seed)
    started = folder / WARM_START
    if not (started / RESULTS).exists():
        begun = (started / "config.json").exists()
        train(replace(first, rl=replace(first.rl, steps=0)), started, resume=begun, progress=progress)
    for arm in options.arms:
        file = folder / f"{arm.replace(', ', '-')}.json"
        if not file.exists():
            curve = _curve(options, _of_arm(first, arm), started / POLICY, f"seed {seed}, {arm}", progress)
            found = {"arm": arm, "asked": options.asked, "curve": curve}
            atomic_write(file, json.dumps(found, indent=2).encode() + b"\n")
            progress.say(f"seed {seed}, {arm}: {' '.join(f'{100 * score:.1f}' for score in curve)}")


def _curve(options: Options, config: TrainConfig, start: Path, name: str, progress: Progress) -> list[float]:
    """pass@1 before the first step and after every few of them."""
    torch.set_num_threads(config.threads)
    policy = Policy.load(start)
    policy.adapt(config.lora, config.seed, None)
    held_out = [
        task
        for level in options.levels
        for task in config.curriculum.mix.some_tasks(Split.HELD_OUT_COMPOSITIONS, level, options.tasks)
    ]
    with (
        Judge(workers=config.workers, seed=config.seed) as judge,
        Judge(workers=config.workers, static=False, flakiness=None) as plain,
    ):
        stage = RLStage(name, policy, judge, config, progress.say)
        scores = [_score(policy, plain, held_out, options.samples)]
        for step in range(options.steps):
            stage.step(step)
            progress.update(Status(name, step + 1, options.steps))
            if (step + 1) % options.every == 0:
                scores.append(_score(policy, plain, held_out, options.samples))
        stage.close()
    return scores


def _score(policy: Policy, judge: Judge, tasks: Sequence[Task], samples: int) -> float:
    found = evaluate(policy, judge, tasks, samples=samples, max_new_tokens=96, greedy=False, seed=7)
    return found.metrics((1,))["pass@1"].value


def _settings(options: Options, seed: int) -> TrainConfig:
    evaluation = EvalConfig(tasks_per_level=1, levels=(1,), samples=1)
    config = TrainConfig(seed=seed, workers=options.workers, evaluation=evaluation)
    config = replace(config, rl=replace(config.rl, steps=options.steps))
    config = replace(config, warm_start=replace(config.warm_start, threads=1))  # seeds are run side by side
    if options.warm_start_steps is not None:
        config = replace(config, warm_start=replace(config.warm_start, steps=options.warm_start_steps))
    return config


def _of_arm(config: TrainConfig, arm: str) -> TrainConfig:
    if arm == ASYNCHRONOUS:
        return replace(config, rl=replace(config.rl, asynchronous=True))
    return replace(config, rl=replace(config.rl, objective=named(arm)))


if __name__ == "__main__":
    sys.exit(guarded(lambda: run(tyro.cli(Options, description=__doc__))))
