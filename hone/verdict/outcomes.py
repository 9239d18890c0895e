"""What a run comes to: an outcome for each check and for the whole, and what may be told of it.

A program's outcome is the worst thing that is true of it: it does not compile; it lacks its entry point; it touched
what it may not; some check raised, ran out of time or memory, or was killed (the first such check names the outcome);
some answer was wrong; or every check passed.

A program called by value holds the inputs of all checks in its own memory, so its words (an answer, an exception's
text) may tell of hidden ones. They are quoted only from a run that was given the visible checks alone.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hone.errors import Boundary
from hone.sandbox.jobs import CaseResult, NotPlain, RunResult, Status
from hone.syntax import parse
from hone.tasks.task import CallCheck, Check, Compare, CompareOutput, Form, StdioCheck, SuiteCheck, Task
from hone.verdict.checkers import Opinion
from hone.verdict.checks import properties
from hone.verdict.compare import answers
from hone.verdict.jobs import SOURCE_BYTES
from hone.verdict.outputs import prints
from hone.verdict.telling import expectation, printable, printable_lines, shown
from hone.verdict.verdict import CheckOutcome, Outcome, Verdict, worst

_MOST_NAMED = 5
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


_ENDINGS = (Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.KILLED)


def verdict_of(task: Task, result: RunResult, opinions: Mapping[int, Opinion]) -> Verdict:
    """What a run comes to. A case that is missing from it was not passed.

    Args:
        opinions: the checkers', by the check's index.
    """
    if result.status is Status.NOT_GRADED or len(result.cases) != len(task.checks):
        owner = Boundary.TASK if result.task_fault else Boundary.SANDBOX
        return Verdict(
            task.id, Outcome.NOT_GRADED, (), boundary=owner, detail=printable(result.error), jail=result.jail
        )
    checks = tuple(
        _check(task, index, check, case, opinions.get(index))
        for index, (check, case) in enumerate(zip(task.checks, result.cases, strict=True))
    )
    outcome = worst([check.outcome for check in checks])
    passed = outcome is Outcome.PASSED
    owner = Boundary.SANDBOX if outcome is Outcome.NOT_GRADED else Boundary.CANDIDATE
    detail = printable(result.error) if _is_about_compiling(task, checks) else _how_it_ended(task, result, outcome)
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


def refused(verdict: Verdict) -> Verdict:
    """The verdict under the policy that a program which set off a tripwire is not accepted."""
    if not verdict.tripwires or verdict.outcome is Outcome.NOT_GRADED:
        return verdict
    what = f"it tried what it may not: {', '.join(verdict.tripwires)}"
    return replace(verdict, outcome=Outcome.REFUSED, passes=0, boundary=Boundary.CANDIDATE, detail=what)


def declined(task: Task) -> Verdict:
    """The verdict on a program that says the task cannot be done."""
    checks = tuple(
        CheckOutcome(f"check {index + 1}", index < len(task.visible), Outcome.DECLINED, reached=False)
        for index in range(len(task.checks))
    )
    checks += properties.untried(task, Outcome.DECLINED)
    what = "the program says that the task cannot be done"
    return Verdict(task.id, Outcome.DECLINED, checks, boundary=Boundary.CANDIDATE, detail=what)


def unrunnable(task: Task) -> Verdict:
    """The verdict on a text that is no program to run."""
    checks = tuple(
        CheckOutcome(f"check {index + 1}", index < len(task.visible), Outcome.DOES_NOT_COMPILE, reached=False)
        for index in range(len(task.checks))
    )
    checks += properties.untried(task, Outcome.DOES_NOT_COMPILE)
    what = f"the source is longer than {SOURCE_BYTES} bytes or is not text"
    return Verdict(task.id, Outcome.DOES_NOT_COMPILE, checks, boundary=Boundary.CANDIDATE, detail=what)


def without_entry_point(verdict: Verdict, task: Task, source: str) -> Verdict:
    """The verdict on a program that lacks the function it is asked for, with the names that it defines, as written."""
    try:
        body = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return verdict
    names = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    more = ["…"] if len(names) > _MOST_NAMED else []
    defined = ", ".join([*names[:_MOST_NAMED], *more]) or "no function"
    return replace(verdict, detail=printable(f"the program defines {defined}; the task asks for {task.entry_point}"))


def may_quote(task: Task) -> bool:
    """Whether a program's words on a visible check come from a process that was given no hidden input before.

    Programs run in a process for each input, and tests reach their candidate one by one, the visible ones first. All
    calls of one candidate, though, are in its memory from the start.
    """
    return task.form is not Form.CALL or not task.hidden


def has_words(verdict: Verdict) -> bool:
    """Whether a failed check that is visible could say more in the program's own words."""
    spoke = (Outcome.WRONG_ANSWER, Outcome.RAISED, Outcome.DOES_NOT_COMPILE)
    return any(check.visible and check.outcome in spoke for check in verdict.checks)


def _how_it_ended(task: Task, result: RunResult, outcome: Outcome) -> str:
    """How a program called by value ended its process, where visible checks show it; in no words of its own."""
    if task.form is not Form.CALL or not task.visible or outcome not in _ENDINGS:
        return ""
    loaded = any(case.reached for case in result.cases)
    if outcome is Outcome.KILLED and any(case.exit_status is not None for case in result.cases[: len(task.visible)]):
        when = "in the middle of a call" if loaded else "while it was loaded"
        return f"the program ended its own process {when}"
    return "" if loaded else f"{outcome} while the program was loaded; no call was reached"


def _is_about_compiling(task: Task, checks: Sequence[CheckOutcome]) -> bool:
    """Whether the run's error is the compiler's: said before any check was begun, and no hidden one was near."""
    return (
        may_quote(task)
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
    output = printable_lines(case.output) if visible and may_quote(task) else ""
    return CheckOutcome(name, visible, outcome, printable(detail), case.cpu_seconds, output, case.reached)


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
            if outcome in _ENDINGS and not case.reached:
                return f"{asked}: not reached, {expected}"
            if outcome is Outcome.KILLED and case.exit_status is not None:
                return f"{asked}: the program ended its own process, {expected}"
            if not may_quote(task):
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
