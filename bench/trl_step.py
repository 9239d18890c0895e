"""CPU time of an RL step beside TRL's `GRPOTrainer`: the same model, tasks, batch, group, updates and reward function.

Measured twice: with the judge as the reward, and with a rule about the program's length, which costs nothing and splits
nearly every group, so that both trainers learn from nearly every program. TRL computes in float32 without gradient
checkpointing, as Hone does, and with the same loss: clipped token-level surrogate, centred rewards, no reference.

CPU time is of the whole tree of processes, the jails included. A step is 32 tasks x 8 programs and two updates.

    python -m bench trl_step
"""

import logging
import random
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, cast

import torch

from bench._cpu import cpu_seconds
from bench._warm_start import warmed
from hone.curriculum.learnability import Curriculum
from hone.errors import Boundary, HoneError
from hone.integrations.trl import reward_func
from hone.loop.config import TrainConfig
from hone.loop.execution import Pair
from hone.loop.stages import RLStage
from hone.policy.policy import Policy
from hone.policy.tokenizer import BOS, SEP
from hone.tasks.task import Task
from hone.verdict.judge import Judge
from hone.verdict.reward import RewardConfig, score
from hone.verdict.verdict import Outcome, Verdict

UNCOUNTED, OURS, THEIRS = 1, 5, 3


class EvenLength:
    """In a judge's place: a program of even length passes."""

    def grade_many(self, pairs: Sequence[Pair]) -> list[Verdict]:
        """Verdicts in the pairs' order."""
        return [self._verdict(task, program if isinstance(program, str) else program.source) for task, program in pairs]

    def _verdict(self, task: Task, source: str) -> Verdict:
        passed = len(source) % 2 == 0
        outcome = Outcome.PASSED if passed else Outcome.WRONG_ANSWER
        verdict = Verdict(task.id, outcome, (), passes=int(passed), pass_probability=float(passed))
        return replace(verdict, scored=score(verdict, RewardConfig()))


def measure() -> list[dict[str, Any]]:
    """CPU-seconds of a step, ours with TRL's as the peer's."""
    config = TrainConfig()
    torch.set_num_threads(config.threads)
    entries = []
    with Judge(workers=config.workers) as judge:
        for reward, grader in (("the judge", judge), ("a rule", cast(Judge, EvenLength()))):
            mine, theirs = ours(config, grader), trl(config, grader)
            entries.append(
                {
                    "name": f"RL step beside TRL, the reward is {reward}: CPU time",
                    "value": mine,
                    "unit": "CPU-s",
                    "peer": f"TRL GRPOTrainer: {theirs:.2f}",
                    "ratio": theirs / mine,
                }
            )
    return entries


def ours(config: TrainConfig, judge: Judge) -> float:
    """CPU-seconds of one of our steps, strictly on policy."""
    stage = RLStage("rl", warmed(), judge, config, print)
    with closing(stage):
        for step in range(UNCOUNTED):
            stage.step(step)
        before = cpu_seconds()
        for step in range(UNCOUNTED, UNCOUNTED + OURS):
            stage.step(step)
        return (cpu_seconds() - before) / OURS


def trl(config: TrainConfig, judge: Judge) -> float:
    """CPU-seconds of as much of TRL's: one batch generated, and the updates on it."""
    import datasets
    from transformers import TrainerCallback
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    logging.getLogger("trl").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="trl|transformers|torch")
    rl, policy = config.rl, warmed()
    count = UNCOUNTED + THEIRS
    tasks = Curriculum(config.curriculum).draw(rl.prompts * count, random.Random(0))
    rows = [{"prompt": _text(policy, task), "task": task.id} for task in tasks]
    marks: list[float] = []

    class Marks(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step % rl.updates == 0:
                marks.append(cpu_seconds())

    with tempfile.TemporaryDirectory() as folder:
        settings = GRPOConfig(
            output_dir=folder,
            max_steps=count * rl.updates,
            per_device_train_batch_size=rl.prompts * rl.samples // rl.updates,
            steps_per_generation=rl.updates,
            num_generations=rl.samples,
            max_completion_length=rl.max_new_tokens,
            temperature=rl.temperature,
            top_k=0,
            learning_rate=rl.learning_rate,
            beta=0.0,
            epsilon=rl.objective.clip.low,
            epsilon_high=rl.objective.clip.high,
            loss_type="dapo",
            scale_rewards="none",
            mask_truncated_completions=rl.objective.mask_truncated,
            bf16=False,
            gradient_checkpointing=False,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
        )
        policy.model.generation_config.eos_token_id = list(policy.end_ids)
        policy.tokenizer.padding_side = "left"
        trainer = GRPOTrainer(
            model=policy.model,
            reward_funcs=reward_func(judge, {task.id: task for task in tasks}),
            args=settings,
            train_dataset=datasets.Dataset.from_list(rows),
            processing_class=policy.tokenizer,
            callbacks=[Marks()],
        )
        trainer.train()
    return (marks[-1] - marks[UNCOUNTED - 1]) / THEIRS


def _text(policy: Policy, task: Task) -> str:
    """The prompt as text that becomes the very tokens that our policy reads."""
    text = f"{BOS}{task.prompt}{SEP}"
    if policy.tokenizer(text=[text])["input_ids"] != [policy.encode_prompt(task)]:
        raise HoneError(
            Boundary.POLICY, f"task {task.id} is read otherwise as text", "the comparison would not be fair"
        )
    return text


if __name__ == "__main__":
    from bench.__main__ import show

    show(measure())
