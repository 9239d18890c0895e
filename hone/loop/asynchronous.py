"""Asynchronous mode: parts are written ahead of the learner, by a copy of the policy that lags behind it.

Part k (from 0, over all steps) is written by the weights that had seen k - N updates, no others, though newer ones may
be there by then; and the step's tasks are drawn from what the curriculum had seen at that time. So the mode is as
repeatable as the strictly on-policy one: the clock decides how long a run takes, and nothing that it learns. It bounds
the queues, too: no part can be begun before the update that is N behind it is done.

A checkpoint holds the N versions before its own, so a run that goes on writes again, alike, what was under way.
"""

import copy
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from hone.curriculum.learnability import Curriculum
from hone.errors import Boundary, HoneError
from hone.loop.config import TrainConfig
from hone.loop.execution import Executor, GradeMany
from hone.loop.writing import Writer, Written, parts, parts_of, task_draws
from hone.policy.policy import Policy


@dataclass(frozen=True)
class Version:
    """What a writer needs to know of the learner as it was after some update."""

    weights: Mapping[str, Tensor]
    """All that updates change; what stays as it is belongs to learner and writer alike."""
    curriculum: list[list[Any]]

    @classmethod
    def of(cls, policy: Policy, curriculum: Curriculum) -> "Version":
        """As things stand: a copy."""
        return cls({name: p.detach().clone() for name, p in policy.changing.items()}, curriculum.state())


class Versions:
    """The newest version and the `lag` before it. Thread-safe."""

    def __init__(self, lag: int) -> None:
        self._lag = lag
        self._held: dict[int, Version] = {}
        self._stopped = False
        self._changed = threading.Condition()

    def publish(self, number: int, version: Version) -> None:
        """Add the version after `number` updates; forget the one that nobody may ask for any more."""
        with self._changed:
            self._held[number] = version
            self._held.pop(number - self._lag - 1, None)
            self._changed.notify_all()

    def wait_for(self, number: int) -> Version:
        """The version after `number` updates, as soon as it is there; raises CancelledError once `stop` was called."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or number in self._held)
            if self._stopped:
                raise CancelledError("nothing more is learned")
            return self._held[number]

    def stop(self) -> None:
        """Nobody need wait any longer."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def save(self, folder: Path, before: int) -> list[dict[str, Any]]:
        """Write the weights of all versions older than `before`; the rest of them, as plain data."""
        with self._changed:
            older = {number: version for number, version in self._held.items() if number < before}
        for number, version in older.items():
            save_file(dict(version.weights), folder / _file(number))
        return [{"updates": number, "curriculum": version.curriculum} for number, version in older.items()]

    def load(self, folder: Path, state: Sequence[Mapping[str, Any]], like: Version) -> None:
        """Continue from what `save` left.

        Args:
            like: another version of the same model.

        Raises:
            HoneError: a file is missing, damaged, or of another model.
        """
        for entry in state:
            path = folder / _file(entry["updates"])
            try:
                read = load_file(path)
                weights = {name: read[name].to(now) for name, now in like.weights.items()}
                if any(weights[name].shape != now.shape for name, now in like.weights.items()):
                    raise ValueError("it is of another model")
            except Exception as error:  # whatever a damaged file makes the reader raise; it is named and passed on
                what = f"{path} cannot be read: {error}"
                raise HoneError(Boundary.DISK, what, "resume an older checkpoint") from error
            self.publish(entry["updates"], Version(weights, entry["curriculum"]))


def _file(number: int) -> str:
    return f"after-{number}-updates.safetensors"


class Beside:
    """What goes on beside the learner: the writer, on a copy of the policy, and the executor; each has a thread."""

    def __init__(
        self, policy: Policy, grade_many: GradeMany, config: TrainConfig, versions: Versions, step: int
    ) -> None:
        """Args: versions: what the parts from `step` on are written by: there already, or published later."""
        self._config = config
        self._versions = versions
        self._begin = step
        self._executor = Executor(grade_many)
        self._writer = Writer(_apart(policy), self._executor, config)
        self._curriculum = Curriculum(config.curriculum)
        self._written: SimpleQueue[Written | BaseException] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="hone-writer", daemon=True)
        self._thread.start()

    def next(self) -> Written:
        """The next part, as soon as it is written; raises whatever kept it from being written."""
        written = self._written.get()
        if isinstance(written, BaseException):
            raise written
        return written

    def close(self) -> None:
        """Stop writing and judging, whatever is under way, and leave no thread behind."""
        self._versions.stop()
        self._executor.close()
        self._thread.join()

    def _write(self) -> None:
        try:
            for step in range(self._begin, self._config.rl.steps):
                self._write_step(step)
        except BaseException as error:  # it belongs to whoever waits for the part
            self._written.put(error)

    def _write_step(self, step: int) -> None:
        rl, seed = self._config.rl, self._config.seed
        first = step * parts_of(rl)
        for number in range(parts_of(rl)):
            place = max(0, first + number - rl.staleness)
            version = self._versions.wait_for(place)
            _set(self._writer.policy.model, version.weights)
            if number == 0:
                self._curriculum.restore(version.curriculum)
                batch = parts(self._curriculum.draw(rl.prompts, task_draws(seed, step)), rl.updates)
            self._written.put(self._writer.write(batch[number], step, number, place))


def _apart(policy: Policy) -> Policy:
    """The policy with weights of its own, as far as updates change them; the others are shared."""
    changing = {id(p) for p in policy.changing.values()}
    own = copy.copy(policy)
    own.adapters = None
    own.model = copy.deepcopy(policy.model, {id(p): p for p in policy.model.parameters() if id(p) not in changing})
    own.tokenizer = copy.deepcopy(policy.tokenizer)
    return own


def _set(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    for name, p in model.named_parameters():
        if name in weights:
            p.data = weights[name]
