"""What the sandbox is asked to run for a task and a program: inputs, and never an expected value."""

from hone.sandbox.jobs import CallJob, Job, StdioJob, SuiteJob, Variation
from hone.tasks.task import CallCheck, Form, StdioCheck, SuiteCheck, Task

SOURCE_BYTES = 256 * 1024
"""A longer program is not run: it does not compile, as far as Hone is concerned."""


def is_source(source: str) -> bool:
    """Whether the text is a program that can be run at all."""
    try:
        return len(source.encode()) <= SOURCE_BYTES
    except UnicodeEncodeError:  # a lone surrogate
        return False


def job_of(task: Task, source: str, variation: Variation) -> Job:
    """The job that runs a program on every check of a task."""
    match task.form:
        case Form.CALL:
            checks = [check for check in task.checks if isinstance(check, CallCheck)]
            calls = tuple(check.args for check in checks)
            after = frozenset(index for index, check in enumerate(checks) if check.arguments_after is not None)
            return CallJob(
                source,
                task.entry_point,
                calls,
                task.limits,
                variation,
                after,
                task.driver,
                walls=not task.driver_passes_on,
                libraries=task.libraries,
            )
        case Form.STDIO:
            stdins = tuple(check.stdin for check in task.checks if isinstance(check, StdioCheck))
            return StdioJob(source, stdins, task.limits, variation, task.libraries)
        case Form.SUITE:
            names = tuple(check.name for check in task.checks if isinstance(check, SuiteCheck))
            return SuiteJob(source, task.entry_point, task.tests, names, task.limits, variation, task.libraries)
