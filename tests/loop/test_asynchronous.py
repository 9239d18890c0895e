"""Asynchronous mode: its staleness is what was asked for, it repeats, it resumes to the same bits, and it never hangs.

The judge of most tests is a rule about the program's text, slow at random: what the clock decides may change nothing.
"""

import copy
import hashlib
import json
import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import torch

import hone.loop.writing as writing
from hone.errors import Boundary, HoneError
from hone.learn.config import RLConfig, WarmStartConfig
from hone.learn.objective import Correction, CorrectionConfig, Objective
from hone.loop.config import EvalConfig, TrainConfig
from hone.loop.execution import Pair
from hone.loop.run import load_policy, train
from hone.loop.stages import RLStage
from hone.policy.lora import LoRAConfig
from hone.policy.model import ModelConfig
from hone.policy.policy import Policy
from hone.verdict.judge import Judge
from hone.verdict.reward import RewardConfig, score
from hone.verdict.verdict import Outcome, Verdict
from tests.loop.test_run import SHORT, kill, metrics, progress, reach, settings, start, weights

TINY = replace(
    SHORT,
    model=ModelConfig(hidden=32, layers=1, heads=2, kv_heads=1, head_dim=16, ff=64, vocab=300),
    rl=RLConfig(
        steps=6,
        prompts=6,
        samples=8,
        updates=2,
        max_new_tokens=3,
        learning_rate=1e-2,
        asynchronous=True,
        objective=Objective(mask_truncated=False, drop_uniform_groups=False),
    ),
)


class Rule:
    """Judges by a rule: a program that begins with a letter up to `m` passes. It takes its time."""

    def __init__(self, slow: float = 0.0) -> None:
        self.slow = slow

    def grade_many(self, pairs: Sequence[Pair]) -> list[Verdict]:
        time.sleep(random.uniform(0, self.slow))
        verdicts = []
        for task, program in pairs:
            passed = "a" <= program.source[:1] <= "m"
            outcome = Outcome.PASSED if passed else Outcome.WRONG_ANSWER
            verdict = Verdict(task.id, outcome, (), passes=int(passed), pass_probability=float(passed))
            verdicts.append(replace(verdict, scored=score(verdict, RewardConfig())))
        return verdicts


def stage(config: TrainConfig, judge: object | None = None, policy: Policy | None = None) -> RLStage:
    torch.set_num_threads(1)
    return RLStage("rl", policy or fresh(), cast(Judge, judge or Rule()), config, print)


@cache
def loaded() -> Policy:
    return load_policy(TINY)


def fresh(rank: int = 0) -> Policy:
    """The tiny policy as it begins; with a rank, adapters learn in place of its weights."""
    policy = copy.copy(loaded())
    policy.model = copy.deepcopy(loaded().model)
    policy.adapt(LoRAConfig(rank), seed=0)
    return policy


def under(config: TrainConfig, **changes: Any) -> TrainConfig:
    return replace(config, rl=replace(config.rl, **changes))


def taken(steps: RLStage, first: int = 0) -> list[dict[str, Any]]:
    return [steps.step(step).metrics for step in range(first, steps.steps)]


def digest(model: torch.nn.Module) -> str:
    state = hashlib.sha256()
    for p in model.parameters():
        state.update(p.detach().numpy().tobytes())
    return state.hexdigest()


def no_thread_is_left() -> bool:
    return not [thread for thread in threading.enumerate() if thread.name in ("hone-writer", "hone-executor")]


@pytest.mark.parametrize(("lag", "rank"), [(1, 0), (2, 0), (3, 0), (2, 2)])
def test_each_part_is_written_by_the_weights_of_exactly_so_many_updates_ago(monkeypatch: Any, lag: int, rank: int):
    written: list[str] = []
    real = writing.attempt

    def watched(policy: Policy, *args: Any, **options: Any) -> Any:
        written.append(digest(policy.model))
        return real(policy, *args, **options)

    monkeypatch.setattr(writing, "attempt", watched)
    steps = stage(under(TINY, staleness=lag), Rule(slow=0.02), fresh(rank))
    learned = [digest(steps._policy.model)]
    update = steps._learner.update

    def noted(*args: Any) -> Any:
        result = update(*args)
        learned.append(digest(steps._policy.model))
        return result

    monkeypatch.setattr(steps._learner, "update", noted)
    told_of = taken(steps)
    steps.close()
    parts = 2 * steps.steps
    assert len(set(learned)) == parts + 1, "some update changed nothing: the test proves too little"
    assert written == [learned[max(0, part - lag)] for part in range(parts)]
    behind = [min(part, lag) for part in range(parts)]
    assert [line["staleness"] for line in told_of] == [sum(behind[i : i + 2]) / 2 for i in range(0, parts, 2)]
    assert [line["staleness_max"] for line in told_of] == [max(behind[i : i + 2]) for i in range(0, parts, 2)]


def test_on_policy_the_first_part_is_as_new_as_can_be_and_the_next_one_update_behind():
    steps = stage(under(TINY, asynchronous=False))
    assert {(line["staleness"], line["staleness_max"]) for line in taken(steps)} == {(0.5, 1.0)}
    strict = stage(under(TINY, asynchronous=False, updates=1))
    assert {line["staleness_max"] for line in taken(strict)} == {0.0}
    assert no_thread_is_left()


def test_the_clock_changes_nothing():
    first, second = stage(TINY, Rule()), stage(TINY, Rule(slow=0.05))
    assert taken(first) == taken(second)
    assert digest(first._policy.model) == digest(second._policy.model)
    for steps in (first, second):
        steps.close()
    assert no_thread_is_left()


@pytest.mark.parametrize(("lag", "rank"), [(1, 0), (3, 0), (2, 2)])
def test_a_checkpoint_goes_on_to_the_same_bits(tmp_path: Path, lag: int, rank: int):
    config = under(TINY, staleness=lag)
    whole = stage(config, policy=fresh(rank))
    expected = taken(whole)
    whole.close()
    begun = stage(config, policy=fresh(rank))
    for step in range(2):
        begun.step(step)
    begun._policy.save(tmp_path / "policy")
    state = json.loads(json.dumps(begun.save(tmp_path)))
    begun.close()
    saved = Policy.load(tmp_path / "policy") if not rank else fresh()
    saved.adapt(LoRAConfig(rank), 0, tmp_path / "policy")
    resumed = stage(config, policy=saved)
    resumed.restore(tmp_path, state)
    assert taken(resumed, 2) == expected[2:]
    assert digest(resumed._policy.model) == digest(whole._policy.model)
    resumed.close()


def test_a_damaged_older_version_is_named(tmp_path: Path):
    begun = stage(TINY)
    begun.step(0)
    state = begun.save(tmp_path)
    begun.close()
    damaged = sorted(tmp_path.glob("after-*.safetensors"))[-1]
    damaged.write_bytes(damaged.read_bytes()[:100])
    resumed = stage(TINY)
    with pytest.raises(HoneError, match=damaged.name):
        resumed.restore(tmp_path, state)


def fails_in(monkeypatch: Any, steps: RLStage, where: str, error: Exception) -> None:
    """Plant a failure in the third call of one of the three."""
    calls = iter(range(1000))

    def failing(real: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            if next(calls) == 2:
                raise error
            return real(*args, **options)

        return call

    target, name = {
        "writer": (writing, "attempt"),
        "executor": (steps._judge, "grade_many"),
        "learner": (steps._learner, "update"),
    }[where]
    monkeypatch.setattr(target, name, failing(getattr(target, name)))


@pytest.mark.parametrize("where", ["writer", "executor", "learner"])
@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_failure_anywhere_stops_the_run_with_that_error_and_leaves_no_thread(
    monkeypatch: Any, where: str, asynchronous: bool
):
    error = HoneError(Boundary.POLICY, f"the {where} failed", "mend it")
    steps = stage(under(TINY, asynchronous=asynchronous), Rule(slow=0.01))
    fails_in(monkeypatch, steps, where, error)
    with pytest.raises(HoneError) as caught:
        taken(steps)
    steps.close()
    assert caught.value is error
    assert no_thread_is_left()


def test_closing_in_the_middle_of_a_step_ends_writer_and_executor():
    steps = stage(under(TINY, steps=1000), Rule(slow=0.05))
    steps.step(0)
    assert not no_thread_is_left()
    started = time.monotonic()
    steps.close()
    assert no_thread_is_left()
    assert time.monotonic() - started < 10


def test_what_older_weights_wrote_is_corrected_for_unless_another_correction_is_chosen():
    assert TINY.rl.learned.objective.correction.kind is Correction.TRUNCATE
    masking = replace(TINY.rl, objective=Objective(correction=CorrectionConfig(kind=Correction.MASK)))
    assert masking.learned == masking
    on_policy = replace(TINY.rl, asynchronous=False)
    assert on_policy.learned == on_policy
    with pytest.raises(HoneError, match="staleness"):
        replace(TINY.rl, staleness=0)


def test_asynchronous_learns_a_simple_rule_as_well_as_on_policy_does():
    rates = {}
    for asynchronous in (False, True):
        config = under(TINY, asynchronous=asynchronous, steps=18, samples=16, learning_rate=3e-2, warm_up=2)
        steps = stage(config)
        rates[asynchronous] = [line["pass_rate"] for line in taken(steps)]
        steps.close()
        assert sum(rates[asynchronous][:2]) / 2 < 0.3, "there was nothing to learn"
        assert sum(rates[asynchronous][-3:]) / 3 > 0.9
    assert abs(sum(rates[True]) - sum(rates[False])) / 18 < 0.1


def test_a_run_killed_and_interrupted_goes_on_to_the_same_bits(tmp_path: Path):
    loaded().save(tmp_path / "fresh")
    config = replace(
        under(TINY, steps=8, max_new_tokens=30),
        policy=tmp_path / "fresh",
        warm_start=WarmStartConfig(steps=0),
        checkpoint_every=2,
        evaluation=EvalConfig(levels=(1,), tasks_per_level=2, samples=1, max_new_tokens=5),
    )
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    train(config, whole)
    process = start(["--config", settings(tmp_path, config), "--out", str(stopped)], tmp_path)
    reach(process, stopped, 3)
    kill(process)

    def press_ctrl_c() -> None:
        while progress(stopped) < 5:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press_ctrl_c, daemon=True)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        train(config, stopped, resume=True)
    presser.join()
    assert progress(stopped) < 8
    assert no_thread_is_left()
    train(config, stopped, resume=True)
    assert weights(stopped) == weights(whole)
    assert metrics(stopped) == metrics(whole)
