"""From a task's name to the task: generated ones by id alone, public ones out of a folder of suites, others by file."""

from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.tasks.families import task_from_id
from hone.tasks.suite import Suite
from hone.tasks.suites import is_own, load_suite, unknown_suite
from hone.tasks.suites.readers import READERS
from hone.tasks.task import Task
from hone.tasks.task_json import read_task

_MOST_NAMED = 5


def find_task(name: str, suites: Path | None, suite: str = "") -> Task:
    """The task that is meant: `lists.pipeline:2:train:17` is generated, `humaneval/17` and `my.json` are read.

    Args:
        name: may be left empty where a suite of one task is named.
        suites: folder of public suites; by default as `hone.tasks.suites.suites_folder` finds it.
        suite: what to look for the task in: a public suite, or tasks of one's own (`mine.jsonl`, `mine.py`, a folder).

    Raises:
        HoneError: there is no such task or suite, a row of the suite is broken, or the file holds no task.
    """
    if suite:
        found = load_suite(suite, suites)
        return found[name] if name else _only_task(found, suite)
    if name.endswith(".json"):
        return read_task(Path(name))
    if name.endswith((".jsonl", ".py")):
        return _only_task(load_suite(name), name)
    if "/" not in name:
        if ":" not in name:
            hint = f"see hone suite list; for a task of your own: {name} --suite FILE"
            raise HoneError(Boundary.USER, f"there is no task {name!r}", hint)
        return task_from_id(name)
    public = name.partition("/")[0]
    if public not in READERS:
        raise _no_such_suite(name, public)
    return load_suite(public, suites)[name]


def _only_task(suite: Suite, where: str) -> Task:
    """The task of a suite that has no other.

    Raises:
        HoneError: it has more; the message names the first.
    """
    if len(suite) == 1:
        return suite.tasks[0]
    ids = [task.id for task in suite.tasks[:_MOST_NAMED]] + (["…"] if len(suite) > _MOST_NAMED else [])
    told = f"{where} holds {len(suite)} tasks: {', '.join(ids)}"
    raise HoneError(Boundary.USER, told, f"say which, and where from: TASK --suite {where}")


def _no_such_suite(name: str, public: str) -> HoneError:
    """The line for `mine/add`, whose `mine` is no public suite: tasks of one's own are found in their file."""
    parts = name.split("/")
    for count in range(1, len(parts)):
        path = "/".join(parts[:count])
        if path and is_own(path) and Path(path).exists():
            task = "/".join(parts[count:])
            return HoneError(Boundary.USER, f"{name!r} is no name of a task", f"did you mean {task} --suite {path}?")
    error = unknown_suite(public)
    return HoneError(error.boundary, error.what, f"{error.hint} For a task of your own: {name} --suite FILE")
