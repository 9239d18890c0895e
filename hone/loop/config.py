"""What a training run is asked to do. The defaults are the run of `make train`."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from hone.curriculum.learnability import CurriculumConfig
from hone.curriculum.solved import SolvedConfig
from hone.errors import Boundary, HoneError
from hone.learn.config import RLConfig, WarmStartConfig
from hone.loop.observability.alarms import AlarmConfig
from hone.policy.lora import LoRAConfig
from hone.policy.model import ModelConfig
from hone.tasks.families import LEVELS


class Control(StrEnum):
    """What the RL stage is replaced by, to tell what it is worth."""

    NONE = "none"
    MORE_SUPERVISED = "more_supervised"
    """As much time again on the same solved tasks."""
    LOW_TEMPERATURE = "low_temperature"
    """No more learning: the warm-started policy at the temperature that does best on the validation split."""
    SHUFFLED_REWARD = "shuffled_reward"
    """The same RL, each batch's rewards dealt out at random."""


@dataclass(frozen=True)
class EvalConfig:
    """The evaluation after each stage."""

    levels: tuple[int, ...] = (1, 2, 3, 4)
    """Levels to measure, of each held-out split that has them."""
    tasks_per_level: int = 100
    samples: int = 8
    """Programs a task at temperature 1; pass@k is reported for each k of 1, 8, 64 up to this."""
    many_tasks: int = 0
    """Of each level's tasks, this many get `many_samples` instead, for pass@k at a large k."""
    many_samples: int = 64
    max_new_tokens: int = 96
    seed: int = 7

    def __post_init__(self) -> None:
        if not self.levels or set(self.levels) - set(LEVELS):
            what = f"evaluation.levels is {list(self.levels)}"
            raise HoneError(Boundary.USER, what, f"choose among {', '.join(map(str, LEVELS))}")
        _at_least(self, "evaluation.", tasks_per_level=1, samples=1, many_tasks=0, many_samples=1, max_new_tokens=1)


@dataclass(frozen=True)
class TrainConfig:
    """One run."""

    seed: int = 0
    policy: Path | None = None
    """A Hugging Face checkpoint to start from, in place of the embedded model built from scratch."""
    device: str = "auto"
    """Where to compute: `cpu`, `cuda`, or `auto` for the accelerator where there is one."""
    threads: int = 1
    """Cores that the policy computes on beside the jails. Part of what makes a run repeatable."""
    workers: int = 2
    """Jails that run candidates side by side."""
    checkpoint_every: int = 25
    """Steps between checkpoints."""
    control: Control = Control.NONE
    more_supervised_steps: int = 900
    """Steps of the `more_supervised` control; `make study` measures how many take as long as RL."""
    model: ModelConfig = field(default_factory=ModelConfig)
    lora: LoRAConfig = field(default_factory=LoRAConfig)
    """Low-rank adapters over the policy, in both stages; checkpoints hold them merged, and beside that alone."""
    tokenizer: str = "lines"
    """Where the embedded tokenizer's merges stop: `words`, or `lines` (a common line of code is a few tokens)."""
    solved: SolvedConfig = field(default_factory=SolvedConfig)
    warm_start: WarmStartConfig = field(default_factory=WarmStartConfig)
    curriculum: CurriculumConfig = field(default_factory=CurriculumConfig)
    rl: RLConfig = field(default_factory=RLConfig)
    evaluation: EvalConfig = field(default_factory=EvalConfig)
    alarms: AlarmConfig = field(default_factory=AlarmConfig)

    def __post_init__(self) -> None:
        _at_least(self, "", seed=0, threads=1, workers=1, checkpoint_every=1, more_supervised_steps=0)
        _at_least(self.warm_start, "warm_start.", steps=0, batch=1, learning_rate=0, warm_up=0, max_gradient_norm=0)
        _at_least(self.warm_start, "warm_start.", threads=1, tokens_at_once=1, of_task=1)
        _at_least(self.rl, "rl.", steps=0, prompts=1, updates=1, learning_rate=0, warm_up=0, max_new_tokens=1)
        _at_least(self.rl, "rl.", max_gradient_norm=0, tokens_at_once=1)
        if self.device.partition(":")[0] not in ("auto", "cpu", "cuda"):
            raise HoneError(Boundary.USER, f"device is {self.device!r}", "choose auto, cpu or cuda")
        if self.tokenizer not in ("words", "lines"):
            raise HoneError(Boundary.USER, f"tokenizer is {self.tokenizer!r}", "choose words or lines")


@dataclass(frozen=True)
class StudyConfig:
    """What `hone study` studies."""

    seeds: tuple[int, ...] = (0, 1, 2)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(evaluation=EvalConfig(tasks_per_level=300, samples=8, many_tasks=100))
    )

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise HoneError(Boundary.USER, f"seeds are {self.seeds}", "give different seeds, one at least")


def _at_least(config: object, prefix: str, **lows: float) -> None:
    for name, low in lows.items():
        value = getattr(config, name)
        if not value >= low:  # NaN is refused too
            raise HoneError(Boundary.USER, f"{prefix}{name} is {value}", f"give at least {low}")
