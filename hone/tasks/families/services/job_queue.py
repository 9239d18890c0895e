"""A queue of jobs that are lent out for a time: priorities, failures, and jobs that were tried too often."""

import random
from typing import Any

from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.services.machine import ServiceDraft
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "`add` puts a job at the end of the queue, where it waits; it raises ValueError if the job is known, that is, "
        "it waits or is taken. `take` returns the {which} and marks it as taken; it returns None if no job waits. A "
        "taken job that is not done is taken for {lease} seconds: once {lease} seconds or more have passed since "
        "`take`, it waits again, at the place in the queue that it had before. `done` removes a job that is taken and "
        "returns True; if the job is not taken (any more) it returns False and changes nothing. `now` is the time in "
        "whole seconds; it never falls from one call to the next.",
        "Jobs wait in a queue; `add` appends one, or raises ValueError if the job waits already or is taken. `take` "
        "hands out the {which}, which then is taken and waits no more; without a waiting job it returns None. The "
        "worker has less than {lease} seconds to call `done`, which removes a taken job for good and returns True. "
        "When {lease} seconds have passed since `take`, the job is taken no more and waits again, where it stood in "
        "the queue before. `done` of a job that is not taken returns False and changes nothing. Time is `now`, in "
        "whole seconds; it never falls from one call to the next.",
    ),
    "priority": ("Among waiting jobs those of the highest `priority` come first.",),
    "fail": (
        "`fail` ends the taking of a job that is taken and returns True: the job waits again, now at the end of the "
        "queue. If the job is not taken it returns False and changes nothing.",
    ),
    "extend": (
        "`extend` gives a job that is taken {lease} seconds from now on, as if it were taken now, and returns True (it "
        "does not count as a `take`); if the job is not taken it returns False and changes nothing.",
    ),
    "dead": (
        "A job that `take` has handed out {tries} times is dead, instead of waiting again, when its taking ends and it "
        "is not done. `add` does not know a dead job and takes it like any other; it is dead no more then. "
        "For a job that is added again, dead or done, counting begins anew. "
        "`dead` returns the dead jobs in alphabetical order.",
    ),
    "count": ("`waiting` returns how many jobs wait.",),
    "reject": ("`add` raises TypeError, before anything else is looked at, if the job is an empty text.",),
}


def _draw(rng: random.Random, rules: Rules) -> ServiceDraft:
    lease, tries = rng.randint(2, 50), rng.randint(2, 3)
    name = rng.choice(("Jobs", "JobQueue", "WorkQueue"))
    jobs = ["a", "b", "c", "d"]
    ranked = "priority" in rules
    operations: dict[str, tuple[list[Any], ...]] = {
        "add": ([*jobs, *([""] if "reject" in rules else [])], *([[0, 1, 1, 2]] if ranked else [])),
        "take": (),
        "done": (jobs,),
    }
    heads = [f"def add(self, job: str, {'priority: int, ' if ranked else ''}now: int) -> None: ..."]
    heads += ["def take(self, now: int) -> str | None: ...", "def done(self, job: str, now: int) -> bool: ..."]
    for rule in ("fail", "extend"):
        if rule in rules:
            operations[rule] = (jobs,)
            heads += [f"def {rule}(self, job: str, now: int) -> bool: ..."]
    if "dead" in rules:
        operations["dead"] = ()
        heads += ["def dead(self, now: int) -> list[str]: ..."]
    if "count" in rules:
        operations["waiting"] = ()
        heads += ["def waiting(self, now: int) -> int: ..."]
    which = "first waiting job of the highest priority" if ranked else "first waiting job"
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules).format(lease=lease, tries=tries, which=which)
    return ServiceDraft(
        parameters=(lease, *((tries,) if "dead" in rules else ())),
        name=name,
        interface="\n".join([f"class {name}:", *(f"    {head}" for head in heads)]),
        asked=said,
        reference=_reference(rng, rules, name, lease, tries),
        model=_model(rules, name, lease, tries),
        operations=operations,
        timed=frozenset(operations),
        often=("add", "take", "take", "add", *(("take",) if "dead" in rules else ())),
        pauses=(*[0] * 6, 1, lease // 2, lease - 1, lease),
        more_tests=_tests(rules, name, lease),
    )


def _tests(rules: Rules, name: str, lease: int) -> str:
    """Jobs whose taking ends keep their places."""
    rank = "1, " if "priority" in rules else ""
    if "dead" in rules:
        return ""
    return f"""

def test_places_in_the_queue():
    service = solution.{name}()
    for job in ("x", "y", "z"):
        service.add(job, {rank}0)
    assert [service.take(now) for now in (0, 0, 1, 1)] == ["x", "y", "z", None]
    assert service.done("y", {lease} - 1) is True
    assert service.take({lease} - 1) is None
    assert [service.take({lease} + 1) for _ in range(3)] == ["x", "z", None]
"""


def _reference(rng: random.Random, rules: Rules, name: str, lease: int, tries: int) -> str:
    ranked, dead = "priority" in rules, "dead" in rules
    lines = ["import itertools", "", "", f"class {name}:", "    def __init__(self) -> None:"]
    lines += ["        self.waits: dict[str, tuple[int, int]] = {}"]
    lines += [
        "        self.taken: dict[str, tuple[tuple[int, int], int]] = {}",
        "        self.places = itertools.count()",
    ]
    lines += ["        self.tries: dict[str, int] = {}", "        self.lost: set[str] = set()"] if dead else []
    lines += ["", "    def _place(self, priority: int) -> tuple[int, int]:"]
    lines += ["        return -priority, next(self.places)"]
    lines += ["", "    def _release(self, job: str, place: tuple[int, int]) -> None:", "        del self.taken[job]"]
    if dead:
        lines += [f"        if self.tries[job] == {tries}:", "            self.lost.add(job)", "        else:"]
        lines += ["            self.waits[job] = place"]
    else:
        lines += ["        self.waits[job] = place"]
    lines += ["", "    def _return_late(self, now: int) -> None:"]
    lines += rng.choice(
        (
            [
                "        for job, (place, since) in list(self.taken.items()):",
                f"            if now - since >= {lease}:",
                "                self._release(job, place)",
            ],
            [
                f"        late = [job for job, (_, since) in self.taken.items() if since + {lease} <= now]",
                "        for job in late:",
                "            self._release(job, self.taken[job][0])",
            ],
        )
    )
    lines += ["", f"    def add(self, job: str, {'priority: int, ' if ranked else ''}now: int) -> None:"]
    if "reject" in rules:
        lines += ["        if not job:", '            raise TypeError("a job needs a name")']
    lines += ["        self._return_late(now)"] if dead else []
    lines += ["        if job in self.waits or job in self.taken:", '            raise ValueError("the job is known")']
    lines += [f"        self.waits[job] = self._place({'priority' if ranked else '0'})"]
    lines += ["        self.tries[job] = 0", "        self.lost.discard(job)"] if dead else []
    lines += ["", "    def take(self, now: int) -> str | None:", "        self._return_late(now)"]
    lines += ["        if not self.waits:", "            return None"]
    lines += rng.choice(
        (
            ["        job = min(self.waits, key=lambda name: self.waits[name])"],
            ["        _, job = min((place, name) for name, place in self.waits.items())"],
        )
    )
    lines += ["        self.taken[job] = (self.waits.pop(job), now)"]
    lines += ["        self.tries[job] += 1"] if dead else []
    lines += [
        "        return job",
        "",
        "    def done(self, job: str, now: int) -> bool:",
        "        self._return_late(now)",
    ]
    lines += ["        return self.taken.pop(job, None) is not None"]
    if "fail" in rules:
        lines += ["", "    def fail(self, job: str, now: int) -> bool:", "        self._return_late(now)"]
        lines += ["        if job not in self.taken:", "            return False"]
        lines += ["        priority = -self.taken[job][0][0]"] if ranked else []
        lines += [f"        self._release(job, self._place({'priority' if ranked else '0'}))", "        return True"]
    if "extend" in rules:
        lines += ["", "    def extend(self, job: str, now: int) -> bool:", "        self._return_late(now)"]
        lines += ["        if job not in self.taken:", "            return False"]
        lines += ["        self.taken[job] = (self.taken[job][0], now)", "        return True"]
    if dead:
        lines += ["", "    def dead(self, now: int) -> list[str]:", "        self._return_late(now)"]
        lines += ["        return sorted(self.lost)"]
    if "count" in rules:
        lines += ["", "    def waiting(self, now: int) -> int:", "        self._return_late(now)"]
        lines += ["        return len(self.waits)"]
    source = "\n".join(lines) + "\n"
    return source if ranked else _without_priority(source)


def _without_priority(source: str) -> str:
    """Places are plain numbers where no job comes before another."""
    for before, after in (
        ("def _place(self, priority: int) -> tuple[int, int]:", "def _place(self) -> int:"),
        ("return -priority, next(self.places)", "return next(self.places)"),
        ("self._place(0)", "self._place()"),
        ("tuple[tuple[int, int], int]", "tuple[int, int]"),
        ("place: tuple[int, int]", "place: int"),
        ("self.waits: dict[str, tuple[int, int]]", "self.waits: dict[str, int]"),
    ):
        source = source.replace(before, after)
    return source


def _model(rules: Rules, name: str, lease: int, tries: int) -> str:
    ranked = "priority" in rules
    return f"""
class {name}:
    def __init__(self):
        self.rows = []  # the queue: [job, priority, end of its taking or None, times taken]
        self.gone = []

    def clean(self, now):
        for row in self.rows:
            if row[2] is not None and row[2] <= now:
                self.back(row)

    def back(self, row):
        row[2] = None
        if {"dead" in rules} and row[3] >= {tries}:
            self.rows = [other for other in self.rows if other is not row]
            self.gone.append(row[0])

    def held(self, job, now):
        self.clean(now)
        return next((row for row in self.rows if row[0] == job and row[2] is not None), None)

    def add(self, job, {"priority, now" if ranked else "now, priority=0"}):
        if {"reject" in rules} and job == "":
            raise TypeError
        self.clean(now)
        if any(row[0] == job for row in self.rows):
            raise ValueError
        self.gone = [other for other in self.gone if other != job]
        self.rows.append([job, priority, None, 0])

    def take(self, now):
        self.clean(now)
        best = None
        for row in self.rows:
            if row[2] is None and (best is None or row[1] > best[1]):
                best = row
        if best is None:
            return None
        best[2], best[3] = now + {lease}, best[3] + 1
        return best[0]

    def done(self, job, now):
        row = self.held(job, now)
        if row is None:
            return False
        self.rows.remove(row)
        return True

    def fail(self, job, now):
        row = self.held(job, now)
        if row is None:
            return False
        self.rows.remove(row)
        self.rows.append(row)
        self.back(row)
        return True

    def extend(self, job, now):
        row = self.held(job, now)
        if row is None:
            return False
        row[2] = now + {lease}
        return True

    def dead(self, now):
        self.clean(now)
        return sorted(self.gone)

    def waiting(self, now):
        self.clean(now)
        return sum(row[2] is None for row in self.rows)
"""


FAMILY = DraftedFamily(
    name="services.job_queue",
    about="a queue that lends jobs out, with priorities, failures and a limit of tries",
    skills=("state", "time", "ordering"),
    compositions={
        1: (("base",),),
        2: (("base", "priority"), ("base", "fail"), ("base", "count"), ("base", "extend")),
        3: (
            ("base", "priority", "fail"),
            ("base", "dead"),
            ("base", "extend", "count"),
            ("base", "priority", "extend"),
        ),
        4: (
            ("base", "priority", "dead", "fail"),
            ("base", "dead", "count", "reject"),
            ("base", "fail", "extend", "reject"),
            ("base", "priority", "fail", "count", "reject"),
        ),
        5: (
            ("base", "priority", "fail", "extend", "dead", "count", "reject"),
            ("base", "priority", "fail", "dead", "count", "reject"),
            ("base", "priority", "extend", "dead", "count", "reject"),
        ),
    },
    draw=_draw,
)
