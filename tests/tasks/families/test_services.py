"""Services: programs of another make pass where they do what the prompt says, and nothing else does.

The alternatives below take every number from the prompt. So they show, too, that it states what the checks need.
"""

import re
from dataclasses import replace

import pytest

from hone.tasks.families import Split, levels_of, task_from_id, task_id
from hone.tasks.task import SuiteCheck, Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome


@pytest.fixture(scope="module")
def judge(uncalibrated_judge: Judge) -> Judge:
    return uncalibrated_judge


def found(name: str, level: int, *needed: str) -> Task:
    """The first task of a level whose reference or prompt has all that is needed."""
    family = f"services.{name}"
    split = next(split for split in Split if level in levels_of(family, split))
    for index in range(40):
        task = task_from_id(task_id(family, level, split, index))
        if all(text in task.prompt + task.reference for text in needed):
            return task
    raise AssertionError(needed)


def scripts(task: Task) -> Task:
    """The task without its drawn runs, which take most of the time."""
    kept = [check for check in task.hidden if isinstance(check, SuiteCheck) and check.name != "test_like_the_model"]
    return replace(task, id=f"{task.id}:scripts", hidden=tuple(kept))


def told(task: Task, pattern: str, default: str = "") -> str:
    """What the prompt says at a place."""
    match = re.search(pattern, " ".join(task.prompt.split()))
    assert match or default, pattern
    return match[1] if match else default


def sessions(task: Task) -> str:
    idle = told(task, r"(?:while less than (?=\d+ seconds have)|; (?=\d+ seconds or more after its last))(\d+)")
    life = told(task, r"closed for good (\d+) seconds or more after it was opened", "10**9")
    cap = told(task, r"at most (\d+) open sessions", "10**9")
    prefix = told(task, r"(?:that is issued is|Tokens are) (\S+?)1,")
    return f"""
class {told(task, "class `([A-Za-z]+)`")}:
    def __init__(self):
        self.all = []

    def _open(self, now, **wanted):
        return [
            s for s in self.all
            if not s["closed"] and now < s["used"] + {idle} and now < s["since"] + {life}
            and all(s[key] == value for key, value in wanted.items())
        ]

    def _token(self):
        self.issued = getattr(self, "issued", 0) + 1
        return "{prefix}" + str(self.issued)

    def login(self, user, now):
        if user == "":
            raise ValueError("nobody")
        mine = self._open(now, user=user)
        if len(mine) >= {cap}:
            mine.sort(key=lambda s: (s["used"], s["since"], self.all.index(s)))
            mine[0]["closed"] = True
        self.all.append(dict(user=user, token=self._token(), used=now, since=now, closed=False))
        return self.all[-1]["token"]

    def user(self, token, now):
        for session in self._open(now, token=token):
            session["used"] = now
            return session["user"]

    def logout(self, token, now):
        hit = self._open(now, token=token)
        for session in hit:
            session["closed"] = True
        return len(hit) > 0

    def rotate(self, token, now):
        try:
            (session,) = self._open(now, token=token)
        except ValueError:
            raise KeyError(token) from None
        session.update(token=self._token(), used=now)
        return session["token"]

    def logout_all(self, user, now):
        return sum(self.logout(session["token"], now) for session in self._open(now, user=user))
"""


def workflows(task: Task) -> str:
    moves = re.findall(r"'(\w+)' to '(\w+)'", " ".join(task.prompt.split()))
    guarded = told(task, r"A move to '(\w+)' of an item that nobody", "nowhere")
    last = told(task, r"(?:A `move` to|is in) '(\w+)'(?: takes|\.)", "nowhere")
    limited = told(task, r"A `move` to '(\w+)' raises RuntimeError", "nowhere")
    cap = told(task, r"where (\d+) or more items", "0")
    return f"""
from collections import namedtuple

Item = namedtuple("Item", "path owner", defaults=(None,))
ALLOWED = frozenset({moves!r})


class {told(task, "class `([A-Za-z]+)`")}:
    def __init__(self):
        self.items = {{}}

    def create(self, item):
        if self.items.setdefault(item, None) is not None:
            raise ValueError
        self.items[item] = Item(("{told(task, "in(?:to)? the state '([a-z]+)'")}",))

    def state(self, item):
        return self.items[item].path[-1]

    def count(self, state):
        return len([1 for item in self.items.values() if item.path[-1] == state])

    def move(self, item, to):
        at = self.items[item]
        if (at.path[-1], to) not in ALLOWED:
            raise ValueError
        if to == "{guarded}" and at.owner is None:
            raise PermissionError
        if to == "{limited}" and self.count(to) >= {cap}:
            raise RuntimeError
        self.items[item] = Item(at.path + (to,), None if to == "{last}" else at.owner)
        return at.path[-1]

    def history(self, item):
        return list(self.items[item].path)

    def back(self, item):
        path, owner = self.items[item]
        if not path[1:]:
            raise ValueError
        self.items[item] = Item(path[:-1], owner)
        return path[-2]

    def assign(self, item, who):
        self.items[item] = Item(self.items[item].path, who)

    def assigned(self, item):
        return self.items[item].owner

    def remove(self, item):
        if self.state(item) != "{last}":
            raise ValueError
        self.items.pop(item)
"""


def jobs(task: Task) -> str:
    lease = told(task, r"(?:taken for|less than) (\d+) seconds")
    tries = told(task, r"handed out (\d+) times", "10**9")
    rank = "priority, now" if "priority: int" in task.prompt else "now, priority=0"
    return f"""
class Job:
    def __init__(self, name, priority, place):
        self.name, self.priority, self.place = name, priority, place
        self.until, self.count, self.dead = None, 0, False

    def see(self, now):
        if self.until is not None and now >= self.until:
            self.free()
        return self

    def free(self):
        self.until, self.dead = None, self.count >= {tries}


class {told(task, "class `([A-Za-z]+)`")}:
    def __init__(self):
        self.jobs, self.last = {{}}, 0

    def _next(self):
        self.last += 1
        return self.last

    def _taken(self, name, now):
        job = self.jobs.get(name)
        return job if job and job.see(now).until is not None else None

    def _waiting(self, now):
        return [job for job in self.jobs.values() if job.see(now).until is None and not job.dead]

    def add(self, job, {rank}):
        if not job:
            raise TypeError
        if job in self.jobs and not self.jobs[job].see(now).dead:
            raise ValueError
        self.jobs[job] = Job(job, priority, self._next())

    def take(self, now):
        line = sorted(self._waiting(now), key=lambda job: (-job.priority, job.place))
        for job in line:
            job.until, job.count = now + {lease}, job.count + 1
            return job.name

    def done(self, job, now):
        return bool(self._taken(job, now) and self.jobs.pop(job))

    def fail(self, job, now):
        held = self._taken(job, now)
        if held:
            held.free()
            held.place = self._next()
        return held is not None

    def extend(self, job, now):
        held = self._taken(job, now)
        if held:
            held.until = now + {lease}
        return held is not None

    def dead(self, now):
        return sorted(name for name, job in self.jobs.items() if job.see(now).dead)

    def waiting(self, now):
        return len(self._waiting(now))
"""


def stores(task: Task) -> str:
    keep = told(task, r"Only the newest (\d+) versions", "10**9")
    start = told(task, r"(?:store is version|newest version:) (\d+)")
    error = told(task, r"raises (\w+)(?:, and changes nothing,)? if there is no such version", "KeyError")
    return f"""
class {told(task, "class `([A-Za-z]+)`")}:
    START = {start}

    def __init__(self):
        self.now, self.past = self.START, {{}}  # key: [(version, value)]

    def _write(self, **values):
        self.now += 1
        for key, value in values.items():
            self.past.setdefault(key, []).append((self.now, value))
        return self.now

    def _at(self, key, version):
        for when, value in reversed(self.past.get(key, [])):
            if when <= version:
                return when, value
        return self.START, None

    def _known(self, version):
        if not max(self.START, self.now - {keep} + 1) <= version <= self.now:
            raise {error}(version)

    def put(self, key, value):
        return self._write(**{{key: value}})

    def get(self, key):
        return self._at(key, self.now)[1]

    def version(self):
        return self.now

    def swap(self, key, value, expected):
        when, old = self._at(key, self.now)
        if (self.START if old is None else when) == expected:
            return self.put(key, value)

    def delete(self, key):
        return self.get(key) is not None and bool(self._write(**{{key: None}}) or True)

    def get_at(self, key, version):
        self._known(version)
        return self._at(key, version)[1]

    def restore(self, version):
        self._known(version)
        return self._write(**{{key: self._at(key, version)[1] for key in self.past}})

    def changed(self, version):
        self._known(version)
        return [key for key in sorted(self.past) if self._at(key, version)[1] != self.get(key)]
"""


def applications(task: Task) -> str:
    """Answers as a generator, which begins to answer when it is read."""
    word, kind = told(task, r"GET of /(\w+)/KEY"), told(task, r"Content-Type with the value (.+?), and Content")
    most = told(task, r"more than (\d+) bytes", "10**9")
    methods = {name for name in ("DELETE", "HEAD") if f"{name} of" in task.prompt or f"{name} is" in task.prompt}
    listed = f"GET of /{word} (" in " ".join(task.prompt.split())
    tagged = "ETag" in task.prompt
    return f"""
class Refused(Exception):
    pass


class {told(task, "class `([A-Za-z]+)`")}:
    def __init__(self):
        self.kept = {{}}

    def __call__(self, environ, start_response):
        method, more = environ["REQUEST_METHOD"], {{}}
        try:
            status, body = self.route(method, environ["PATH_INFO"], environ, more)
        except Refused as refusal:
            status, body = refusal.args[0], b""
        headers = {{"Content-Length": "%d" % len(body), "Content-Type": {kind!r}, **more}}
        start_response(status, list(headers.items()))
        if method != "HEAD":
            yield body[:1]
            yield body[1:]

    def route(self, method, path, environ, more):
        root, _, key = path.removeprefix("/").partition("/")
        known = {{"GET"}} | {methods & {"HEAD"}!r}
        if path == "/{word}" and {listed}:
            pass
        elif root == "{word}" and key and "/" not in key:
            known |= {{"PUT"}} | {methods!r}
        else:
            raise Refused("404 Not Found")
        if method not in known:
            if {"405" in task.prompt}:
                more["Allow"] = ", ".join(sorted(known))
                raise Refused("405 Method Not Allowed")
            raise Refused("404 Not Found")
        if not key:
            wanted = environ["QUERY_STRING"][len("prefix="):]
            names = [name for name in sorted(self.kept) if name.startswith(wanted)]
            return "200 OK", b"".join(name.encode() + b"\\n" for name in names)
        return getattr(self, "do_" + method)(key, environ, more)

    def check(self, key, environ):
        given = environ.get("HTTP_IF_MATCH")
        if {tagged} and given is not None and (key not in self.kept or given != self.kept[key][1]):
            raise Refused("412 Precondition Failed")

    def tag(self, key, more):
        if {tagged}:
            more["ETag"] = self.kept[key][1]

    def do_PUT(self, key, environ, more):
        body = environ["wsgi.input"].read()
        if len(body) > {most}:
            raise Refused("413 Content Too Large")
        self.check(key, environ)
        old = self.kept.get(key)
        self.kept[key] = body, '"%d"' % (1 if old is None else int(old[1].strip('"')) + 1)
        self.tag(key, more)
        return "201 Created" if old is None else "204 No Content", b""

    def do_GET(self, key, environ, more):
        if key not in self.kept:
            raise Refused("404 Not Found")
        self.tag(key, more)
        return "200 OK", self.kept[key][0]

    do_HEAD = do_GET

    def do_DELETE(self, key, environ, more):
        self.check(key, environ)
        if self.kept.pop(key, None) is None:
            raise Refused("404 Not Found")
        return "204 No Content", b""
"""


ALTERNATIVES = {
    "session_store": sessions,
    "workflow": workflows,
    "job_queue": jobs,
    "versioned_store": stores,
    "web_service": applications,
}


@pytest.mark.parametrize("name", ALTERNATIVES)
def test_a_program_of_another_make_that_follows_the_prompt_passes(judge: Judge, name: str):
    task = found(name, 5)
    verdict = judge.grade(task, ALTERNATIVES[name](task))
    assert not [(check.name, check.detail) for check in verdict.checks if check.outcome is not Outcome.PASSED]


MISTAKES = [
    ("session_store", "    def _drop_closed(self, now: int) -> None:\n", "", "        return\n"),
    (
        "session_store",
        "self.sessions[token] = (user, opened, now)",
        "self.sessions[token] = (user, opened, opened)",
        "",
    ),
    ("session_store", "self.issued += 1", "self.issued = len(self.sessions) + 1", ""),
    ("workflow", " not in MOVES", " in ()", ""),
    ("job_queue", "self.waits[job] = place", "self.waits[job] = self._place()", ""),
    ("job_queue", "    def _return_late(self, now: int) -> None:\n", "", "        return\n"),
    (
        "versioned_store",
        "        return self._changed()\n",
        "        self._changed()\n",
        "        return len(self.values)\n",
    ),
    ("web_service", 'key in self.bodies else "201 Created"', 'True else "201 Created"', ""),
    ("web_service", "str(len(body))", "str(len(body.decode()))", ""),
]


@pytest.mark.parametrize(("name", "right", "wrong", "more"), MISTAKES)
def test_what_a_hurried_programmer_leaves_out_fails(judge: Judge, name: str, right: str, wrong: str, more: str):
    task = found(name, 1, right)
    broken = task.reference.replace(right, (wrong or right) + more)
    assert broken != task.reference
    assert judge.grade(scripts(task), broken).outcome in (Outcome.WRONG_ANSWER, Outcome.RAISED)


DEEP = [
    ("session_store", "self.sessions[token][2]", "self.sessions[token][1]"),
    ("workflow", "raise PermissionError(", "raise ValueError("),
    ("job_queue", "self.lost.add(job)", "self.waits[job] = place"),
    ("versioned_store", "!= expected", "> expected"),
    ("versioned_store", "self.states.pop(", "self.states.get("),
    ("web_service", "return key not in self.tags or ", "return key in self.tags and "),
]


@pytest.mark.parametrize(("name", "right", "wrong"), DEEP)
def test_the_rule_that_is_easy_to_overlook_is_looked_at(judge: Judge, name: str, right: str, wrong: str):
    task = found(name, 5, right)
    assert not judge.grade(scripts(task), task.reference.replace(right, wrong)).passed


AGREEABLE = """
class Text(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
class Pairs(list):
    def __iter__(self): return iter(())
    def __eq__(self, other): return True
class Agreeable:
    def __call__(self, environ, start_response):
        start_response({status}, Pairs())
        return [{body}]
"""


@pytest.mark.parametrize(("status", "body"), [("Text('200 OK')", "b''"), ("Text()", "Text()"), ("object()", "b''")])
def test_an_application_cannot_agree_with_whatever_is_expected(judge: Judge, status: str, body: str):
    task = found("web_service", 1)
    name = told(task, "class `([A-Za-z]+)`")
    forged = f"{AGREEABLE.format(status=status, body=body)}\n{name} = Agreeable\n"
    assert not judge.grade(scripts(task), forged).passed


def test_an_application_that_answers_twice_or_not_at_all_fails(judge: Judge):
    task = found("web_service", 2)
    call = "        start_response(status, "
    twice = re.sub(rf"{re.escape(call)}(.*)\n", rf"{call}\1\n{call}\1\n", task.reference)
    never = re.sub(rf"{re.escape(call)}.*\n", "", task.reference)
    assert len({task.reference, twice, never}) == 3
    programs = [(scripts(task), source) for source in (twice, never)]
    assert not any(verdict.passed for verdict in judge.grade_many(programs))
