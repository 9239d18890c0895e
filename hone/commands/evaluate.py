"""`hone eval`: score a run's policy, a checkpoint, or any Hugging Face causal LM, on tasks it never saw."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from hone.commands.parse import OptionalPath, parse
from hone.commands.results_table import show_results
from hone.errors import Boundary, HoneError
from hone.store.checkpoints import MANIFEST, latest_checkpoint, verify_checkpoint
from hone.store.run_dir import CONFIG, read_config
from hone.tasks.families import HELD_OUT, TaskMix
from hone.tasks.task import Task


@dataclass(frozen=True)
class EvalOptions:
    """What `hone eval` takes."""

    policy: tyro.conf.Positional[Path]
    """a run, one of its checkpoints, or the folder of a Hugging Face causal LM"""
    suite: str = ""
    """a public suite, or tasks of one's own (.jsonl, or a folder), in place of the held-out generated tasks"""
    suites: OptionalPath = None
    """folder of public suites (default: $HONE_SUITES)"""
    tasks: str = "composed:1-4"
    """generated tasks to measure on, such as strings:1-3,services:1; their held-out splits are taken"""
    n: int = 100
    """tasks of each level, or of the suite"""
    samples: int = 8
    """programs for each task; pass@k is reported for each k of 1, 8, 64 up to this"""
    temperature: float = 1.0
    """of the sampled programs"""
    max_new_tokens: int = 96
    """length limit of a program; answers of chat models need hundreds"""
    seed: int = 7
    """of the samples"""
    device: str = "cpu"
    """where to compute: cpu, cuda"""
    workers: int = len(os.sched_getaffinity(0))
    """jails that run programs side by side"""
    json: bool = False
    """print a JSON object, and nothing else"""

    def __post_init__(self) -> None:
        for name in ("n", "samples", "max_new_tokens", "workers"):
            if getattr(self, name) < 1:
                option = f"--{name.replace('_', '-')}"
                raise HoneError(Boundary.USER, f"{option} is {getattr(self, name)}", "give at least 1")
        if not self.temperature > 0:
            hint = "give more than 0; greedy programs are scored beside the sampled ones"
            raise HoneError(Boundary.USER, f"--temperature is {self.temperature}", hint)


def run(arguments: list[str]) -> int:
    """Evaluate and print; returns 0."""
    description = "Score a policy on held-out compositions and depths, or on a public suite: greedy and sampled."
    options = parse(EvalOptions, arguments, prog="hone eval", description=description)
    folder = policy_folder(options.policy)
    groups = list(task_groups(options))
    found = measure(options, folder, groups)
    if options.json:
        print(json.dumps(found))
    else:
        show_results({"stages": {options.policy.name or str(options.policy): found["splits"]}})
    return 0


def policy_folder(path: Path) -> Path:
    """The folder of a Hugging Face causal LM: in a run's newest whole checkpoint, in a checkpoint, or `path` itself.

    Raises:
        HoneError: the run has no checkpoint yet, or the checkpoint is damaged.
    """
    if (path / MANIFEST).is_file():
        return verify_checkpoint(path).path / "policy"
    if (path / "checkpoints").is_dir() and (path / CONFIG).is_file():
        read_config(path)
        newest = latest_checkpoint(path / "checkpoints")
        if newest is None:
            raise HoneError(Boundary.USER, f"{path} has no checkpoint yet", f"let it go on: hone train --resume {path}")
        return newest.path / "policy"
    return path


def task_groups(options: EvalOptions) -> Iterator[tuple[str, str, list[Task]]]:
    """Split, level and tasks: the held-out ones, or those of a suite.

    Raises:
        HoneError: the suite is unknown or broken.
    """
    if options.suite:
        from hone.tasks.suites import load_suite

        yield options.suite, "all", list(load_suite(options.suite, options.suites).tasks[: options.n])
        return
    mix = TaskMix.parse(options.tasks)
    for split in HELD_OUT:
        for level in mix.levels_in(split):
            if level <= max(asked for _, asked in mix.cells):
                yield str(split), str(level), mix.some_tasks(split, level, options.n)


def measure(options: EvalOptions, folder: Path, groups: list[tuple[str, str, list[Task]]]) -> dict[str, Any]:
    """`{"policy", "splits": {split: {level: {metric: estimate}}}, "outcomes": {split: {level: {outcome: share}}}}`.

    Raises:
        HoneError: the policy cannot be read, or the jail does not work.
    """
    # torch is imported only once the options, the checkpoint and the tasks are known to be good.
    from hone.loop.evaluate import evaluate
    from hone.policy.policy import Policy
    from hone.progress import Progress, Status
    from hone.verdict.judge import Judge
    from hone.verdict.packages import packages_for

    policy = Policy.load(folder, options.device)
    splits: dict[str, dict[str, Any]] = {}
    outcomes: dict[str, dict[str, Any]] = {}
    packages = packages_for(task for _, _, tasks in groups for task in tasks)
    with (
        Judge(workers=options.workers, static=False, flakiness=None, packages=packages) as judge,
        Progress() as progress,
    ):
        for split, level, tasks in groups:
            stage = f"evaluating {split.replace('_', ' ')}, level {level}"
            found = evaluate(
                policy,
                judge,
                tasks,
                samples=options.samples,
                max_new_tokens=options.max_new_tokens,
                temperature=options.temperature,
                seed=options.seed,
                on_progress=lambda done, total, stage=stage: progress.update(Status(stage, done, total)),
            )
            splits.setdefault(split, {})[level] = {name: value.to_json() for name, value in found.metrics().items()}
            outcomes.setdefault(split, {})[level] = found.outcomes
    return {"policy": str(options.policy), "splits": splits, "outcomes": outcomes}
