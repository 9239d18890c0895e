"""Jobs put in an order in which each comes after what it needs."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_JOBS = (
    "bake",
    "cut",
    "drill",
    "fold",
    "glue",
    "mill",
    "paint",
    "sand",
    "test",
    "weld",
    "aim",
    "öl",
    "polish",
    "varnish",
)
_ASKED = {
    "order": (
        "`needs` says for each job, a text, which jobs it needs. A job that is needed but is no key of `needs` is a "
        "job that needs nothing. Return all jobs, each once, so that each comes after all that it needs: at every "
        "place, of the jobs which can come there, put the first in the alphabet (as Python compares texts).",
        "The keys of `needs` are jobs, and its values list the jobs that they need; a job that is only found in the "
        "lists needs nothing. Put all jobs in an order in which none comes before a job that it needs, and which is "
        "the following one: the next job is always the alphabetically first (in Python's order of texts) of those "
        "whose needs have all come already.",
    ),
    "done": (
        "The jobs {one!r} and {two!r} are done already: they are left out, and nothing waits for them.",
        "Leave out {one!r} and {two!r}, which have been done; no other job has to wait for either.",
    ),
    "urgent": (
        "But of the jobs that can come next, those whose name holds {letter!r} come before all others; among "
        "themselves, they are taken in the alphabet's order, too.",
        "Jobs with {letter!r} in their name are urgent: if any of those that can come next are urgent, take the first "
        "of these in the alphabet.",
    ),
    "rounds": (
        "Jobs are done in rounds: return a list of lists. A round has at most {width} jobs, all of which can be done "
        "after the rounds before it and so need no job of their own round; it is filled in the order told above as far "
        "as there are such jobs.",
        "Return a list of rounds, each a list of at most {width} jobs. Into a round go, in the order told above, jobs "
        "whose needs have all been done in earlier rounds, as many as there are and as it takes.",
    ),
    "rest": (
        "After every job but the last, if its name is longer than {long} characters, put {pause!r} into the result.",
        "Put {pause!r} after each job with a name of more than {long} characters, unless it is the last.",
    ),
    "acyclic": ("No job needs itself, not even by way of others.", "The needs never go round in a circle."),
    "cycle": (
        "Raise ValueError if there is no such order because jobs wait for each other, or one for itself.",
        "Where jobs need each other in a circle (or one needs itself), so that not all can be put in order, raise "
        "ValueError.",
    ),
    "forbidden": (
        "Raise KeyError if {bad!r} is a key of `needs` or needed by any job, done or not; this is looked at first.",
        "First of all: if {bad!r} occurs in `needs`, as a key or in any list, raise KeyError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    one, two, bad = rng.sample(_JOBS, 3)
    drawn = {
        "one": one,
        "two": two,
        "bad": bad,
        "letter": rng.choice("abdeilnst"),
        "width": rng.randint(1, 3),
        "long": rng.randint(2, 6),
        "pause": rng.choice(("-", "pause", "rest", "...", "*", "", "wait", "tea", "/", "0", "clean up", "--")),
    }
    gives = "list[list[str]]" if "rounds" in rules else "list[str]"
    signature = f"{rng.choice(('plan', 'schedule', 'in_order', 'sequence'))}(needs: dict[str, list[str]]) -> {gives}"
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=worded(rng, _ASKED, rules, **drawn),
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    lines = ["jobs = {*needs, *(other for others in needs.values() for other in others)}"]
    if "forbidden" in rules:
        lines += [f"if {quoted(drawn['bad'])} in jobs:", '    raise KeyError("a forbidden job")']
    done = f"{{{quoted(drawn['one'])}, {quoted(drawn['two'])}}}" if "done" in rules else ""
    lines += [f"done = {done}", "left = jobs - done"] if done else ["done: set[str] = set()", "left = set(jobs)"]
    key = ""
    if "urgent" in rules:
        key = f", key=lambda job: ({quoted(drawn['letter'])} not in job, job)"
    lines += ["result = []", "while left:"]
    lines += rng.choice(
        (
            ["    ready = [job for job in left if done.issuperset(needs.get(job, []))]"],
            ["    ready = [job for job in left if all(other in done for other in needs.get(job, []))]"],
        )
    )
    if "cycle" in rules:
        lines += ["    if not ready:", '        raise ValueError("jobs wait for each other")']
    if "rounds" in rules:
        lines += [f"    batch = sorted(ready{key})[: {drawn['width']}]", "    result.append(batch)"]
        lines += ["    done |= set(batch)", "    left -= set(batch)"]
    else:
        lines += [f"    job = min(ready{key})", "    result.append(job)", "    done.add(job)", "    left.remove(job)"]
    if "rest" in rules:
        lines += [f"    if len(job) > {drawn['long']} and left:", f"        result.append({quoted(drawn['pause'])})"]
    return [*lines, "return result"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    one, two, bad = drawn["one"], drawn["two"], drawn["bad"]
    jobs = [job for job in _JOBS if job != bad or "forbidden" not in rules]

    def some(count: int) -> dict[str, list[str]]:
        """Needs without a circle: a job needs only such as stand before it in a drawn order."""
        order = rng.sample(jobs, count)
        made = {
            job: list(dict.fromkeys(rng.choices(order[:place], k=rng.choice((0, 1, 1, 2))) if place else []))
            for place, job in enumerate(order)
        }
        keys = rng.sample(order, count)
        return {job: made[job] for job in keys if made[job] or rng.random() < 0.6}

    a, b, c, d = rng.sample([job for job in jobs if job not in (one, two)], 4)
    hidden = [
        {},
        {a: []},
        {a: [b], c: [d]},
        {a: [b], b: [c], c: [d], d: []},
        {d: [], c: [], b: [], a: []},
        {a: [one], one: [b]},
        {a: [one, two], b: [two, a], c: [a]},
        {a: [b, b], c: [b], b: [d]},
        {job: [] for job in jobs},
        {job: [c] for job in jobs if job != c},
        *(some(count) for count in (4, 5, 6, 8)),
    ]
    if "cycle" in rules:
        hidden += [{a: [b], b: [a], c: []}, {c: [c]}, {a: [b], b: [c], c: [d], d: [b]}]
        hidden += [{one: [two], two: [one], a: [one], b: [a]}] if "done" in rules else []
    if "forbidden" in rules:
        hidden += [{bad: []}, {a: [b], b: [bad]}, {a: [b], c: []}]
    return [(some(rng.randint(4, 5)),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="collections.ordering",
    about="jobs in an order in which each comes after what it needs",
    skills=("graphs", "topological order", "sets"),
    compositions={
        1: (("order", "done", "acyclic"), ("order", "rest", "acyclic")),
        2: (
            ("order", "urgent", "done", "acyclic"),
            ("order", "rounds", "done", "acyclic"),
            ("order", "done", "rest", "acyclic"),
        ),
        3: (
            ("order", "urgent", "rounds", "acyclic", "done"),
            ("order", "urgent", "done", "rest", "acyclic"),
            ("order", "urgent", "rest", "acyclic"),
        ),
        4: (
            ("order", "done", "cycle"),
            ("order", "urgent", "done", "cycle"),
            ("order", "rounds", "done", "cycle"),
            ("order", "done", "rest", "cycle"),
        ),
        5: (
            ("order", "urgent", "done", "rounds", "cycle", "forbidden"),
            ("order", "urgent", "done", "rest", "cycle", "forbidden"),
            ("order", "done", "rounds", "cycle", "forbidden"),
        ),
    },
    draw=_draw,
)
