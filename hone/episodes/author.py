"""Who writes programs for tasks, wherever it computes: a policy here, or one behind an endpoint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from hone.episodes.episode import Episode, Turn
from hone.episodes.one_shot import attempt
from hone.errors import Boundary, HoneError
from hone.policy.completions import Answer, Reply, Route
from hone.policy.policy import Policy
from hone.policy.prompts import request_text
from hone.policy.remote import RemotePolicy
from hone.policy.sampling import Sampling
from hone.policy.stops import before_stop
from hone.policy.tokenizer import BOS, END, SEP
from hone.tasks.answers import Style, extract_program
from hone.tasks.program import Program
from hone.tasks.task import Task

OnEpisode = Callable[[int, int, Episode], None]


class Author(Protocol):
    """Writes one program after one prompt."""

    def attempt(
        self,
        tasks: Sequence[Task],
        samples: int,
        *,
        max_new_tokens: int,
        sampling: Sampling,
        seed: int,
        stop: Sequence[str] = (),
        on_episode: OnEpisode | None = None,
    ) -> list[list[Episode]]:
        """`samples` episodes for each task, without verdicts, in the tasks' order.

        Args:
            seed: of every draw, as far as the author has them in hand.
            stop: texts that end an answer; the program is taken from what stands before the first of them.
            on_episode: handed each episode as soon as its program is there, as (the task's place, the sample's number,
                the episode).
        """
        ...


@dataclass(frozen=True)
class LocalAuthor:
    """A policy on this machine."""

    policy: Policy

    def attempt(
        self,
        tasks: Sequence[Task],
        samples: int,
        *,
        max_new_tokens: int,
        sampling: Sampling,
        seed: int,
        stop: Sequence[str] = (),
        on_episode: OnEpisode | None = None,
    ) -> list[list[Episode]]:
        """As `Author` says; the seed fixes the samples."""
        return attempt(
            self.policy,
            tasks,
            samples,
            max_new_tokens=max_new_tokens,
            sampling=sampling,
            generator=torch.Generator(device=self.policy.device).manual_seed(seed),
            stop=stop,
            on_episode=on_episode,
        )


@dataclass(frozen=True)
class RemoteAuthor:
    """A policy behind an endpoint. Its turns hold no token ids: only the server's tokenizer knows them."""

    policy: RemotePolicy

    def attempt(
        self,
        tasks: Sequence[Task],
        samples: int,
        *,
        max_new_tokens: int,
        sampling: Sampling,
        seed: int,
        stop: Sequence[str] = (),
        on_episode: OnEpisode | None = None,
    ) -> list[list[Episode]]:
        """As `Author` says; what the seed fixes is the server's matter.

        Raises:
            HoneError: as `RemotePolicy.complete`.
        """
        how = "greedy" if sampling.greedy else "sampled"
        groups: list[list[Episode]] = [[] for _ in tasks]

        def keep(place: int, reply: Reply) -> None:
            told = (reply.tokens or 0) // len(reply.answers)
            for answer in reply.answers:
                episode = self._episode(tasks[place], answer, stop, how, told)
                groups[place].append(episode)
                if on_episode is not None:
                    on_episode(place, len(groups[place]) - 1, episode)

        self.policy.complete(
            [self._prompt(task) for task in tasks],
            samples,
            max_new_tokens=max_new_tokens,
            sampling=sampling,
            seed=seed,
            stop=stop,
            on_reply=keep,
        )
        return groups

    def _prompt(self, task: Task) -> str:
        route = self.policy.route
        if route is not Route.PLAIN:
            return request_text(task, Style.CHAT, has_template=route is Route.CHAT)
        text = request_text(task, Style.PLAIN)
        if any(mark in text for mark in (BOS, SEP, END)):
            what = (
                f"the prompt of {task.id} holds a mark of the embedded model's form, which a server takes for a token"
            )
            raise HoneError(Boundary.TASK, what, "leave the task out, or use --route chat or completion")
        return f"{BOS}{text}{SEP}"

    def _episode(self, task: Task, answer: Answer, stop: Sequence[str], how: str, told: int) -> Episode:
        route = self.policy.route
        style = Style.PLAIN if route is Route.PLAIN else Style.CHAT
        source = extract_program(before_stop(answer.text, stop), style, opened=route is Route.COMPLETION)
        turn = Turn((), (), answer.logprobs, answer.finished, told=told)
        return Episode(task, (turn,), Program(source, task.id, self.policy.name, how))
