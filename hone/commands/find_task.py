"""From a task's id to the task: generated ones by their id alone, public ones out of a folder of suites."""

from pathlib import Path

from hone.tasks.families import task_from_id
from hone.tasks.suites import load_suite
from hone.tasks.task import Task


def find_task(name: str, suites: Path | None) -> Task:
    """The task that an id names: `lists.pipeline:2:train:17` is generated, `humaneval/17` is read from its suite.

    Args:
        suites: folder of public suites; by default as `hone.tasks.suites.suites_folder` finds it.

    Raises:
        HoneError: there is no such task or suite, or a row of the suite is broken.
    """
    if "/" not in name:
        return task_from_id(name)
    return load_suite(name.partition("/")[0], suites)[name]
