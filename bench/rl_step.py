"""Time per RL step of the default run, split into write, run and learn, from a short warm start.

`run` goes on beside `write` and `learn`; `wait` is the part of it that nothing hides. The peer of a step is the sum of
its parts one after the other.
"""

import tempfile
from pathlib import Path
from typing import Any

from bench._warm_start import seconds_of_a_step, warmed
from hone.loop.config import TrainConfig
from hone.loop.stages import RLStage
from hone.store.run_dir import RunDir
from hone.verdict.judge import Judge

_UNCOUNTED, _COUNTED = 3, 12


def measure() -> list[dict[str, Any]]:
    """Seconds of a step and of its parts, tokens/s and executions/s."""
    config = TrainConfig()
    with tempfile.TemporaryDirectory() as folder, Judge(workers=config.workers) as judge:
        stage = RLStage("rl", warmed(), judge, config, print)
        with RunDir.create(Path(folder) / "run", {}, version="bench", seed=0) as run:
            clocks = []
            for step in range(_UNCOUNTED + _COUNTED):
                report = stage.step(step)
                run.record_step("rl", step + 1, report.metrics, report.clock, report.episodes)
                clocks.append(report.clock)

    clocks = clocks[_UNCOUNTED:]

    def mean(name: str) -> float:
        return sum(clock[name] for clock in clocks) / len(clocks)

    parts = {name: mean(name) for name in ("write", "run", "learn", "wait")}
    whole = parts["write"] + parts["wait"] + parts["learn"]
    one_by_one = parts["write"] + parts["run"] + parts["learn"]
    size = f"{config.rl.prompts} prompts x {config.rl.samples} samples"
    entries: list[tuple[str, float, str, str, float | None]] = [
        (f"RL step, {size}", whole, "s", f"its parts one after the other: {one_by_one:.3f} s", one_by_one / whole),
        *((f"RL step: {name}", seconds, "s", "", None) for name, seconds in parts.items()),
        ("RL step: tokens written", mean("tokens_per_s"), "tokens/s", "", None),
        ("RL step: programs judged, repeats counted", mean("executions_per_s"), "programs/s", "", None),
        ("warm start step, 32 programs", seconds_of_a_step(), "s", "", None),
    ]
    return [
        {"name": name, "value": value, "unit": unit, "peer": peer, "ratio": ratio}
        for name, value, unit, peer, ratio in entries
    ]


if __name__ == "__main__":
    from bench.__main__ import show

    show(measure())
