"""Which learner an objective is for."""

from collections.abc import Callable

from hone.learn.config import RLConfig
from hone.learn.learner import Learner
from hone.learn.objective import Preference
from hone.learn.policy_gradient import PolicyGradient
from hone.learn.preference_learning import PreferenceLearning
from hone.policy.policy import Policy


def learner(policy: Policy, config: RLConfig, say: Callable[[str], None]) -> Learner:
    """The learner of the settings' objective; `say` is told, in a sentence, what a person should know."""
    pairwise = config.objective.preference.loss is not Preference.NONE
    return (PreferenceLearning if pairwise else PolicyGradient)(policy, config, say)
