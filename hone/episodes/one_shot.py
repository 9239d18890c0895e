"""One prompt, one program: the simplest way to act."""

from collections.abc import Callable, Sequence

import torch

from hone.episodes.episode import Episode, Turn
from hone.policy.generate import generate
from hone.policy.policy import Policy
from hone.tasks.task import Task


def attempt(
    policy: Policy,
    tasks: Sequence[Task],
    samples: int,
    *,
    max_new_tokens: int,
    temperature: float,
    generator: torch.Generator,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[list[Episode]]:
    """`samples` episodes for each task, without verdicts, in the tasks' order.

    Args:
        temperature: 0 writes the likeliest program.
        generator: every draw comes from it.
        on_progress: called with (programs, tokens) written so far.
    """
    prompts = [policy.encode_prompt(task) for task in tasks]
    groups = generate(
        policy,
        prompts,
        samples,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        generator=generator,
        on_progress=on_progress,
    )
    how = "sampled" if temperature > 0 else "greedy"
    return [
        [
            Episode(
                task=task,
                turns=(Turn(tuple(prompt), tuple(sample.tokens), tuple(sample.logprobs), sample.finished),),
                program=policy.program(task, sample.tokens, how),
            )
            for sample in group
        ]
        for task, prompt, group in zip(tasks, prompts, groups, strict=True)
    ]
