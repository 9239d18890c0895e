"""Time per RL step of the default run, split into write, run and learn, from a short warm start.

`run` goes on beside `write` and `learn`; `wait` is the part of it that nothing hides. The peer of a step is the sum of
its parts one after the other.
"""

import tempfile
from pathlib import Path
from typing import Any

import torch

from hone.curriculum.solved import solved_tasks
from hone.learn.config import WarmStartConfig
from hone.loop.config import TrainConfig
from hone.loop.run import load_policy
from hone.loop.stages import RLStage, SupervisedStage
from hone.store.run_dir import RunDir
from hone.verdict.judge import Judge

_WARM_START = 150
_UNCOUNTED, _COUNTED = 3, 12


def measure() -> list[dict[str, Any]]:
    """Seconds of a step and of its parts, tokens/s and executions/s."""
    config = TrainConfig()
    torch.set_num_threads(config.threads)
    policy = load_policy(config)
    solved = solved_tasks(config.solved, config.curriculum.mix)
    warm = SupervisedStage("warm_start", policy, solved, WarmStartConfig(steps=_WARM_START), config.seed)
    supervised = [warm.step(step).clock for step in range(_WARM_START)][_UNCOUNTED:]
    with tempfile.TemporaryDirectory() as folder, Judge(workers=config.workers) as judge:
        stage = RLStage("rl", policy, judge, config, print)
        with RunDir.create(Path(folder) / "run", {}, version="bench", seed=0) as run:
            clocks = []
            for step in range(_UNCOUNTED + _COUNTED):
                report = stage.step(step)
                run.record_step("rl", step + 1, report.metrics, report.clock, report.episodes)
                clocks.append(report.clock)

    def mean(name: str, of: list[dict[str, float]]) -> float:
        return sum(clock[name] for clock in of) / len(of)

    clocks = clocks[_UNCOUNTED:]
    parts = {name: mean(name, clocks) for name in ("write", "run", "learn", "wait")}
    whole = parts["write"] + parts["wait"] + parts["learn"]
    one_by_one = parts["write"] + parts["run"] + parts["learn"]
    size = f"{config.rl.prompts} prompts x {config.rl.samples} samples"
    entries: list[tuple[str, float, str, str, float | None]] = [
        (f"RL step, {size}", whole, "s", f"its parts one after the other: {one_by_one:.3f} s", one_by_one / whole),
        *((f"RL step: {name}", seconds, "s", "", None) for name, seconds in parts.items()),
        ("RL step: tokens written", mean("tokens_per_s", clocks), "tokens/s", "", None),
        ("RL step: programs judged, repeats counted", mean("executions_per_s", clocks), "programs/s", "", None),
        ("warm start step, 32 programs", mean("learn", supervised), "s", "", None),
    ]
    return [
        {"name": name, "value": value, "unit": unit, "peer": peer, "ratio": ratio}
        for name, value, unit, peer, ratio in entries
    ]


if __name__ == "__main__":
    from bench.__main__ import show

    show(measure())
