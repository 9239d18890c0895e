"""From a task's name to the task: generated ones by id alone, public ones out of a folder of suites, others by file."""

from pathlib import Path

from hone.tasks.families import task_from_id
from hone.tasks.suites import load_suite
from hone.tasks.task import Task
from hone.tasks.task_json import read_task


def find_task(name: str, suites: Path | None) -> Task:
    """The task that is meant: `lists.pipeline:2:train:17` is generated, `humaneval/17` and `my.json` are read.

    Args:
        suites: folder of public suites; by default as `hone.tasks.suites.suites_folder` finds it.

    Raises:
        HoneError: there is no such task or suite, a row of the suite is broken, or the file holds no task.
    """
    if name.endswith(".json"):
        return read_task(Path(name))
    if "/" not in name:
        return task_from_id(name)
    return load_suite(name.partition("/")[0], suites)[name]
