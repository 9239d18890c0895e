"""Hone's verdicts as a reward function of TRL (`GRPOTrainer(reward_funcs=…)`, and every trainer with that signature).

    with Judge(workers=8) as judge:
        trainer = GRPOTrainer(model, reward_funcs=reward_func(judge), train_dataset=dataset, …)

The data set has a column `task` beside `prompt`: the JSON text of a task, `hone.tasks.task_json.to_json(task)`, or the
id of one that was passed in. A program that the sandbox could not grade earns None: TRL leaves it out of the reward,
where a number would teach that the program was bad.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hone.errors import Boundary, HoneError
from hone.integrations.answers import Message, program_in, task_of
from hone.tasks.task import Task
from hone.verdict.judge import Judge

Completion = str | Sequence[Message]
RewardFunction = Callable[..., list[float | None]]


def reward_func(
    judge: Judge, tasks: Mapping[str, Task] | None = None, *, column: str = "task", name: str = "hone"
) -> RewardFunction:
    """A function `(prompts, completions, **columns) -> [reward or None, …]`, one reward for each completion, in order.

    Args:
        judge: open as long as the trainer runs. All completions of one call are judged together.
        tasks: tasks by id, for data sets that hold ids.
        column: the data set's column of tasks.
        name: what the trainer's logs call the reward.

    The function raises HoneError where the column is missing or too short, or a cell of it means no task.
    """

    def rewards(prompts: Sequence[Completion], completions: Sequence[Completion], **columns: Any) -> list[float | None]:
        if column not in columns:
            known = ", ".join(sorted(columns)) or "none"
            raise HoneError(Boundary.TASK, f"the data set has no column {column!r}", f"its columns are {known}")
        counts = {"prompts": len(prompts), "completions": len(completions), column: len(columns[column])}
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{name} {count}" for name, count in counts.items())
            hint = "give each completion its prompt and its task, as TRL repeats them"
            raise HoneError(Boundary.USER, f"the columns are not of one length: {told}", hint)
        rows = zip(prompts, completions, columns[column], strict=True)
        pairs = [(task_of(cell, tasks), program_in(completion, prompt)) for prompt, completion, cell in rows]
        return [verdict.reward for verdict in judge.grade_many(pairs)]

    rewards.__name__ = name
    return rewards
