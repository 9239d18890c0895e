"""Warm start and policy gradient on a real tiny model: they move it where they should, and resume to the same bits."""

from dataclasses import replace

import pytest
import torch

from hone.curriculum.learnability import CurriculumConfig
from hone.episodes.one_shot import attempt
from hone.errors import HoneError
from hone.learn.config import RLConfig, WarmStartConfig
from hone.learn.optimizer import Optimizer
from hone.learn.policy_gradient import Judged, PolicyGradient
from hone.learn.warm_start import WarmStart
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.tasks.families import Split
from tests.tiny import tiny_policy

TASKS = CurriculumConfig().mix.some_tasks(Split.TRAIN, 1, 12)


@pytest.fixture
def policy() -> Policy:
    return tiny_policy(TASKS)


def weights(policy: Policy) -> torch.Tensor:
    return torch.cat([p.detach().flatten().clone() for p in policy.model.parameters()])


def stepped(optimizer: Optimizer, loss: torch.Tensor, learning_rate: float) -> None:
    loss.backward()
    optimizer.follow(float(loss.detach()), learning_rate)


def test_the_warm_start_lowers_the_loss(policy):
    stage = WarmStart(policy, TASKS, WarmStartConfig(steps=60, batch=8, learning_rate=5e-3, warm_up=5), seed=0)
    losses = [stage.step(step)[0]["loss"] for step in range(60)]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])


def test_every_epoch_of_the_warm_start_shows_each_task_once(policy):
    stage = WarmStart(policy, TASKS, WarmStartConfig(), seed=0)
    epochs = [[tuple(stage._example(12 * epoch + i)[1]) for i in range(12)] for epoch in range(3)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == sorted(epochs[2])
    assert epochs[0] != epochs[1]


def test_the_policy_gradient_makes_what_passed_more_likely_and_what_failed_less(policy):
    episodes = attempt(
        policy, TASKS[:2], 4, max_new_tokens=6, sampling=Sampling(), generator=torch.Generator().manual_seed(0)
    )
    groups = [
        [
            Judged(e.turns[0].action, e.turns[0].logprobs, finished=True, passed=i == 0, reward=1.0 if i == 0 else -0.6)
            for i, e in enumerate(group)
        ]
        for group in episodes
    ]
    prompts = [group[0].turns[0].observation for group in episodes]
    learner = PolicyGradient(policy, RLConfig(learning_rate=1e-3, warm_up=0), print)
    for step in range(8):
        metrics, advantages = learner.update(step, prompts, groups)
    assert metrics["groups_kept"] == 1
    assert advantages[0] == pytest.approx([1.2, -0.4, -0.4, -0.4])
    from hone.policy.logprobs import token_logprobs

    now = token_logprobs(policy.model, prompts, [[s.action for s in group] for group in groups])
    after = now.logprobs_B_T.sum(1).detach().view(2, 4)
    before = torch.tensor([[sum(s.logprobs) for s in group] for group in groups])
    assert bool((after[:, 0] > before[:, 0]).all())
    assert bool((after[:, 1:].mean(1) < before[:, 1:].mean(1)).all())


def test_a_group_without_variance_or_a_truncated_answer_changes_nothing(policy):
    before = weights(policy)
    learner = PolicyGradient(policy, RLConfig(warm_up=0), print)
    prompt = policy.encode_prompt(TASKS[0])
    same = [Judged([5, 6], [-1.0, -1.0], finished=True, passed=True, reward=r) for r in (1.0, 0.95)]
    metrics, advantages = learner.update(0, [prompt], [same])
    assert metrics == {"groups_kept": 0.0}
    assert advantages == [[0.0, 0.0]]
    assert torch.equal(weights(policy), before)


def test_a_run_that_resumes_from_saved_moments_goes_on_bit_for_bit(policy, tmp_path):
    config = WarmStartConfig(steps=12, batch=4, warm_up=2)
    whole = WarmStart(policy, TASKS, config, seed=1)
    start = {name: value.clone() for name, value in policy.model.state_dict().items()}
    for step in range(12):
        whole.step(step)
    wanted = weights(policy)
    policy.model.load_state_dict(start)
    first = WarmStart(policy, TASKS, config, seed=1)
    for step in range(5):
        first.step(step)
    first.optimizer.save(tmp_path / "o.safetensors")
    second = WarmStart(policy, TASKS, config, seed=1)
    second.optimizer.load(tmp_path / "o.safetensors")
    for step in range(5, 12):
        second.step(step)
    assert torch.equal(weights(policy), wanted)


@pytest.mark.parametrize("options", [{"tokens_at_once": 200}, {"gradient_checkpointing": True}], ids=["parts", "again"])
def test_a_warm_start_in_parts_or_with_blocks_computed_again_is_the_same_one(policy, options):
    config = WarmStartConfig(steps=10, batch=8, warm_up=0)
    policy.model.double()
    start = {name: value.clone() for name, value in policy.model.state_dict().items()}
    ended = []
    for changed in (config, replace(config, **options)):
        policy.model.load_state_dict(start)
        stage = WarmStart(policy, TASKS, changed, seed=3)
        losses = [stage.step(step)[0]["loss"] for step in range(4)]
        ended.append(torch.cat([weights(policy), torch.tensor(losses, dtype=torch.float64)]))
    assert (ended[0] - ended[1]).abs().max() < 1e-6


def test_a_loss_that_is_not_finite_leaves_the_weights_alone(policy):
    before = weights(policy)
    optimizer = Optimizer(policy.model, weight_decay=0.1, max_gradient_norm=1.0)
    with pytest.raises(HoneError, match="not finite"):
        stepped(optimizer, policy.model.lm_head.weight.sum() * float("nan"), 0.1)
    assert torch.equal(weights(policy), before)


def test_half_an_optimizer_file_is_one_clear_line(policy, tmp_path):
    optimizer = Optimizer(policy.model, weight_decay=0.1, max_gradient_norm=1.0)
    stepped(optimizer, policy.model.lm_head.weight.square().sum(), 1e-3)
    optimizer.save(tmp_path / "o.safetensors")
    data = (tmp_path / "o.safetensors").read_bytes()
    (tmp_path / "o.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(HoneError, match="optimizer state") as caught:
        optimizer.load(tmp_path / "o.safetensors")
    assert "\n" not in str(caught.value)
