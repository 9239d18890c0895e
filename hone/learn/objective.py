"""The objective: which advantage, ratio, surrogate and aggregate an update is made of, and what is added to them.

Each part is a small function of its own file, chosen by name here; no part knows another. `OBJECTIVES` holds the
combinations that papers have given names to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from hone.errors import Boundary, HoneError


class Advantage(StrEnum):
    """What a program is better than its siblings by; `advantages.py` has them, and `gae.py` the last."""

    BATCH_CENTRED = "batch_centred"
    LEAVE_ONE_OUT = "leave_one_out"
    GROUP_CENTRED = "group_centred"
    GROUP_NORMALISED = "group_normalised"
    BATCH_NORMALISED = "batch_normalised"
    ELITE = "elite"
    VALUE_HEAD = "value_head"
    """Generalised advantage estimation over a value head: PPO."""
    NOTHING = "nothing"
    """The fresh batch is not learned from; what `replay` keeps of it is."""


class Aggregate(StrEnum):
    """What each token weighs in the loss; see `aggregates.py`."""

    TOKENS = "tokens"
    SEQUENCES = "sequences"
    LIMIT = "limit"


class Correction(StrEnum):
    """What is done where sampler and learner differ; see `corrections.py`."""

    NONE = "none"
    TRUNCATE = "truncate"
    MASK = "mask"


class KL(StrEnum):
    """Estimators of the distance to the reference; see `penalties.py`."""

    K1 = "k1"
    K2 = "k2"
    K3 = "k3"


class Preference(StrEnum):
    """Losses of what passed over what did not; see `preference.py`."""

    NONE = "none"
    DPO = "dpo"
    IPO = "ipo"


class Choice(StrEnum):
    """Which of a group's programs that passed are kept."""

    FIRST = "first"
    SHORTEST = "shortest"


class RatioLevel(StrEnum):
    """What an importance ratio is a ratio of."""

    TOKEN = "token"  # noqa: S105  # no password
    SEQUENCE = "sequence"
    """GSPO: the geometric mean over the sequence's tokens."""


class Surrogate(StrEnum):
    """What a token contributes to the loss; see `surrogates.py`."""

    REINFORCE = "reinforce"
    CLIPPED = "clipped"
    CISPO = "cispo"
    SAPO = "sapo"


@dataclass(frozen=True)
class Clip:
    """How far a ratio may leave 1 before it stops counting."""

    low: float = 0.2
    high: float = 0.28
    """DAPO's clip-higher: room for unlikely tokens to grow. For `cispo`, the cap of the ratio itself."""
    ceiling: float | None = None
    """Caps the unclipped ratio, which a negative advantage would otherwise let grow without bound: dual clip, Ye et al.
    2020, equation 10 (INTELLECT-2's delta)."""
    gate_positive: float = 1.0
    gate_negative: float = 1.05
    """Temperatures of SAPO's gate for advantages above 0, and for the others."""


class KLPlace(StrEnum):
    """Where the distance to the reference policy counts."""

    LOSS = "loss"
    REWARD = "reward"


class Credit(StrEnum):
    """What a value head's advantages are advantages of."""

    TOKEN = "token"  # noqa: S105  # no password
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
class PreferenceConfig:
    """Learning from pairs of a group's programs; with a loss, advantages, surrogates and aggregates are not used."""

    loss: Preference = Preference.NONE
    beta: float = 0.1
    """How near the policy stays to the reference: the one that the stage began with."""


@dataclass(frozen=True)
class ReplayConfig:
    """Verified programs that are kept and learned from again, as in supervised learning, beside the fresh batch."""

    weight: float = 0.0
    """Of their mean loss by token; 0: nothing is kept."""
    batch: int = 32
    """Programs an update: those that were learned from least often."""
    size: int = 2048
    """Programs that are kept; the oldest make room."""
    choose: Choice = Choice.SHORTEST
    of_group: int = 1
    """Programs that are kept of a group."""


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
    preference: PreferenceConfig = field(default_factory=PreferenceConfig)
    replay: ReplayConfig = field(default_factory=ReplayConfig)
    entropy_weight: float = 0.0
    """Bonus for the mean entropy of the tokens that are learned from, in nats."""
    drop_uniform_groups: bool = True
    """DAPO's dynamic sampling: groups in which all pass, or none does, are left out."""
    mask_truncated: bool = True
    """Programs that were cut off at the length limit are left out of the loss."""
    overlong_margin: int = 0
    """Tokens before the length limit over which a penalty of up to 1 grows; 0 for no penalty."""

    @property
    def has_reference(self) -> bool:
        """Whether a reference policy is asked for."""
        return self.reference.weight > 0 or self.preference.loss is not Preference.NONE

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
            ("replay.weight", self.replay.weight, 0.0),
            ("replay.batch", self.replay.batch, 1),
            ("replay.size", self.replay.size, 1),
            ("replay.of_group", self.replay.of_group, 1),
        ):
            if value is not None and not value >= low:  # NaN is refused too
                raise HoneError(Boundary.USER, f"objective.{name} is {value}", f"give at least {low:g}")
        if not 0 < self.preference.beta < float("inf"):
            what = f"objective.preference.beta is {self.preference.beta}"
            raise HoneError(Boundary.USER, what, "give a positive number")
        if self.preference.loss is not Preference.NONE and self.advantage is Advantage.VALUE_HEAD:
            raise HoneError(Boundary.USER, "a preference loss has no use for a value head", "choose one of the two")
        for name, value in (("value.discount", self.value.discount), ("value.trace", self.value.trace)):
            if not 0 <= value <= 1:
                raise HoneError(Boundary.USER, f"objective.{name} is {value}", "give a number from 0 to 1")


_PLAIN = Objective(drop_uniform_groups=False, mask_truncated=False, clip=Clip(high=0.2))

OBJECTIVES: Mapping[str, Objective] = {
    "hone": Objective(),
    "reinforce": replace(
        _PLAIN, advantage=Advantage.BATCH_CENTRED, surrogate=Surrogate.REINFORCE, aggregate=Aggregate.LIMIT
    ),
    "rloo": replace(_PLAIN, advantage=Advantage.LEAVE_ONE_OUT, aggregate=Aggregate.LIMIT),
    "grpo": replace(
        _PLAIN,
        advantage=Advantage.GROUP_NORMALISED,
        aggregate=Aggregate.SEQUENCES,
        reference=ReferenceConfig(weight=0.04),
    ),
    "dr_grpo": replace(_PLAIN, aggregate=Aggregate.LIMIT),
    "dapo": Objective(advantage=Advantage.GROUP_NORMALISED, mask_truncated=False, overlong_margin=16),
    "gspo": replace(
        _PLAIN,
        advantage=Advantage.GROUP_NORMALISED,
        ratio=RatioLevel.SEQUENCE,
        aggregate=Aggregate.SEQUENCES,
        clip=Clip(low=3e-4, high=4e-4),
    ),
    "cispo": replace(_PLAIN, advantage=Advantage.GROUP_NORMALISED, surrogate=Surrogate.CISPO, clip=Clip(high=5.0)),
    "sapo": replace(
        _PLAIN, advantage=Advantage.GROUP_NORMALISED, surrogate=Surrogate.SAPO, aggregate=Aggregate.SEQUENCES
    ),
    "ppo": replace(_PLAIN, advantage=Advantage.VALUE_HEAD),
    "raft": replace(_PLAIN, advantage=Advantage.ELITE, surrogate=Surrogate.REINFORCE),
    "expert_iteration": replace(_PLAIN, advantage=Advantage.NOTHING, replay=ReplayConfig(weight=1.0)),
    "dpo": Objective(preference=PreferenceConfig(Preference.DPO)),
    "ipo": Objective(preference=PreferenceConfig(Preference.IPO)),
}
"""By name, with the settings of their papers; `hone` is the default run's."""


def named(name: str) -> Objective:
    """The objective of a name; raises HoneError for one that there is not."""
    if name not in OBJECTIVES:
        raise HoneError(Boundary.USER, f"there is no objective {name!r}", f"choose among {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name]
