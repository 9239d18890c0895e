"""The full evaluation: several seeds, each with the controls that tell what RL is worth. Resumable at any instant.

STUDY/seed-N/main/            a run of `hone train`, evaluated on more tasks and with pass@64
STUDY/seed-N/control-NAME/    the same warm start, with RL replaced by the control
STUDY/seed-N/results.json     the scores of all of them, in the form of a run's own
STUDY/results.json            what RL gained, seed by seed: over its warm start and against each control
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hone.config import to_dict
from hone.errors import Boundary, HoneError
from hone.loop.config import Control, StudyConfig, TrainConfig
from hone.loop.evaluation.statistics import paired_difference
from hone.loop.export.folder import POLICY
from hone.loop.run import RL, WARM_START, train
from hone.store.atomic import atomic_write
from hone.store.run_dir import RESULTS, read_config, read_results
from hone.tasks.families import Split

CONTROLS = (Control.MORE_SUPERVISED, Control.LOW_TEMPERATURE, Control.SHUFFLED_REWARD)
GAIN_LEVELS = (2, 3)
"""Levels over which the gain of RL is averaged."""


def study(config: StudyConfig, out: Path, say: Callable[[str], None] = print) -> Path:
    """Run every seed in sequence, with its controls; whatever is finished in `out` is kept. Returns `out`.

    Raises:
        HoneError: `out` holds a study under other settings; and whatever `train` raises.
    """
    for seed in config.seeds:
        folder = out / f"seed-{seed}"
        main = folder / "main"
        _finish(replace(config.train, seed=seed), main, say)
        for control in CONTROLS:
            settings = replace(
                config.train,
                seed=seed,
                policy=(main / "checkpoints" / WARM_START / POLICY).absolute(),
                warm_start=replace(config.train.warm_start, steps=0),
                control=control,
                more_supervised_steps=supervised_steps(main),
                # What is claimed against the controls is pass@1.
                evaluation=replace(config.train.evaluation, many_tasks=0),
            )
            _finish(settings, folder / f"control-{control}", say)
        _write(folder / RESULTS, {"stages": all_stages(folder)})
        found = {str(s): compare(out / f"seed-{s}") for s in config.seeds if _is_done(out / f"seed-{s}" / "main", RL)}
        _write(out / RESULTS, {"seeds": found})
    return out


def all_stages(folder: Path) -> dict[str, Any]:
    """The scores of one seed's run and of every control that is done, stage by stage."""
    runs = [folder / "main", *(folder / f"control-{control}" for control in CONTROLS)]
    return {
        stage: scores
        for run in runs
        if (run / RESULTS).exists()
        for stage, scores in read_results(run)["stages"].items()
    }


def _write(path: Path, results: Mapping[str, Any]) -> None:
    atomic_write(path, json.dumps(results, indent=2).encode() + b"\n")


def supervised_steps(main: Path) -> int:
    """How many steps of supervised learning take as long as the run's RL stage did, by the run's own clock."""
    seconds: dict[str, list[float]] = {WARM_START: [], RL: []}
    for line in (main / "metrics.jsonl").read_text().splitlines():
        record = json.loads(line)
        parts = record["time"]
        in_turn = parts["learn"] + parts.get("write", 0.0) + parts.get("wait", 0.0)
        seconds[record["stage"]].append(parts.get("step", in_turn))  # in asynchronous mode they overlap
    return round(math.fsum(seconds[RL]) / (math.fsum(seconds[WARM_START]) / len(seconds[WARM_START])))


def compare(folder: Path) -> dict[str, Any]:
    """One seed: what RL gained on the held-out compositions of `GAIN_LEVELS`, task by task, with 95 % intervals."""
    results = {path.parent.name: read_results(path.parent) for path in sorted(folder.glob(f"*/{RESULTS}"))}
    main = results["main"]
    rl = _task_scores(main, RL, sampled=True)
    found: dict[str, Any] = {
        "gain over warm start": _gain(rl, _task_scores(main, WARM_START, sampled=True)),
        "greedy gain over warm start": _gain(
            _task_scores(main, RL, sampled=False), _task_scores(main, WARM_START, sampled=False)
        ),
    }
    for control in CONTROLS:
        if f"control-{control}" in results:
            theirs = _task_scores(results[f"control-{control}"], f"control:{control}", sampled=True)
            found[f"gain over {control}"] = _gain(rl, theirs)
    found["pass@64"] = {
        split: {
            level: [main["stages"][stage][split][level]["pass@64"]["value"] for stage in (WARM_START, RL)]
            for level in main["stages"][RL][split]
            if "pass@64" in main["stages"][RL][split][level]
        }
        for split in main["stages"][RL]
    }
    return found


def _task_scores(results: Mapping[str, Any], stage: str, *, sampled: bool) -> dict[str, float]:
    """Score of each task: share of sampled programs that pass, or whether the greedy one does."""
    rows = [row for level in GAIN_LEVELS for row in results["tasks"][stage][f"{Split.HELD_OUT_COMPOSITIONS}:{level}"]]
    return {
        task: passes / samples if sampled else float(greedy) for task, greedy, samples, passes, _ in rows if samples
    }


def _gain(ours: Mapping[str, float], theirs: Mapping[str, float]) -> dict[str, float]:
    shared = [task for task in ours if task in theirs]
    value, low, high = paired_difference([ours[t] for t in shared], [theirs[t] for t in shared])
    return {"value": value, "low": low, "high": high, "n": len(shared)}


def _finish(settings: TrainConfig, folder: Path, say: Callable[[str], None]) -> None:
    """Start the run, go on with it, or leave it as it is where it is done."""
    last = RL if settings.control is Control.NONE else f"control:{settings.control}"
    if not (folder / "config.json").exists():
        say(f"{folder}: starting")
        train(settings, folder)
        return
    # How many supervised steps take as long as RL was measured once, when the control was started.
    held = dict(read_config(folder)["settings"])
    wanted = {**to_dict(settings), "more_supervised_steps": held.get("more_supervised_steps")}
    if held != json.loads(json.dumps(wanted)):
        raise HoneError(Boundary.USER, f"{folder} is a run under other settings", "choose another --out")
    if _is_done(folder, last):
        say(f"{folder}: done before")
    else:
        say(f"{folder}: going on")
        train(settings, folder, resume=True)


def _is_done(folder: Path, stage: str) -> bool:
    return (folder / RESULTS).exists() and stage in read_results(folder)["stages"]


def gains_table(results: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Rows of text: a seed, what was compared, and by how many points RL is ahead, with its interval."""
    return [
        (
            seed,
            name.replace("_", " "),
            f"{gain['value'] * 100:+.1f} ({gain['low'] * 100:+.1f} … {gain['high'] * 100:+.1f})",
        )
        for seed, found in results["seeds"].items()
        for name, gain in found.items()
        if "value" in gain
    ]
