"""Do generated libraries install by pip and import in the jail, and are their tasks solved by documentation alone?

python -m bench.long.libraries --count 1000
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import tyro

from bench.long.library_solvers import calls_blindly, introspects, reads_documentation
from hone import Judge
from hone.sandbox.jobs import CallJob, Status
from hone.sandbox.pool import Pool
from hone.tasks.families import FAMILIES, Split, levels_of, task_from_id, task_id
from hone.tasks.libraries.draw import draw_library
from hone.tasks.libraries.names import library_name
from hone.tasks.libraries.spec import LibrarySpec
from hone.tasks.libraries.wheel import installed, write_index
from hone.tasks.task import Task
from hone.verdict.verdict import Outcome

_PIP = ("pip", "--isolated", "--disable-pip-version-check", "install", "--quiet", "--no-compile", "--no-deps")

_SEARCHED_CASES = 3


@dataclass(frozen=True)
class Options:
    """What to measure."""

    count: int = 1000
    """Libraries to install and import."""
    solved: int = 300
    """Tasks for the solver with documentation, and for the one that calls blindly."""
    searched: int = 60
    """Tasks for the solver that searches in the jail."""
    search_seconds: float = 1.5
    """Of CPU, for each of its cases."""
    seed: int = 0
    workers: int = 2


def main(options: Options) -> None:
    """Measure and print."""
    began = time.process_time()
    rng = random.Random(options.seed)
    libraries = [draw_library(library_name(rng)) for _ in range(options.count)]
    carried = [installed(library) for library in libraries]
    print(f"{options.count} libraries drawn and written in {time.process_time() - began:.2f} s of CPU")
    with tempfile.TemporaryDirectory(prefix="hone-libraries-") as name:
        same, seconds = _installed_by_pip(libraries, Path(name))
    print(f"pip, one call: {same} of {options.count} install as what the jail gets, in {seconds:.1f} s")
    jobs = [
        CallJob(_importing(library), "version", ((),), libraries=(own,))
        for library, own in zip(libraries, carried, strict=True)
    ]
    began = time.monotonic()
    with Pool(options.workers) as pool:
        results = pool.run_many(jobs)
    seen = zip(libraries, results, strict=True)
    good = sum(run.cases[0].status is Status.DONE and run.cases[0].value == one.version for one, run in seen)
    print(f"imported in the jail, every module: {good} of {options.count} in {time.monotonic() - began:.1f} s")
    began = time.process_time()
    tasks = _tasks(options.solved)
    seconds = time.process_time() - began
    print(f"{len(tasks)} tasks drawn in {seconds:.2f} s of CPU: {len(tasks) / seconds:.0f} a second")
    few = [_roomy(task, options.search_seconds) for task in tasks[:: max(1, len(tasks) // options.searched)]]
    with Judge(workers=options.workers) as judge:
        _solved(judge, "reads the documentation", tasks, reads_documentation)
        _solved(judge, "calls blindly", tasks, calls_blindly)
        for overrules in (False, True):
            who = f"introspects and searches{', overruling the check of words' if overrules else ''}"
            _solved(judge, who, few, partial(introspects, seconds=options.search_seconds, overrules=overrules))


def _tasks(count: int) -> list[Task]:
    """Of every family, level and split in turn."""
    names = [name for name in FAMILIES if name.startswith("libraries.")]
    places = [(name, level, split) for split in Split for name in names for level in levels_of(name, split)]
    random.Random(0).shuffle(places)
    return [task_from_id(task_id(*places[at % len(places)], at // len(places))) for at in range(count)]


def _roomy(task: Task, seconds: float) -> Task:
    """The task with time for a search in every case, and with few hidden cases, as each searches anew."""
    return replace(
        task,
        hidden=task.hidden[:_SEARCHED_CASES],
        limits=replace(task.limits, cpu_seconds=seconds + 2, wall_seconds=600.0),
    )


def _solved(judge: Judge, who: str, tasks: list[Task], solver: Callable[[Task], str]) -> None:
    began = time.monotonic()
    verdicts = [judge.grade(task, solver(task)) for task in tasks]
    hidden = [check for verdict in verdicts for check in verdict.checks if not check.visible]
    passed, right = (
        sum(verdict.passed for verdict in verdicts),
        sum(check.outcome is Outcome.PASSED for check in hidden),
    )
    print(f"{who}: {passed} of {len(tasks)} tasks, {right} of {len(hidden)} hidden calls", end=" ")
    print(f"({time.monotonic() - began:.0f} s)", flush=True)


def _installed_by_pip(libraries: list[LibrarySpec], folder: Path) -> tuple[int, float]:
    """How many pip installs to the very files that the jail gets (the record aside), and the time that it takes."""
    write_index(libraries, folder)
    asked = folder / "requirements.txt"
    asked.write_text("".join(f"{one.name}=={one.version}\n" for one in libraries))
    began = time.monotonic()
    index = ("--index-url", (folder / "simple").as_uri(), "--target", str(folder / "site"), "-r", str(asked))
    subprocess.run([sys.executable, "-m", *_PIP, *index], check=True)  # noqa: S603  # our own arguments
    seconds = time.monotonic() - began
    same = 0
    for library in libraries:
        files = {path: text for path, text in installed(library).files.items() if not path.endswith("/RECORD")}
        places = {path: folder / "site" / path for path in files}
        same += all(place.is_file() and place.read_text() == files[path] for path, place in places.items())
    return same, seconds


def _importing(library: LibrarySpec) -> str:
    """A program that imports every module of the library, and says which version it is."""
    modules = "\n".join(f"import {library.name}.{module}" for module in library.modules)
    answer = f"return importlib.metadata.version({library.name!r})"
    return f"import importlib.metadata\n{modules}\n\n\ndef version():\n    {answer}\n"


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
