"""The objective: which advantage, ratio, surrogate and aggregate an update is made of, and what is added to them.

Each part is a small function of its own file, chosen by name here; no part knows another. `OBJECTIVES` holds the
combinations that papers have given names to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hone.errors import Boundary, HoneError
from hone.learn.advantages import Advantage
from hone.learn.aggregates import Aggregate
from hone.learn.corrections import Correction
from hone.learn.penalties import KL
from hone.learn.surrogates import Clip, RatioLevel, Surrogate


class KLPlace(StrEnum):
    """Where the distance to the reference policy counts."""

    LOSS = "loss"
    REWARD = "reward"


class Credit(StrEnum):
    """What a value head's advantages are advantages of."""

    TOKEN = "token"
    TURN = "turn"


@dataclass(frozen=True)
class ReferenceConfig:
    """Staying near a reference policy: the one that the stage began with."""

    weight: float = 0.0
    """0: no reference is kept, and nothing is computed."""
    estimator: KL = KL.K3
    place: KLPlace = KLPlace.LOSS


@dataclass(frozen=True)
class CorrectionConfig:
    """Sampler and learner differ: numerically, or because the sampler is older."""

    kind: Correction = Correction.NONE
    level: RatioLevel = RatioLevel.TOKEN
    cap: float = 3.0
    off_policy_limit: float | None = None
    """Drop sequences that did badly and that the policy has left by more than this (mean log-ratio of their tokens)."""


@dataclass(frozen=True)
class ValueConfig:
    """The value head of PPO; used where the advantage is `value_head`."""

    discount: float = 1.0
    trace: float = 0.95
    """Lambda of the generalised advantage estimation."""
    weight: float = 0.5
    clip: float = 0.2
    credit: Credit = Credit.TOKEN
    learning_rate: float = 3e-3
    """Of the head alone; the model's weights follow the stage's."""


@dataclass(frozen=True)
class Objective:
    """What an update makes of judged groups. The default is Dr. GRPO's advantage under DAPO's loss."""

    advantage: Advantage = Advantage.GROUP_CENTRED
    ratio: RatioLevel = RatioLevel.TOKEN
    surrogate: Surrogate = Surrogate.CLIPPED
    aggregate: Aggregate = Aggregate.TOKENS
    clip: Clip = field(default_factory=Clip)
    reference: ReferenceConfig = field(default_factory=ReferenceConfig)
    correction: CorrectionConfig = field(default_factory=CorrectionConfig)
    value: ValueConfig = field(default_factory=ValueConfig)
    entropy_weight: float = 0.0
    """Bonus for the mean entropy of the tokens that are learned from, in nats."""
    drop_uniform_groups: bool = True
    """DAPO's dynamic sampling: groups in which all pass, or none does, are left out."""
    mask_truncated: bool = True
    """Programs that were cut off at the length limit are left out of the loss."""
    overlong_margin: int = 0
    """Tokens before the length limit over which a penalty of up to 1 grows; 0 for no penalty."""

    def __post_init__(self) -> None:
        for name, value, low in (
            ("clip.low", self.clip.low, 0.0),
            ("clip.high", self.clip.high, 0.0),
            ("clip.ceiling", self.clip.ceiling, 1.0),
            ("reference.weight", self.reference.weight, 0.0),
            ("correction.cap", self.correction.cap, 0.0),
            ("entropy_weight", self.entropy_weight, 0.0),
            ("overlong_margin", self.overlong_margin, 0),
            ("value.weight", self.value.weight, 0.0),
            ("value.clip", self.value.clip, 0.0),
            ("value.learning_rate", self.value.learning_rate, 0.0),
        ):
            if value is not None and not value >= low:  # NaN is refused too
                raise HoneError(Boundary.USER, f"objective.{name} is {value}", f"give at least {low:g}")
        for name, value in (("value.discount", self.value.discount), ("value.trace", self.value.trace)):
            if not 0 <= value <= 1:
                raise HoneError(Boundary.USER, f"objective.{name} is {value}", "give a number from 0 to 1")


_PLAIN = {"drop_uniform_groups": False, "mask_truncated": False}

OBJECTIVES: Mapping[str, Objective] = {
    "hone": Objective(),
    "reinforce": Objective(
        advantage=Advantage.BATCH_CENTRED, surrogate=Surrogate.REINFORCE, aggregate=Aggregate.LIMIT, **_PLAIN
    ),
    "rloo": Objective(advantage=Advantage.LEAVE_ONE_OUT, aggregate=Aggregate.LIMIT, clip=Clip(high=0.2), **_PLAIN),
    "grpo": Objective(
        advantage=Advantage.GROUP_NORMALISED,
        aggregate=Aggregate.SEQUENCES,
        clip=Clip(high=0.2),
        reference=ReferenceConfig(weight=0.04),
        **_PLAIN,
    ),
    "dr_grpo": Objective(aggregate=Aggregate.LIMIT, clip=Clip(high=0.2), **_PLAIN),
    "dapo": Objective(advantage=Advantage.GROUP_NORMALISED, mask_truncated=False, overlong_margin=16),
    "gspo": Objective(
        advantage=Advantage.GROUP_NORMALISED,
        ratio=RatioLevel.SEQUENCE,
        aggregate=Aggregate.SEQUENCES,
        clip=Clip(low=3e-4, high=4e-4),
        **_PLAIN,
    ),
    "cispo": Objective(
        advantage=Advantage.GROUP_NORMALISED, surrogate=Surrogate.CISPO, clip=Clip(high=5.0), mask_truncated=False
    ),
    "sapo": Objective(
        advantage=Advantage.GROUP_NORMALISED, surrogate=Surrogate.SAPO, aggregate=Aggregate.SEQUENCES, **_PLAIN
    ),
    "ppo": Objective(advantage=Advantage.VALUE_HEAD, clip=Clip(high=0.2), **_PLAIN),
    "expert_iteration": Objective(
        advantage=Advantage.ELITE, surrogate=Surrogate.REINFORCE, drop_uniform_groups=False, mask_truncated=False
    ),
}
"""By name, with the settings of their papers; `hone` is the default run's."""


def named(name: str) -> Objective:
    """The objective of a name; raises HoneError for one that there is not."""
    if name not in OBJECTIVES:
        raise HoneError(Boundary.USER, f"there is no objective {name!r}", f"choose among {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name]
