"""Hone's verdicts as a custom reward function of verl.

    reward.custom_reward_function.path=pkg://hone.integrations.verl
    reward.custom_reward_function.name=compute_score                 # or compute_score_async
    +reward.custom_reward_function.reward_kwargs.workers=8

`reward_model.ground_truth` of the data set is the JSON text of a task: `hone.tasks.task_json.to_json(task)`. verl calls
this once for each completion, from threads or coroutines of a few reward workers; each of those processes keeps one
judge, which ends with it.

verl has no reward for "not graded" (NaN would spoil the whole batch's advantages). So a program that the sandbox could
not grade is tried again, and then scores `not_graded`: 0.0 by default, between every failure (below 0) and every pass
(above), with `graded` 0.0 beside it in the reward's extra information. Mask or watch by that.
"""

import asyncio
import atexit
import os
import threading
from typing import Any

from hone.integrations.answers import program_in, task_of
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome, Verdict

TRIES = 3
"""How often a program is put to the judge before it counts as not graded."""
_lock = threading.Lock()
_judges: dict[tuple[int, int, bool], Judge] = {}
"""By process, since a forked one must not use or end its parent's jails, and by settings."""


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: dict[str, Any] | None = None,
    *,
    workers: int | None = None,
    static: bool = True,
    not_graded: float = 0.0,
    **_more: Any,
) -> dict[str, float | str]:
    """The score of one completion, and what goes with it: `{"score", "acc", "graded", "outcome"}`.

    Args:
        data_source: verl's name of the data set; not looked at.
        solution_str: the completion's text.
        ground_truth: JSON text of the task.
        extra_info: verl's; not looked at.
        workers: jails of this process's judge; by default its cores.
        static: lint and check types, too.
        not_graded: the score where the sandbox failed `TRIES` times.
        _more: what verl adds for reward models.

    Returns:
        `score`: the reward; `acc`: 1.0 for a pass; `graded`: 0.0 where the sandbox failed; `outcome`: in words.

    Raises:
        HoneError: `ground_truth` is no task, or the jail does not work here.
    """
    task, program = task_of(ground_truth, None), program_in(solution_str)
    judge = _judge_of_this_process(workers or len(os.sched_getaffinity(0)), static)
    for _attempt in range(TRIES):
        verdict = judge.grade_many([(task, program)])[0]
        if verdict.outcome is not Outcome.NOT_GRADED:
            break
    return _score(verdict, not_graded)


async def compute_score_async(
    data_source: str, solution_str: str, ground_truth: str, extra_info: dict[str, Any] | None = None, **settings: Any
) -> dict[str, float | str]:
    """As `compute_score`, for verl's coroutines: the event loop goes on meanwhile."""
    return await asyncio.to_thread(compute_score, data_source, solution_str, ground_truth, extra_info, **settings)


def _score(verdict: Verdict, not_graded: float) -> dict[str, float | str]:
    reward = verdict.reward
    return {
        "score": not_graded if reward is None else reward,
        "acc": float(verdict.passed),
        "graded": float(reward is not None),
        "outcome": str(verdict.outcome),
    }


def _judge_of_this_process(workers: int, static: bool) -> Judge:
    key = (os.getpid(), workers, static)
    with _lock:
        if key not in _judges:
            _judges[key] = Judge(workers, static=static)
        return _judges[key]


@atexit.register
def _close() -> None:
    for (pid, *_), judge in _judges.items():
        if pid == os.getpid():
            judge.close()
