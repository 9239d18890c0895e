"""A whole run: tokenizer and model, warm start, reinforcement learning, and an evaluation after each.

A run is a list of stages. Its place is (stage, step); a checkpoint is written every few steps, at the end of a stage
and upon Ctrl-C, and `resume` goes on from the newest one to the same weights, bit for bit.
"""

import json
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

import hone
from hone.config import from_dict, to_dict
from hone.curriculum.solved import solved_tasks, verified_tasks
from hone.errors import Boundary, HoneError
from hone.loop.config import Control, TrainConfig
from hone.loop.evaluation.evaluate import Evaluation, TaskScore, by_domain, evaluate, merged
from hone.loop.export.folder import POLICY, STATE, export
from hone.loop.observability.alarms import Alarms
from hone.loop.stages import RLStage, Stage, StepReport, SupervisedStage
from hone.policy.allocator import keep_freed_memory
from hone.policy.policy import Policy
from hone.policy.tokenizer import train_tokenizer
from hone.progress import Progress, Status
from hone.sandbox.jail import check_jail
from hone.store.run_dir import RESULTS, RunDir, read_results
from hone.tasks.answers import Style
from hone.tasks.families import HELD_OUT, Split
from hone.tasks.task import Task
from hone.verdict.judge import Judge

UNTRAINED, WARM_START, RL = "untrained", "warm_start", "rl"
_TEMPERATURES = (0.2, 0.4, 0.6, 0.8)
_VALIDATION_TASKS = 100


def train(config: TrainConfig, out: Path, resume: bool = False, progress: Progress | None = None) -> Path:
    """Train as `config` says, into the run directory `out`; returns `out`.

    Args:
        config: ignored by a resumed run, which goes on under its own settings.
        resume: go on from the newest checkpoint of `out`.

    Raises:
        HoneError: a directory, checkpoint, policy or setting cannot be used, the jail does not work, the disk is full.
        KeyboardInterrupt: Ctrl-C, after a checkpoint.
    """
    with ExitStack() as stack:
        display = progress or stack.enter_context(Progress())
        if resume:
            run = stack.enter_context(RunDir.open(out))
            config = from_dict(run.settings, TrainConfig, f"{out}/config.json")
        else:
            # Before the directory exists: neither a bad path nor a machine without a jail leaves anything behind.
            display.working("trying the jail")
            check_jail()
            display.working("making the policy" if config.policy is None else "loading the policy")
            policy = load_policy(config)
            run = stack.enter_context(RunDir.create(out, to_dict(config), version=hone.__version__, seed=config.seed))
        keep_freed_memory()
        torch.set_num_threads(config.threads)
        torch.use_deterministic_algorithms(True, warn_only=True)
        place = _Place.newest(run) if resume else None
        if resume:
            display.working("loading the policy")
            policy = load_policy(config, place.folder / POLICY if place is not None else None)
        display.working("starting jails")
        trainer = stack.enter_context(_Run(run, config, policy, display))
        trainer.go(place)
        export(out, out / POLICY, replace=True)
    return out


def device_of(config: TrainConfig) -> str:
    """Where the run computes: as configured, and by default on the accelerator where there is one."""
    if config.device != "auto":
        return config.device
    return "cuda" if torch.cuda.is_available() else "cpu"


def load_policy(config: TrainConfig, saved: Path | None = None) -> Policy:
    """The policy to start from, or to go on with from the checkpoint `saved`, ready to learn."""
    if saved is not None and not config.lora.rank:
        return Policy.load(saved, device_of(config))
    # Merged weights do not give the base back to the last bit: adapters go on over the base itself.
    policy = _first_policy(config)
    policy.adapt(config.lora, config.seed, saved)
    return policy


def _first_policy(config: TrainConfig) -> Policy:
    """A checkpoint, or the embedded model and a tokenizer trained on the solved tasks."""
    if config.policy is not None:
        return Policy.load(config.policy, device_of(config))
    mix = config.curriculum.mix
    solved = solved_tasks(config.solved, mix) or mix.some_tasks(Split.TRAIN, mix.levels_in(Split.TRAIN)[0], 500)
    texts = [text for task in solved for text in (task.prompt, task.reference)]
    tokenizer = train_tokenizer(texts, config.model.vocab, config.tokenizer)
    return Policy(config.model.build(config.seed), tokenizer, Style.PLAIN, device_of(config), name="embedded")


@dataclass(frozen=True)
class _Place:
    """Where a checkpoint was written: `step` steps of `stage` are done."""

    folder: Path
    stage: str
    step: int
    state: dict[str, Any]

    @classmethod
    def newest(cls, run: RunDir) -> "_Place | None":
        found = run.latest_checkpoint()
        if found is None:
            return None
        try:
            data = json.loads((found.path / STATE).read_text())
            return cls(found.path, data["stage"], data["step"], data["state"])
        except (OSError, ValueError, KeyError) as error:
            raise HoneError(Boundary.DISK, f"{found.path / STATE} cannot be read: {error}", "restore it") from error


@contextmanager
def _computing_on(threads: int) -> Generator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Interruptible:
    """While it is entered, the first Ctrl-C waits for the step to end; a second one stops at once."""

    def __enter__(self) -> Callable[[], bool]:
        self._pressed = False
        self._before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._note)
        return lambda: self._pressed

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._before)

    def _note(self, *_: object) -> None:
        if self._pressed:
            raise KeyboardInterrupt
        self._pressed = True


class _Run:
    """One run under way: its directory, its policy, its judges, and what it shows."""

    def __init__(self, run: RunDir, config: TrainConfig, policy: Policy, display: Progress) -> None:
        self.run = run
        self.config = config
        self.policy = policy
        self.display = display
        self.results: dict[str, Any] = {"stages": {}}
        self._stack = ExitStack()
        packages = config.curriculum.mix.packages
        self.judge = self._stack.enter_context(Judge(workers=config.workers, seed=config.seed, packages=packages))
        self.plain_judge = self._stack.enter_context(
            Judge(workers=config.workers, static=False, flakiness=None, packages=packages)
        )

    def __enter__(self) -> "_Run":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def go(self, place: _Place | None) -> None:
        """Every stage that is left, from `place` on, each followed by its evaluation."""
        if (self.run.path / RESULTS).exists():
            self.results = dict(read_results(self.run.path))
        plan = [WARM_START, self._last_stage()]
        if place is None:
            self.run.metrics.truncate_to(WARM_START, -1)
            self.evaluate(UNTRAINED)
        else:
            self.run.metrics.truncate_to(place.stage, place.step)
            plan = plan[plan.index(place.stage) :]
        for name in plan:
            self.display.working(f"preparing {name.replace('_', ' ')}")
            stage = self._stage(name)
            if stage is not None:
                begin = 0
                if place is not None and place.stage == name:
                    begin = place.step
                    stage.restore(place.folder, place.state)
                self.learn(stage, begin)
            self.evaluate(name)

    def learn(self, stage: Stage, begin: int) -> None:
        """The stage's steps from `begin` on, with a checkpoint every few steps and upon Ctrl-C."""
        started = time.monotonic()
        alarms = Alarms(self.config.alarms)
        for line in self.run.metrics.lines() if begin else ():
            if line.get("stage") == stage.name:
                alarms.look(line)
        with closing(stage), _computing_on(stage.threads), _Interruptible() as interrupted:
            for done in range(begin + 1, stage.steps + 1):
                report = stage.step(done - 1)
                raised = {name: str(alarm) for name, alarm in alarms.look(report.metrics).items()}
                metrics = {**report.metrics, "alarms": raised} if raised else report.metrics
                self.run.record_step(stage.name, done, metrics, report.clock, report.episodes)
                for told in raised.values():
                    self.display.say(f"alarm at step {done} of {stage.name}: {told}")
                left = (time.monotonic() - started) / (done - begin) * (stage.steps - done)
                self.display.update(_status(stage, done, report, left))
                if interrupted() or (done % self.config.checkpoint_every == 0 and done < stage.steps):
                    self.save(stage, done)
                if interrupted():
                    raise KeyboardInterrupt
        self.save(stage, stage.steps, keep=True)

    def save(self, stage: Stage, step: int, *, keep: bool = False) -> None:
        """Write a checkpoint: the policy, the stage's state, and the place."""

        def write(folder: Path) -> None:
            self.policy.save(folder / POLICY)
            state = {"stage": stage.name, "step": step, "state": stage.save(folder)}
            (folder / STATE).write_text(json.dumps(state))

        name = stage.name if keep else f"{stage.name}-{step:05d}"
        self.run.save_checkpoint(name.replace(":", "-"), write, keep=keep)

    def evaluate(self, stage: str) -> None:
        """Score the policy on both held-out splits, unless that was done before the run was stopped.

        Where no step was taken there is nothing new to score; a control is compared with another run's earlier stages.
        """
        nothing_new = stage == WARM_START and not self.config.warm_start.steps
        borrowed = stage == UNTRAINED and self.config.control is not Control.NONE
        if stage in self.results["stages"] or nothing_new or borrowed:
            return
        temperature = self._best_temperature() if stage == f"control:{Control.LOW_TEMPERATURE}" else 1.0
        scores: dict[str, dict[str, Any]] = {}
        outcomes: dict[str, dict[str, Any]] = {}
        tasks: dict[str, list[Any]] = {}
        found: list[TaskScore] = []
        for split, level in self._measured_levels():
            evaluation = self._measure_all(stage, split, level, temperature)
            found += evaluation.scores
            metrics = {name: estimate.to_json() for name, estimate in evaluation.metrics().items()}
            scores.setdefault(split, {})[str(level)] = metrics
            outcomes.setdefault(split, {})[str(level)] = evaluation.outcomes
            tasks.setdefault(f"{split}:{level}", []).extend(
                [score.task, score.greedy, score.samples, score.passes, score.visible_passes]
                for score in evaluation.scores
            )
        self.results["stages"][stage] = scores
        self.results.setdefault("domains", {})[stage] = by_domain(found)
        self.results.setdefault("outcomes", {})[stage] = outcomes
        self.results.setdefault("temperature", {})[stage] = temperature
        self.results.setdefault("tasks", {})[stage] = tasks
        self.run.write_results(self.results)

    def _measured_levels(self) -> list[tuple[Split, int]]:
        """The held-out splits and their levels, as far as they are to be measured."""
        mix, wanted = self.config.curriculum.mix, self.config.evaluation.levels
        return [(split, level) for split in HELD_OUT for level in mix.levels_in(split) if level in wanted]

    def _measure_all(self, stage: str, split: Split, level: int, temperature: float) -> Evaluation:
        """All of a level's tasks: many samples for the first of them, as configured, and fewer for the rest."""
        settings = self.config.evaluation
        if stage == UNTRAINED:  # it solves nothing, and writes every program up to the limit
            settings = replace(settings, tasks_per_level=min(settings.tasks_per_level, 100), many_tasks=0)
        tasks = self.config.curriculum.mix.some_tasks(split, level, settings.tasks_per_level)
        parts = [
            (tasks[: settings.many_tasks], settings.many_samples),
            (tasks[settings.many_tasks :], settings.samples),
        ]
        return merged(*(self._measure(stage, part, samples, temperature) for part, samples in parts if part))

    def _measure(self, stage: str, tasks: Sequence[Task], samples: int, temperature: float) -> Evaluation:
        settings = self.config.evaluation
        split, level = tasks[0].id.split(":")[2], tasks[0].level
        return evaluate(
            self.policy,
            self.plain_judge,
            tasks,
            samples=samples,
            max_new_tokens=settings.max_new_tokens,
            temperature=temperature,
            seed=settings.seed,
            on_progress=lambda done, total: self.display.update(
                Status(f"evaluating {stage}: {split}, level {level}".replace("_", " "), done, total)
            ),
        )

    def _best_temperature(self) -> float:
        """The temperature with the best pass@1 on the validation split, whose tasks are in no table."""

        mix = self.config.curriculum.mix
        tasks = {
            level: mix.some_tasks(Split.VALIDATION, level, _VALIDATION_TASKS)
            for level in mix.levels_in(Split.VALIDATION)
        }

        def score(temperature: float) -> float:
            found = [self._measure("temperatures", group, 8, temperature) for group in tasks.values()]
            return sum(evaluation.metrics()["pass@1"].value for evaluation in found)

        return max(_TEMPERATURES, key=score)

    def _last_stage(self) -> str:
        control = self.config.control
        return RL if control is Control.NONE else f"control:{control}"

    def _stage(self, name: str) -> Stage | None:
        """The stage that learns under this name; None where nothing is learned."""
        config = self.config
        if name == WARM_START:
            return self._supervised(name, config.warm_start.steps)
        if config.control is Control.LOW_TEMPERATURE:
            return None
        if config.control is Control.MORE_SUPERVISED:
            return self._supervised(name, config.more_supervised_steps)
        return RLStage(name, self.policy, self.judge, config, self.display.say)

    def _supervised(self, name: str, steps: int) -> Stage:
        settings = replace(self.config.warm_start, steps=steps)
        solved = solved_tasks(self.config.solved, self.config.curriculum.mix)
        if settings.from_run is not None:
            solved += verified_tasks(settings.from_run, settings.of_task)
        return SupervisedStage(name, self.policy, solved, settings, self.config.seed, self.display.say)


def _status(stage: Stage, done: int, report: StepReport, left: float) -> Status:
    return Status(
        stage=stage.name.replace("_", " "),
        step=done,
        total=stage.steps,
        reward=report.metrics.get("reward"),
        pass_rates=report.pass_rates,
        tokens_per_s=report.clock.get("tokens_per_s"),
        executions_per_s=report.clock.get("executions_per_s"),
        seconds_left=left,
        # A surrogate's loss tells nothing: it is shown where it is the likelihood of solutions.
        loss=report.metrics.get("loss") if "reward" not in report.metrics else None,
    )
