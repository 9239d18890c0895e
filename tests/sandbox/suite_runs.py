"""Running a suite on the shared pool, and asking which of its tests were not passed."""

from hone.sandbox.jobs import Status, SuiteJob
from hone.tasks.task import Limits, test_names

LIMITS = Limits(cpu_seconds=1.0, wall_seconds=20.0)


def cases(pool, source, tests, names=None, limits=LIMITS):
    """The result of each test by its name."""
    names = test_names(tests) if names is None else names
    result = pool.run(SuiteJob(source, "solution", tests, names, limits))
    assert len(result.cases) == len(names) > 0
    return dict(zip(names, result.cases, strict=True))


def failing(pool, source, tests, limits=LIMITS):
    """Names of the tests that were not passed, with why."""
    found = cases(pool, source, tests, limits=limits)
    return {name: f"{case.status}: {case.error}" for name, case in found.items() if case.status is not Status.DONE}
