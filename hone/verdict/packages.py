"""Which installed packages the jails must have loaded for some tasks."""

import sys
from collections.abc import Iterable

from hone.tasks.task import Task


def packages_for(tasks: Iterable[Task]) -> tuple[str, ...]:
    """What the tasks' programs may import beyond the standard library, each package once, in the order of the tasks."""
    allowed = dict.fromkeys(name for task in tasks for name in task.allowed_imports)
    return tuple(name for name in allowed if name not in sys.stdlib_module_names)
