"""The episode: how a program came about, turn by turn, and the verdict at its end."""

from dataclasses import dataclass

from hone.tasks.program import Program
from hone.tasks.task import Task
from hone.verdict.verdict import Verdict


@dataclass(frozen=True)
class Turn:
    """One observation and the policy's answer to it."""

    observation: tuple[int, ...]
    """Token ids that the policy read; it does not learn from them."""
    action: tuple[int, ...]
    """Token ids that the policy wrote, the end token included where it wrote one."""
    logprobs: tuple[float, ...]
    """Of each action token, under the distribution that it was sampled from."""
    finished: bool
    """False where the answer was cut off at its length limit."""
    told: int = 0
    """Tokens that were written where their ids are not known: as a server counts them, shared out among its answers."""

    @property
    def tokens(self) -> int:
        """How many tokens were written; 0 where nobody says."""
        return len(self.action) or self.told


@dataclass(frozen=True)
class Episode:
    """One attempt at one task."""

    task: Task
    turns: tuple[Turn, ...]
    program: Program
    verdict: Verdict | None = None
    """None until the judge has answered."""
