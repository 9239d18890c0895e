"""Overlap: the wall time of an RL step beside the times of its three stages, strictly on policy and asynchronous.

Three ways through the same steps of the default run, from one short warm start, in alternation: stage after stage with
nothing beside; strictly on policy; asynchronous. The first gives each stage's own time with the machine to itself (the
judge's jails use every core that `workers` allows), and the CPU time of a step: no schedule on so many cores is faster
than that sum divided by them, nor than the longest stage.

    python -m bench overlap
"""

import os
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from bench._cpu import cpu_seconds
from bench._warm_start import warmed
from hone.loop.clock import Clock
from hone.loop.config import TrainConfig
from hone.loop.execution import Judging
from hone.loop.stages import RLStage, StepReport
from hone.loop.writing import Writer, parts, task_draws
from hone.verdict.judge import Judge

ROUNDS, UNCOUNTED, COUNTED = 3, 2, 6
STAGES = ("write", "run", "learn")


@dataclass(frozen=True)
class Took:
    """Of a step on average: seconds on the clock, of the CPUs, and of each stage."""

    wall: float
    cpu: float
    stages: dict[str, float]

    @property
    def over_busiest(self) -> float:
        """Wall time over the time of the stage that was busiest meanwhile: 1 where that one never waited."""
        return self.wall / max(self.stages.values())


def measure() -> list[dict[str, Any]]:
    """Medians over the rounds."""
    config = TrainConfig()
    ahead = replace(config, rl=replace(config.rl, asynchronous=True))
    alone, on_policy, asynchronous = [], [], []
    with Judge(workers=config.workers) as judge:
        for _ in range(ROUNDS):
            alone.append(_timed(config, judge, _one_after_another))
            on_policy.append(_timed(config, judge, RLStage.step))
            asynchronous.append(_timed(ahead, judge, RLStage.step))
    own = {name: statistics.median(took.stages[name] for took in alone) for name in STAGES}
    cores = len(os.sched_getaffinity(0))
    cpu = statistics.median(took.cpu for took in alone)
    bound = max(cpu / cores, *own.values())
    entries: list[tuple[str, float, str, str, float | None]] = [
        *((f"{name}, with nothing beside it", seconds, "s", "", None) for name, seconds in own.items()),
        ("no schedule is faster", bound, "s", f"{cpu:.2f} CPU-s on {cores} cores, or the longest stage", None),
    ]
    for mode, rounds in (("on policy", on_policy), ("asynchronous", asynchronous)):
        wall = statistics.median(took.wall for took in rounds)
        longest = max(own.values())
        busiest = statistics.median(took.over_busiest for took in rounds)
        spent = statistics.median(took.cpu for took in rounds)
        entries += [
            (mode, wall, "s", f"the longest stage alone: {longest:.2f} s", longest / wall),
            (f"{mode}: wall over the busiest stage's time in it", busiest, "", "", None),
            (f"{mode}: CPU time", spent, "CPU-s", f"stage after stage: {cpu:.2f}", cpu / spent),
        ]
    gain = statistics.median(then.wall / now.wall for then, now in zip(on_policy, asynchronous, strict=True))
    entries.append(("asynchronous beside on policy", gain, "x as fast", "", None))
    return [
        {"name": f"overlap, a step: {name}", "value": value, "unit": unit, "peer": peer, "ratio": ratio}
        for name, value, unit, peer, ratio in entries
    ]


def _timed(config: TrainConfig, judge: Judge, take: Callable[[RLStage, int], StepReport]) -> Took:
    """Steps of a new stage, the first few uncounted."""
    stage = RLStage("rl", warmed(), judge, config, print)
    with closing(stage):
        for step in range(UNCOUNTED):
            take(stage, step)
        cpu, started = cpu_seconds(), time.monotonic()
        clocks = [take(stage, step).clock for step in range(UNCOUNTED, UNCOUNTED + COUNTED)]
        wall, cpu = time.monotonic() - started, cpu_seconds() - cpu
    stages = {name: sum(clock[name] for clock in clocks) / COUNTED for name in STAGES}
    return Took(wall / COUNTED, cpu / COUNTED, stages)


class _Unhurried:
    """In an executor's place: judges a part when it is told to, and nothing beside."""

    def open(self, size: int, clock: Clock) -> Judging:
        return Judging(size, clock)


def _one_after_another(stage: RLStage, step: int) -> StepReport:
    """A step whose parts are written, judged and learned from with nothing beside."""
    config, judge, started = stage._config, stage._judge, time.monotonic()
    tasks = stage.curriculum.draw(config.rl.prompts, task_draws(config.seed, step))
    writer = Writer(stage._policy, _Unhurried(), config)
    judged = []
    for number, part in enumerate(parts(tasks, config.rl.updates)):
        written = writer.write(part, step, number, stage._updates)
        written.judging.judge(judge.grade_many)
        with written.clock.measure("learn"):
            judged.append(stage._learn(step, number, written, written.verdicts()))
        stage._observe(judged[-1])
    return stage._report(judged, time.monotonic() - started)


if __name__ == "__main__":
    from bench.__main__ import show

    show(measure())
