"""The judge: runs programs in the jail, compares outside it, and says what is true.

A program's outcome is the worst thing that is true of it: it does not compile; it lacks its entry point; it touched
what it may not; some check raised, ran out of time or memory, or was killed (the first such check names the outcome);
some answer was wrong; or every check passed.

A program called by value holds the inputs of all checks in its own memory, so its words (an answer, an exception's
text) may tell of hidden ones. They are quoted only from a run that was given the visible checks alone.
"""

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType

from hone.errors import Boundary, HoneError
from hone.sandbox.inside.audit import AT_DRIVER
from hone.sandbox.jobs import CallJob, CaseResult, Job, NotPlain, RunResult, Status, StdioJob, SuiteJob, Variation
from hone.sandbox.pool import Pool
from hone.tasks.decline import is_decline
from hone.tasks.program import Program
from hone.tasks.task import CallCheck, Check, Compare, CompareOutput, Form, StdioCheck, SuiteCheck, Task
from hone.verdict.checkers import Checkers, Opinion
from hone.verdict.checks import flakiness, imports, properties, signature, speed, static
from hone.verdict.checks.flakiness import FlakinessConfig
from hone.verdict.checks.static import COMPLEXITY
from hone.verdict.compare import answers
from hone.verdict.outputs import prints
from hone.verdict.reward import RewardConfig, score
from hone.verdict.telling import expectation, printable, printable_lines, shown
from hone.verdict.timing import Timing
from hone.verdict.verdict import CheckOutcome, Finding, Outcome, Verdict, worst

SOURCE_BYTES = 256 * 1024
"""A longer program is not run: it does not compile, as far as Hone is concerned."""

_OUTCOMES = {
    Status.RAISED: Outcome.RAISED,
    Status.TIMED_OUT: Outcome.TIMED_OUT,
    Status.OUT_OF_MEMORY: Outcome.OUT_OF_MEMORY,
    Status.KILLED: Outcome.KILLED,
    Status.DOES_NOT_COMPILE: Outcome.DOES_NOT_COMPILE,
    Status.MISSING_ENTRY_POINT: Outcome.MISSING_ENTRY_POINT,
    Status.REFUSED: Outcome.REFUSED,
    Status.NOT_GRADED: Outcome.NOT_GRADED,
    Status.FAILED: Outcome.WRONG_ANSWER,
}


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
            HoneError: a task is at fault (it has no checks, or inputs that are not plain), or the jail is gone.
        """
        keys = [(task.id, p.source if isinstance(p, Program) else p) for task, p in pairs]
        tasks = {task.id: task for task, _ in pairs}
        if any(tasks[task.id] is not task and tasks[task.id] != task for task, _ in pairs):
            raise HoneError(Boundary.TASK, "two different tasks bear one id", "give each task an id of its own")
        for task in tasks.values():
            if not task.checks:
                raise HoneError(Boundary.TASK, f"task {task.id} has no check", "a program cannot pass nothing")
        unique = list(dict.fromkeys(keys))
        declined = {key for key in unique if is_decline(key[1])}
        runnable = [key for key in unique if key not in declined and _is_source(key[1])]
        with self._findings_beside([(tasks[task_id], source) for task_id, source in runnable]) as found:
            judged = self._judged([(tasks[task_id], source, Variation()) for task_id, source in runnable])
            verdicts = dict(zip(runnable, judged, strict=True))
            verdicts = {
                key: _refused(v)
                if self._refuse or (_is_walled(tasks[key[0]]) and AT_DRIVER.intersection(v.tripwires))
                else v
                for key, v in verdicts.items()
            }
            verdicts = self._rerun(tasks, verdicts, self._flakiness if rerun else None)
            verdicts |= speed.measured(self._pool.run_alone, tasks, verdicts)
            if explain:
                verdicts |= self._explained(tasks, verdicts)
                verdicts |= properties.explained(self._pool.run_many, tasks, verdicts)
            for key, group in zip(runnable, found(), strict=False):
                verdicts[key] = replace(verdicts[key], findings=group)
        for key in unique:
            task = tasks[key[0]]
            verdict = verdicts.get(key) or (_declined(task) if key in declined else _unrunnable(task))
            verdict = replace(verdict, impossible=bool(task.impossible))
            verdicts[key] = replace(verdict, scored=score(verdict, self._reward))
        return [verdicts[key] for key in keys]

    def _judged(self, asked: Sequence[tuple[Task, str, Variation]]) -> list[Verdict]:
        """Run programs and say what the runs come to: checkers are asked, the properties of those that passed tried."""
        jobs = [_job(*one) for one in asked]
        references = [_job(task, task.reference, Variation()) if task.reference else None for task, _, _ in asked]
        results = self._timing.run([task for task, _, _ in asked], jobs, references)
        runs = [(task, result) for (task, _, _), result in zip(asked, results, strict=True)]
        opinions = self._checkers.opinions(runs)
        judged = [_verdict(*run, known) for run, known in zip(runs, opinions, strict=True)]
        return properties.tried(self._pool.run_many, asked, judged)

    def _explained(
        self, tasks: dict[str, Task], verdicts: dict[tuple[str, str], Verdict]
    ) -> dict[tuple[str, str], Verdict]:
        """The verdicts on failing programs that can say more, with what they say when no hidden input is near."""
        mute = [key for key, verdict in verdicts.items() if not _may_quote(tasks[key[0]]) and _has_words(verdict)]
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


def _is_source(source: str) -> bool:
    try:
        return len(source.encode()) <= SOURCE_BYTES
    except UnicodeEncodeError:  # a lone surrogate
        return False


def _is_walled(task: Task) -> bool:
    """Whether a driver's word counts, so that no program may look for what carries it."""
    return bool(task.driver) and not task.driver_passes_on


def _job(task: Task, source: str, variation: Variation) -> Job:
    """What the sandbox is to run. It carries inputs and never an expected value."""
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


def _verdict(task: Task, result: RunResult, opinions: Mapping[int, Opinion]) -> Verdict:
    """What a run comes to. A case that is missing from it was not passed.

    Args:
        opinions: the checkers', by the check's index.
    """
    if result.status is Status.NOT_GRADED or len(result.cases) != len(task.checks):
        return Verdict(
            task.id, Outcome.NOT_GRADED, (), boundary=Boundary.SANDBOX, detail=result.error, jail=result.jail
        )
    checks = tuple(
        _check(task, index, check, case, opinions.get(index))
        for index, (check, case) in enumerate(zip(task.checks, result.cases, strict=True))
    )
    outcome = worst([check.outcome for check in checks])
    passed = outcome is Outcome.PASSED
    owner = Boundary.SANDBOX if outcome is Outcome.NOT_GRADED else Boundary.CANDIDATE
    detail = printable(result.error) if _is_about_compiling(task, checks) else ""
    if any(opinion.boundary is Boundary.TASK for opinion in opinions.values()):
        owner, detail = Boundary.TASK, "the task's checker cannot be loaded, or fails on the reference, too"
    return Verdict(
        task_id=task.id,
        outcome=outcome,
        checks=checks,
        passes=int(passed),
        boundary=None if passed else owner,
        detail=detail,
        cpu_seconds=result.cpu_seconds,
        memory_bytes=result.memory_bytes,
        jail=result.jail,
        tripwires=result.tripwires,
    )


def _refused(verdict: Verdict) -> Verdict:
    """The verdict under the policy that a program which set off a tripwire is not accepted."""
    if not verdict.tripwires or verdict.outcome is Outcome.NOT_GRADED:
        return verdict
    what = f"it tried what it may not: {', '.join(verdict.tripwires)}"
    return replace(verdict, outcome=Outcome.REFUSED, passes=0, boundary=Boundary.CANDIDATE, detail=what)


def _may_quote(task: Task) -> bool:
    """Whether a program's words on a visible check come from a process that was given no hidden input before.

    Programs run in a process for each input, and tests reach their candidate one by one, the visible ones first. All
    calls of one candidate, though, are in its memory from the start.
    """
    return task.form is not Form.CALL or not task.hidden


def _has_words(verdict: Verdict) -> bool:
    spoke = (Outcome.WRONG_ANSWER, Outcome.RAISED, Outcome.DOES_NOT_COMPILE)
    return any(check.visible and check.outcome in spoke for check in verdict.checks)


def _is_about_compiling(task: Task, checks: Sequence[CheckOutcome]) -> bool:
    """Whether the run's error is the compiler's: said before any check was begun, and no hidden one was near."""
    return (
        _may_quote(task)
        and bool(task.visible or task.form is Form.SUITE)
        and all(check.outcome is Outcome.DOES_NOT_COMPILE for check in checks)
    )


def _check(task: Task, index: int, check: Check, case: CaseResult, opinion: Opinion | None) -> CheckOutcome:
    visible = index < len(task.visible)
    match check:
        case CallCheck():
            name, right = f"call {index + 1}", answers(check, case)
        case StdioCheck():
            name, right = f"run {index + 1}", prints(check, case)
        case SuiteCheck():
            name, right = check.name, case.status is Status.DONE
    outcome = Outcome.PASSED if right else _OUTCOMES.get(case.status, Outcome.WRONG_ANSWER)
    if outcome is Outcome.RAISED and _ought_to_raise(check, case):
        outcome = Outcome.WRONG_ANSWER  # it raised, as it should, but something else is amiss
    if right and not isinstance(check, SuiteCheck) and check.checker:
        outcome = Outcome.NOT_GRADED if opinion is None else opinion.outcome
        right = outcome is Outcome.PASSED
    if isinstance(check, SuiteCheck) and _lacks_a_name(task, case):
        outcome = Outcome.MISSING_ENTRY_POINT
    detail = "" if right or not visible else _told(task, check, case, outcome)
    output = printable_lines(case.output) if visible and _may_quote(task) else ""
    return CheckOutcome(name, visible, outcome, printable(detail), case.cpu_seconds, output)


def _ought_to_raise(check: Check, case: CaseResult) -> bool:
    """Whether raising was the right thing to do: the call had to raise, or the program left as it should have."""
    match check:
        case CallCheck():
            return check.compare is Compare.RAISES
        case StdioCheck():
            return case.exit_status == check.exit_status
    return False


def _lacks_a_name(task: Task, case: CaseResult) -> bool:
    """Whether a test asked the module for a name that it has not, `from module import name` aside.

    These are the referee's words; a candidate that raises them itself only lowers its own tier.
    """
    words = f"AttributeError: module {task.entry_point!r} has no attribute "
    return case.status is Status.RAISED and case.error.startswith(words)


def _told(task: Task, check: Check, case: CaseResult, outcome: Outcome) -> str:
    """What happened on a visible check, in a line; in the program's own words only where they may be quoted."""
    match check:
        case CallCheck():
            asked = f"{task.entry_point}({', '.join(map(shown, check.args))})"
            expected = expectation(check)
            if not _may_quote(task):
                return f"{asked}: {outcome}, {expected}"
            if case.status is Status.DONE:
                got = f"a {case.value.type_name}" if isinstance(case.value, NotPlain) else shown(case.value)
                if check.arguments_after is not None:
                    left = "what is not plain" if case.arguments_after is None else shown(case.arguments_after)
                    got = f"{got} and left the arguments as {left}"
                return f"{asked} returned {got}, {expected}"
            return f"{asked}: {case.error or case.status}, {expected}"
        case StdioCheck():
            left_well = case.status is Status.DONE or case.exit_status == check.exit_status
            got = f"printed {shown(case.value)}" if left_well else case.error or str(case.status)
            expected = shown(check.stdout)
            if check.compare is CompareOutput.CHECKER:
                expected = "what the checker accepts"
            if check.exit_status:
                expected = f"{expected} and exit status {check.exit_status}"
            return f"given {shown(check.stdin)} it {got}, expected {expected}"
        case SuiteCheck():
            return case.error or str(case.status)


def _declined(task: Task) -> Verdict:
    checks = tuple(
        CheckOutcome(f"check {index + 1}", index < len(task.visible), Outcome.DECLINED)
        for index in range(len(task.checks))
    )
    checks += properties.untried(task, Outcome.DECLINED)
    what = "the program says that the task cannot be done"
    return Verdict(task.id, Outcome.DECLINED, checks, boundary=Boundary.CANDIDATE, detail=what)


def _unrunnable(task: Task) -> Verdict:
    checks = tuple(
        CheckOutcome(f"check {index + 1}", index < len(task.visible), Outcome.DOES_NOT_COMPILE)
        for index in range(len(task.checks))
    )
    checks += properties.untried(task, Outcome.DOES_NOT_COMPILE)
    what = f"the source is longer than {SOURCE_BYTES} bytes or is not text"
    return Verdict(task.id, Outcome.DOES_NOT_COMPILE, checks, boundary=Boundary.CANDIDATE, detail=what)
