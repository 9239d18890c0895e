"""Updates as a whole: how a batch is cut changes nothing, every objective learns, and what breaks is named."""

import math
from dataclasses import replace

import pytest
import torch

from hone.curriculum.learnability import CurriculumConfig
from hone.episodes.one_shot import attempt
from hone.errors import HoneError
from hone.learn.batch import Judged
from hone.learn.config import Precision, RLConfig
from hone.learn.learners import learner as learner_of
from hone.learn.objective import (
    OBJECTIVES,
    Advantage,
    Correction,
    CorrectionConfig,
    Credit,
    KLPlace,
    ReplayConfig,
    named,
)
from hone.learn.policy_gradient import PolicyGradient
from hone.learn.preference import verdict_pairs
from hone.policy.logprobs import token_logprobs
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.tasks.families import Split
from tests.tiny import tiny_policy

TASKS = CurriculumConfig().mix.some_tasks(Split.TRAIN, 1, 6)
PLAIN = RLConfig(learning_rate=1e-2, warm_up=0, samples=4, max_new_tokens=8)


def fresh(precise: bool = False) -> Policy:
    policy = tiny_policy(TASKS)
    if precise:
        policy.model.double()
    return policy


def batch(policy: Policy, seed: int = 0) -> tuple[list, list]:
    """Prompts and groups of several lengths, some passing, one not graded, one cut off."""
    episodes = attempt(
        policy, TASKS, 4, max_new_tokens=8, sampling=Sampling(), generator=torch.Generator().manual_seed(seed)
    )
    groups = []
    for number, group in enumerate(episodes):
        outcomes = [1.0, -0.3, -0.6, None if number == 1 else 0.9]
        groups.append(
            [
                Judged(
                    action=episode.turns[0].action[: 3 + (number + index) % 5],
                    logprobs=episode.turns[0].logprobs[: 3 + (number + index) % 5],
                    finished=(number, index) != (2, 0),
                    passed=reward is not None and reward > 0,
                    reward=reward,
                    name=f"sample {index} of task {number}",
                )
                for index, (episode, reward) in enumerate(zip(group, outcomes, strict=True))
            ]
        )
    return [group[0].turns[0].observation for group in episodes], groups


def weights(policy: Policy) -> torch.Tensor:
    return torch.cat([p.detach().flatten().double().clone() for p in policy.model.parameters()])


def gradient(config: RLConfig, order: list[int] | None = None) -> torch.Tensor:
    """The gradient that one update follows, in float64."""
    policy = fresh()
    prompts, groups = batch(policy)
    policy.model.double()
    if order is not None:
        prompts, groups = [prompts[i] for i in order], [groups[i] for i in order]
    learner = learner_of(policy, replace(config, max_gradient_norm=1e9, learning_rate=0.0), print)
    learner.update(0, prompts, groups)
    return torch.cat([p.grad.flatten() for p in policy.model.parameters() if p.grad is not None])


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("tokens", [1, 90, 400])
def test_cutting_a_batch_changes_no_gradient(name, tokens):
    config = replace(PLAIN, objective=named(name))
    whole = gradient(config)
    assert whole.norm() > 1e-4
    assert (gradient(replace(config, tokens_at_once=tokens)) - whole).norm() < 1e-6 * whole.norm()


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_order_of_the_tasks_changes_no_gradient(name):
    config = replace(PLAIN, objective=named(name))
    whole = gradient(config)
    assert (gradient(config, [3, 1, 5, 0, 2, 4]) - whole).norm() < 1e-6 * whole.norm()


@pytest.mark.parametrize(
    "objective",
    [
        *OBJECTIVES.values(),
        replace(named("ppo"), value=replace(named("ppo").value, credit=Credit.TURN)),
        replace(named("grpo"), reference=replace(named("grpo").reference, place=KLPlace.REWARD)),
        replace(named("hone"), correction=CorrectionConfig(Correction.TRUNCATE, off_policy_limit=1.0)),
        replace(named("hone"), entropy_weight=0.01),
    ],
    ids=[*OBJECTIVES, "ppo by turns", "kl in the reward", "corrected", "entropy"],
)
def test_every_objective_makes_what_passed_likelier_beside_what_failed(objective):
    policy = fresh()
    prompts, groups = batch(policy)
    actions = [[sample.action for sample in group] for group in groups]

    def margin() -> float:
        now = token_logprobs(policy.model, prompts, actions).logprobs_B_T.sum(1).detach().view(len(groups), 4)
        chosen = [(p, i) for p, g in enumerate(groups) for i, s in enumerate(g) if s.passed and s.finished]
        failed = [
            (p, i) for p, g in enumerate(groups) for i, s in enumerate(g) if s.reward is not None and not s.passed
        ]
        return float(sum(now[at] for at in chosen) / len(chosen) - sum(now[at] for at in failed) / len(failed))

    before = margin()
    learner = learner_of(policy, replace(PLAIN, learning_rate=3e-3, objective=objective), print)
    for step in range(6):
        metrics, _ = learner.update(step, prompts, groups)
        assert all(math.isfinite(value) for value in metrics.values())
    assert margin() > before


def test_what_the_policy_was_told_is_not_learned_from():
    policy = fresh()
    prompt = policy.encode_prompt(TASKS[0])
    groups = [
        [
            Judged([5, 6, 7, 8], [-1.0] * 4, True, index == 0, 1.0 if index == 0 else -1.0, turns=[0, -1, -1, 1])
            for index in range(2)
        ]
    ]
    config = replace(PLAIN, objective=replace(named("reinforce"), advantage=Advantage.ELITE), max_gradient_norm=1e9)
    learner = PolicyGradient(policy, config, print)
    learner.update(0, [prompt], groups)
    other = fresh()
    now = token_logprobs(other.model, [prompt], [[[5, 6, 7, 8], [5, 6, 7, 8]]]).logprobs_B_T
    (-(now[0, 0] + now[0, 3]) / (2 * config.max_new_tokens)).backward()
    for ours, theirs in zip(policy.model.parameters(), other.model.parameters(), strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        assert torch.allclose(ours.grad, theirs.grad, atol=1e-6)


def test_a_number_that_is_none_stops_the_step_names_its_sequence_and_leaves_the_weights():
    policy = fresh()
    prompts, groups = batch(policy)
    bad = replace(groups[3][1], logprobs=[float("-inf")] * len(groups[3][1].logprobs))
    groups[3] = [groups[3][0], bad, *groups[3][2:]]
    before = weights(policy)
    learner = PolicyGradient(policy, PLAIN, print)
    with pytest.raises(HoneError, match="not finite: in sample 1 of task 3") as caught:
        learner.update(0, prompts, groups)
    assert "task 2" not in str(caught.value)
    assert torch.equal(weights(policy), before)


def test_out_of_memory_halves_the_parts_says_so_and_comes_to_the_same_update(monkeypatch):
    import hone.learn.learner as module

    original, said = module.token_logprobs, []

    def small(model, prompts, completions, *rest, **more):
        if sum(map(len, prompts)) + sum(len(c) for group in completions for c in group) > 300:
            raise torch.OutOfMemoryError("no more")
        return original(model, prompts, completions, *rest, **more)

    whole = fresh()
    prompts, groups = batch(whole)
    PolicyGradient(whole, PLAIN, print).update(0, prompts, groups)
    policy = fresh()
    learner = PolicyGradient(policy, PLAIN, said.append)
    monkeypatch.setattr(module, "token_logprobs", small)
    learner.update(0, prompts, groups)
    assert said
    assert all(sentence.startswith("out of memory: updates go on in parts of at most") for sentence in said)
    assert (weights(policy) - weights(whole)).abs().max() < 1e-4


def test_a_sequence_that_never_fits_is_one_clear_line(monkeypatch):
    import hone.learn.learner as module

    def never(*_, **__):
        raise torch.OutOfMemoryError("no more")

    policy = fresh()
    prompts, groups = batch(policy)
    learner = PolicyGradient(policy, PLAIN, lambda _: None)
    monkeypatch.setattr(module, "token_logprobs", never)
    with pytest.raises(HoneError, match="does not fit into memory"):
        learner.update(0, prompts, groups)


@pytest.mark.parametrize("name", ["ppo", "grpo", "dpo", "expert_iteration"])
def test_what_a_learner_holds_beside_the_weights_goes_on_from_what_was_saved(name, tmp_path):
    config = replace(PLAIN, objective=named(name))
    policy = fresh()
    prompts, groups = batch(policy)
    whole = learner_of(policy, config, print)
    whole.update(0, prompts, groups)
    whole.optimizer.save(tmp_path / "o.safetensors")
    whole.save(tmp_path)
    middle = {key: value.clone() for key, value in policy.model.state_dict().items()}
    whole.update(1, prompts, groups)
    wanted = weights(policy)
    policy.model.load_state_dict(middle)
    again = learner_of(policy, config, print)
    again.optimizer.load(tmp_path / "o.safetensors")
    again.load(tmp_path)
    again.update(1, prompts, groups)
    assert torch.equal(weights(policy), wanted)


def test_preference_learning_follows_the_mean_over_all_pairs_one_pair_at_a_time():
    config = replace(PLAIN, objective=named("dpo"))
    prompts, groups = batch(fresh())
    masked = config.objective.mask_truncated
    expected = fresh()
    expected.model.double()
    reference, pairs = fresh(), []
    reference.model.double()
    for prompt, group in zip(prompts, groups, strict=True):
        for won, lost in verdict_pairs(group, mask_truncated=masked):
            pairs.append((prompt, group[won].action, group[lost].action))
    assert len(pairs) == 20
    with torch.no_grad():  # the policy has moved on from its reference, so pairs weigh differently
        for index, p in enumerate(expected.model.parameters()):
            p += 0.02 * torch.randn(p.shape, generator=torch.Generator().manual_seed(index), dtype=p.dtype)
    moved = weights(expected)
    for prompt, *both in pairs:
        h = [
            token_logprobs(expected.model, [prompt], [[action]]).logprobs_B_T.sum()
            - token_logprobs(reference.model, [prompt], [[action]]).logprobs_B_T.sum().detach()
            for action in both
        ]
        (-torch.nn.functional.logsigmoid(0.1 * (h[0] - h[1])) / len(pairs)).backward()
    policy = fresh()
    policy.model.double()
    learner = learner_of(policy, replace(config, max_gradient_norm=1e9, learning_rate=0.0, tokens_at_once=300), print)
    torch.nn.utils.vector_to_parameters(moved, policy.model.parameters())
    metrics, advantages = learner.update(0, prompts, groups)
    assert metrics["pairs"] == len(pairs)
    assert advantages[0] == pytest.approx([0.5, -0.5, -0.5, 0.5])
    for ours, theirs in zip(policy.model.parameters(), expected.model.parameters(), strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        assert (ours.grad - theirs.grad).norm() <= 1e-6 * theirs.grad.norm() + 1e-9


def test_elites_are_learned_from_beside_the_fresh_batch():
    plain = replace(PLAIN, objective=named("hone"))
    elites = replace(PLAIN, objective=replace(named("expert_iteration"), replay=ReplayConfig(weight=0.5)))
    both = replace(PLAIN, objective=replace(named("hone"), replay=ReplayConfig(weight=0.5)), tokens_at_once=200)
    alone, beside = gradient(plain), gradient(elites)
    assert beside.norm() > 1e-3
    assert (gradient(both) - alone - beside).norm() < 1e-6 * alone.norm()


def test_half_precision_learns_nearly_the_same():
    whole, half = fresh(), fresh()
    prompts, groups = batch(whole)
    start = weights(whole)
    PolicyGradient(whole, PLAIN, print).update(0, prompts, groups)
    PolicyGradient(half, replace(PLAIN, precision=Precision.BFLOAT16), print).update(0, prompts, groups)
    moved, moved_half = weights(whole) - start, weights(half) - start
    assert moved.norm() > 0
    assert torch.cosine_similarity(moved, moved_half, dim=0) > 0.5
