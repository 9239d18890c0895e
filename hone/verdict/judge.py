"""The judge: runs programs in the jail, compares outside it, and says what is true.

`jobs.py` says what is run, `outcomes.py` what a run comes to. Here stands the order of it all: programs are run, those
that passed and may be flaky again, those that are timed alone, and those that failed once more for what may be told.
"""

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType

from hone.errors import Boundary, HoneError
from hone.sandbox.inside.audit import AT_DRIVER
from hone.sandbox.jobs import Variation
from hone.sandbox.pool import Pool
from hone.tasks.decline import is_decline
from hone.tasks.program import Program
from hone.tasks.task import Task
from hone.verdict.checkers import Checkers
from hone.verdict.checks import flakiness, imports, properties, signature, speed, static
from hone.verdict.checks.flakiness import FlakinessConfig
from hone.verdict.checks.static import COMPLEXITY
from hone.verdict.jobs import is_source, job_of
from hone.verdict.outcomes import declined, has_words, may_quote, refused, unrunnable, verdict_of, without_entry_point
from hone.verdict.reward import RewardConfig, score
from hone.verdict.timing import Timing
from hone.verdict.verdict import Finding, Outcome, Verdict

_TASK_AND_PROGRAM = 2


class Judge:
    """Grades programs. Thread-safe; a context manager that owns a pool of jails."""

    def __init__(
        self,
        workers: int = 2,
        *,
        static: bool = True,
        complexity: int = COMPLEXITY,
        flakiness: FlakinessConfig | None = FlakinessConfig(),  # frozen
        reward: RewardConfig = RewardConfig(),  # frozen
        jail: str = "full",
        seed: int = 0,
        packages: Sequence[str] = (),
        refuse: bool = False,
        calibrate: bool = True,
    ) -> None:
        """Start the jails.

        Args:
            workers: programs that run side by side.
            static: lint and check types, too.
            complexity: highest cyclomatic complexity of a function that is no finding.
            flakiness: which passing programs are run again; None runs every program once.
            reward: where the reward's tiers lie.
            jail: `full`, or the name of a weaker mode that is accepted.
            seed: decides which unsuspected programs are run again.
            packages: installed packages that programs may import, beyond the standard library, with all that they
                need in turn; loaded once in each warm interpreter.
            refuse: whether a program that set off a tripwire is refused, whatever it answered. Tripwires are noticed
                where they can be, so this punishes attempts; it is not what keeps them from succeeding.
            calibrate: whether time limits follow the task's reference on this machine (see `hone.verdict.timing`).

        Raises:
            HoneError: the jail does not work here; it says what to install. Or a setting is impossible.
        """
        if type(complexity) is not int or complexity < 1:
            raise HoneError(Boundary.USER, f"complexity is {complexity!r}", "give a whole number from 1 up")
        self._static = static
        self._complexity = complexity
        self._flakiness = flakiness
        self._reward = reward
        self._seed = seed
        self._refuse = refuse
        self._pool = Pool(workers, jail=jail, packages=packages)
        self._checkers = Checkers(self._pool)
        self._timing = Timing(self._pool, calibrate=calibrate)
        self._closing = threading.Lock()

    def __enter__(self) -> "Judge":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every jail."""
        with self._closing:
            self._pool.close()

    def jail_pids(self) -> list[int]:
        """Process ids of the jails that are running now, for watching them from outside."""
        return self._pool.jail_pids()

    def grade(self, task: Task, program: Program | str) -> Verdict:
        """The verdict on one program, explained."""
        return self.grade_many([(task, program)], explain=True)[0]

    def grade_many(
        self, pairs: Sequence[tuple[Task, Program | str]], *, explain: bool = False, rerun: bool = True
    ) -> list[Verdict]:
        """Verdicts in the pairs' order. Every worker is kept busy; equal programs for a task are run once.

        Args:
            pairs: tasks and the programs that answer them.
            explain: quote what failing programs returned or raised on visible checks. One that is called by value is
                run again for it, with the visible checks alone.
            rerun: whether passing programs may be run again to see whether they are flaky; whether they pass is said
                by the first run.

        Raises:
            HoneError: a task is at fault (it has no checks, or inputs that are not plain), or the jail is gone, or what
                was given is no task and program.
        """
        _check_given(pairs)
        keys = [(task.id, p.source if isinstance(p, Program) else p) for task, p in pairs]
        tasks = {task.id: task for task, _ in pairs}
        if any(tasks[task.id] is not task and tasks[task.id] != task for task, _ in pairs):
            raise HoneError(Boundary.TASK, "two different tasks bear one id", "give each task an id of its own")
        for task in tasks.values():
            if not task.checks:
                raise HoneError(Boundary.TASK, f"task {task.id} has no check", "a program cannot pass nothing")
        unique = list(dict.fromkeys(keys))
        declining = {key for key in unique if is_decline(key[1])}
        runnable = [key for key in unique if key not in declining and is_source(key[1])]
        with self._findings_beside([(tasks[task_id], source) for task_id, source in runnable]) as found:
            judged = self._judged([(tasks[task_id], source, Variation()) for task_id, source in runnable])
            verdicts = dict(zip(runnable, judged, strict=True))
            verdicts = {
                key: refused(v)
                if self._refuse or (_is_walled(tasks[key[0]]) and AT_DRIVER.intersection(v.tripwires))
                else v
                for key, v in verdicts.items()
            }
            verdicts = self._rerun(tasks, verdicts, self._flakiness if rerun else None)
            verdicts |= speed.measured(self._pool.run_alone, tasks, verdicts)
            if explain:
                verdicts |= self._explained(tasks, verdicts)
                verdicts |= properties.explained(self._pool.run_many, tasks, verdicts)
                verdicts = {
                    key: without_entry_point(verdict, tasks[key[0]], key[1])
                    if _lacks_its_function(verdict)
                    else verdict
                    for key, verdict in verdicts.items()
                }
            for key, group in zip(runnable, found(), strict=False):
                verdicts[key] = replace(verdicts[key], findings=group)
        for key in unique:
            task = tasks[key[0]]
            verdict = verdicts.get(key) or (declined(task) if key in declining else unrunnable(task))
            verdict = replace(verdict, impossible=bool(task.impossible))
            verdicts[key] = replace(verdict, scored=score(verdict, self._reward))
        return [verdicts[key] for key in keys]

    def _judged(self, asked: Sequence[tuple[Task, str, Variation]]) -> list[Verdict]:
        """Run programs and say what the runs come to: checkers are asked, the properties of those that passed tried."""
        jobs = [job_of(*one) for one in asked]
        references = [job_of(task, task.reference, Variation()) if task.reference else None for task, _, _ in asked]
        results = self._timing.run([task for task, _, _ in asked], jobs, references)
        runs = [(task, result) for (task, _, _), result in zip(asked, results, strict=True)]
        opinions = self._checkers.opinions(runs)
        judged = [verdict_of(*run, known) for run, known in zip(runs, opinions, strict=True)]
        return properties.tried(self._pool.run_many, asked, judged)

    def _explained(
        self, tasks: dict[str, Task], verdicts: dict[tuple[str, str], Verdict]
    ) -> dict[tuple[str, str], Verdict]:
        """The verdicts on failing programs that can say more, with what they say when no hidden input is near."""
        mute = [key for key, verdict in verdicts.items() if not may_quote(tasks[key[0]]) and has_words(verdict)]
        shown = {task_id: replace(tasks[task_id], hidden=(), properties=()) for task_id, _ in mute}
        judged = self._judged([(shown[task_id], source, Variation()) for task_id, source in mute])
        explained = {}
        for key, alone in zip(mute, judged, strict=True):
            verdict = verdicts[key]
            if alone.outcome is Outcome.NOT_GRADED:
                continue
            checks = list(verdict.checks)
            for index, (check, again) in enumerate(zip(verdict.checks, alone.checks, strict=False)):  # visible first
                detail = again.detail if check.detail and again.detail else check.detail
                checks[index] = replace(check, detail=detail, output=again.output)
            explained[key] = replace(verdict, checks=tuple(checks), detail=alone.detail or verdict.detail)
        return explained

    @contextmanager
    def _findings_beside(
        self, asked: Sequence[tuple[Task, str]]
    ) -> Generator[Callable[[], Sequence[tuple[Finding, ...]]]]:
        """Look for findings while the programs run; yields what waits for them; gives none if none are wanted."""
        if not self._static:
            yield tuple
            return
        with ThreadPoolExecutor(1) as beside:
            yield beside.submit(self._findings, asked).result

    def _findings(self, asked: Sequence[tuple[Task, str]]) -> list[tuple[Finding, ...]]:
        groups = static.findings([source for _, source in asked], self._complexity)
        found = []
        for (task, source), group in zip(asked, groups, strict=True):
            own = imports.with_disallowed(group, source, task.allowed_imports)
            found.append(signature.with_signature(own, source, task.signature))
        return found

    def _rerun(
        self, tasks: dict[str, Task], verdicts: dict[tuple[str, str], Verdict], config: FlakinessConfig | None
    ) -> dict[tuple[str, str], Verdict]:
        """Run the passing programs that may be flaky again, and say how sure their passes are."""
        if config is None:
            return {key: replace(v, pass_probability=float(v.passed)) for key, v in verdicts.items()}
        left: dict[tuple[str, str], list[Variation]] = {}
        suspected = {key: flakiness.is_suspected(key[1]) for key, verdict in verdicts.items() if verdict.passed}
        for key, suspicion in suspected.items():
            task_id, source = key
            if suspicion or flakiness.is_sampled(source, task_id, self._seed, config.sampled):
                task = tasks[task_id]
                left[key] = flakiness.variations(
                    task_id,
                    len(task.checks),
                    config.reruns,
                    shift_clock=not flakiness.has_other_clocks(source + task.tests),
                )
        runs, passes = dict.fromkeys(suspected, 1), dict.fromkeys(suspected, 1)
        while left:
            asked = [(tasks[key[0]], key[1], v) for key, varied in left.items() for v in varied[: config.at_once]]
            for (task, source, _), again in zip(asked, self._judged(asked), strict=True):
                if again.outcome is not Outcome.NOT_GRADED:
                    runs[task.id, source] += 1
                    passes[task.id, source] += again.passed
            left = {
                key: varied[config.at_once :]
                for key, varied in left.items()
                if len(varied) > config.at_once and passes[key] == runs[key]
            }
        return {
            key: verdict
            if key not in suspected
            else replace(
                verdict,
                runs=runs[key],
                passes=passes[key],
                pass_probability=flakiness.pass_probability(
                    runs[key],
                    passes[key],
                    config.prior_flaky_suspected if suspected[key] else config.prior_flaky,
                    config.quantile,
                ),
            )
            for key, verdict in verdicts.items()
        }


def _check_given(pairs: Sequence[tuple[Task, Program | str]]) -> None:
    """Refuse what is no task or no program by what it is, before anything is made of it."""
    for pair in pairs:
        given: object = pair
        if not isinstance(given, tuple | list) or len(given) != _TASK_AND_PROGRAM:
            what = f"what is to be graded is a {type(given).__name__}, not a task and a program"
            raise HoneError(Boundary.USER, what, "give pairs: [(task, source), …]")
        task, program = given
        if not isinstance(task, Task):
            hint = "give a hone.Task: Task.from_examples, or hone.tasks.task_json.from_json for JSON text"
            raise HoneError(Boundary.USER, f"the task is a {type(task).__name__}", hint)
        if not isinstance(program, Program | str):
            hint = "give its source as text, or a hone.Program"
            raise HoneError(Boundary.USER, f"the program is a {type(program).__name__}", hint)


def _lacks_its_function(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.MISSING_ENTRY_POINT and not any(check.reached for check in verdict.checks)


def _is_walled(task: Task) -> bool:
    """Whether a driver's word counts, so that no program may look for what carries it."""
    return bool(task.driver) and not task.driver_passes_on
