"""One prompt, one program: the simplest way to act."""

from collections.abc import Callable, Sequence

import torch

from hone.episodes.episode import Episode, Turn
from hone.policy.generate import Sample, generate
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.policy.stops import before_stop
from hone.tasks.task import Task


def attempt(
    policy: Policy,
    tasks: Sequence[Task],
    samples: int,
    *,
    max_new_tokens: int,
    sampling: Sampling,
    generator: torch.Generator,
    numbers: Sequence[int] | None = None,
    stop: Sequence[str] = (),
    on_episode: Callable[[int, int, Episode], None] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[list[Episode]]:
    """`samples` episodes for each task, without verdicts, in the tasks' order.

    Args:
        sampling: the distribution that tokens are drawn from; temperature 0 writes the likeliest program.
        generator: every draw comes from it.
        numbers: what each task's prompt is called in the draws, as in `generate`; by default its place.
        stop: texts that end an answer; the program is taken from what stands before the first of them.
        on_episode: handed each episode the moment its program is written, while others are still being written, as
            (the task's place, the sample's number, the episode). It runs between two steps of the decoding: let it
            hand the program to the judge, not wait for a verdict.
        on_progress: called with (programs, tokens) written so far.
    """
    prompts = [policy.encode_prompt(task) for task in tasks]
    how = "greedy" if sampling.greedy else "sampled"
    written: dict[tuple[int, int], Episode] = {}

    def keep(place: int, number: int, sample: Sample) -> None:
        turn = Turn(tuple(prompts[place]), tuple(sample.tokens), tuple(sample.logprobs), sample.finished)
        program = policy.program(tasks[place], before_stop(policy.text(sample.tokens), stop), how)
        episode = written[place, number] = Episode(tasks[place], (turn,), program)
        if on_episode is not None:
            on_episode(place, number, episode)

    generate(
        policy,
        prompts,
        samples,
        max_new_tokens=max_new_tokens,
        sampling=sampling,
        generator=generator,
        numbers=numbers,
        stop=stop,
        on_sample=keep,
        on_progress=on_progress,
    )
    return [[written[place, number] for number in range(samples)] for place in range(len(tasks))]
