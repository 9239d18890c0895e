"""A suite: the tasks of one public collection, by name."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hone.errors import Boundary, HoneError
from hone.tasks.task import Task


@dataclass(frozen=True)
class Suite:
    """Tasks read from one collection, in its order; `suite["humaneval/17"]` finds one by its id."""

    name: str
    tasks: tuple[Task, ...] = field(repr=False)
    licence: str
    source: str
    """Where the collection comes from: a repository and a commit."""
    buggy: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Programs that are known to be wrong, by the id of their task, where the collection has them."""
    faults: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What is known to be wrong with a task itself, by its id. `hone suite check` says it where the task fails."""
    left_out: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Rows of the collection that are no task here, counted by why: packages that they need are not installed, say."""

    def __len__(self) -> int:
        return len(self.tasks)

    def __iter__(self) -> Iterator[Task]:
        return iter(self.tasks)

    def __getitem__(self, task_id: str) -> Task:
        """The task with this id.

        Raises:
            HoneError: there is none; the message names the nearest ids.
        """
        for task in self.tasks:
            if task.id == task_id:
                return task
        near = difflib.get_close_matches(task_id, [task.id for task in self.tasks], n=3)
        first = next((task.id for task in self.tasks), "none, the suite is empty")
        hint = f"did you mean {' or '.join(near)}?" if near else f"its first task is {first}"
        raise HoneError(Boundary.USER, f"suite {self.name} has no task {task_id!r}", hint)
