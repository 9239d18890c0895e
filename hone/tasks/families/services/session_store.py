"""Sessions of users: tokens in a row, an end when unused or too old, and limits for each user."""

import random
from typing import Any

from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.services.machine import ServiceDraft
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "`login` opens a session of a user and returns its token: {prefix!r} followed by a number. The first token "
        "that is issued is {prefix}1, the second {prefix}2 and so on, whoever gets them. `user` returns whose session "
        "a token belongs to, or None if there is no open session with that token. "
        "`now` is the time in whole seconds; it never falls from one call to the next. A session is used when it is "
        "opened and when `user` finds it; it is open while less than {idle} seconds have passed since it was last "
        "used, and then it is closed for good.",
        "Tokens are {prefix}1, {prefix}2, {prefix}3 and so on, in the order in which they are issued, whoever gets "
        "them. `login` opens a session of a user and returns the token issued for it. `user` returns the user whose "
        "session a token stands for; for an unknown token, and for one whose session is closed, it returns None. Time "
        "comes in whole seconds as `now` and never falls from one call to the next. Opening a session is a use of it, "
        "and so is each `user` that finds it; {idle} seconds or more after its last use it is closed for good.",
    ),
    "absolute": (
        "However often it is used, a session is closed for good {life} seconds or more after it was opened by `login`.",
    ),
    "logout": (
        "`logout` closes the session of a token and returns True; if no open session has that token it returns False.",
    ),
    "limit": (
        "A user has at most {cap} open sessions. When a user who has that many logs in, the one of them that was last "
        "used the longest ago is closed first; of those last used in the same second, the one that was opened by "
        "`login` first.",
    ),
    "rotate": (
        "`rotate` issues the next token for the open session of a token and returns it; the old token is then unknown. "
        "That is a use of the session and opens no new one: it keeps the time and the place in order of its `login`. "
        "If no open session has the token, `rotate` raises KeyError and issues nothing.",
    ),
    "all": ("`logout_all` closes all open sessions of a user and returns how many these were.",),
    "reject": ("`login` with an empty user raises ValueError and issues nothing.",),
}
_HEADS = {
    "base": (
        "def login(self, user: str, now: int) -> str: ...",
        "def user(self, token: str, now: int) -> str | None: ...",
    ),
    "logout": ("def logout(self, token: str, now: int) -> bool: ...",),
    "rotate": ("def rotate(self, token: str, now: int) -> str: ...",),
    "all": ("def logout_all(self, user: str, now: int) -> int: ...",),
}


def _draw(rng: random.Random, rules: Rules) -> ServiceDraft:
    idle, cap = rng.randint(3, 40), rng.randint(2, 3)
    life = idle + rng.randint(2, idle)
    prefix = rng.choice(("t", "s-", "token", "id:", "S"))
    name = rng.choice(("Sessions", "SessionStore", "Logins"))
    users, tokens = ["ann", "bob"], [f"{prefix}{number}" for number in (1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9)]
    operations: dict[str, tuple[list[Any], ...]] = {
        "login": ([*users, *([""] if "reject" in rules else [])],),
        "user": (tokens,),
    }
    for verb in ("logout", "rotate"):
        if verb in rules:
            operations[verb] = (tokens,)
    if "all" in rules:
        operations["logout_all"] = (users,)
    said = [rng.choice(_ASKED[rule]) for rule in rules]
    heads = [head for rule in rules for head in _HEADS.get(rule, ())]
    return ServiceDraft(
        parameters=(
            idle,
            *((life,) if "absolute" in rules else ()),
            *((cap,) if "limit" in rules else ()),
        ),
        name=name,
        interface="\n".join([f"class {name}:", *(f"    {head}" for head in heads)]),
        asked=" ".join(said).format(idle=idle, life=life, cap=cap, prefix=prefix),
        reference=_reference(rng, rules, name, idle, life, cap, prefix),
        model=_model(rules, name, idle, life, cap, prefix),
        operations=operations,
        timed=frozenset(operations),
        often=("user", "user", "user", "login"),
        pauses=(*[0] * 6, *[1] * 3, idle // 2, idle // 2, idle - 1, idle),
        more_tests=_tests(rules, name, life, cap),
    )


def _tests(rules: Rules, name: str, life: int, cap: int) -> str:
    """A session in use up to its end, and a full user whose sessions were used in another order than opened."""
    tests = _IN_USE.format(name=name, life=life) if "absolute" in rules else ""
    return tests + (_FULL.format(name=name, cap=cap) if "limit" in rules else "")


_IN_USE = """

def test_a_session_in_use_ends_all_the_same():
    service = solution.{name}()
    token = service.login("ann", 5)
    for now in range(5, 5 + {life}):
        assert service.user(token, now) == "ann"
    assert service.user(token, 5 + {life}) is None
"""
_FULL = """

def test_whose_session_is_closed_for_another():
    for spared in range({cap}):
        service = solution.{name}()
        tokens = [service.login("ann", 0) for _ in range({cap})]
        other = service.login("bob", 0)
        assert service.user(tokens[spared], 1) == "ann"
        tokens.append(service.login("ann", 1))
        closed = 1 if spared == 0 else 0
        found = [service.user(token, 1) for token in tokens]
        assert found == [None if number == closed else "ann" for number in range({cap} + 1)]
        assert service.user(other, 1) == "bob"
"""


def _reference(rng: random.Random, rules: Rules, name: str, idle: int, life: int, cap: int, prefix: str) -> str:
    lines = [f"class {name}:", "    def __init__(self) -> None:", "        self.issued = 0"]
    lines += ["        # token: user, opened, last used"] if rng.random() < 0.5 else []
    lines += ["        self.sessions: dict[str, tuple[str, int, int]] = {}", "", "    def _issue(self) -> str:"]
    lines += ["        self.issued += 1", f'        return f"{prefix}{{self.issued}}"', ""]
    alive = f"now - used < {idle}"
    if "absolute" in rules:
        alive += f" and now - opened < {life}"
    unused = "opened" if "absolute" in rules else "_"
    lines += ["    def _drop_closed(self, now: int) -> None:"]
    lines += rng.choice(
        (
            [
                f"        for token, (_, {unused}, used) in list(self.sessions.items()):",
                f"            if not ({alive}):",
                "                del self.sessions[token]",
            ],
            [
                "        self.sessions = {",
                "            token: (user, opened, used)",
                "            for token, (user, opened, used) in self.sessions.items()",
                f"            if {alive}",
                "        }",
            ],
        )
    )
    lines += ["", "    def login(self, user: str, now: int) -> str:"]
    if "reject" in rules:
        lines += ["        if not user:", '            raise ValueError("there is no user")']
    lines += ["        self._drop_closed(now)"]
    if "limit" in rules:
        lines += ["        own = [token for token, session in self.sessions.items() if session[0] == user]"]
        lines += [f"        if len(own) == {cap}:"]
        lines += ["            del self.sessions[min(own, key=lambda token: self.sessions[token][2])]"]
    lines += [
        "        token = self._issue()",
        "        self.sessions[token] = (user, now, now)",
        "        return token",
    ]
    lines += ["", "    def user(self, token: str, now: int) -> str | None:", "        self._drop_closed(now)"]
    lines += ["        if token not in self.sessions:", "            return None"]
    lines += ["        user, opened, _ = self.sessions[token]"]
    lines += ["        self.sessions[token] = (user, opened, now)", "        return user"]
    if "logout" in rules:
        lines += ["", "    def logout(self, token: str, now: int) -> bool:", "        self._drop_closed(now)"]
        lines += ["        return self.sessions.pop(token, None) is not None"]
    if "rotate" in rules:
        lines += ["", "    def rotate(self, token: str, now: int) -> str:", "        self._drop_closed(now)"]
        lines += ["        if token not in self.sessions:", "            raise KeyError(token)"]
        lines += ["        new = self._issue()", "        kept = {}"]
        lines += ["        for old, (user, opened, used) in self.sessions.items():"]
        lines += ["            if old == token:", "                kept[new] = (user, opened, now)"]
        lines += ["            else:", "                kept[old] = (user, opened, used)"]
        lines += ["        self.sessions = kept", "        return new"]
    if "all" in rules:
        lines += ["", "    def logout_all(self, user: str, now: int) -> int:", "        self._drop_closed(now)"]
        lines += ["        own = [token for token, session in self.sessions.items() if session[0] == user]"]
        lines += ["        for token in own:", "            del self.sessions[token]", "        return len(own)"]
    return "\n".join(lines) + "\n"


def _model(rules: Rules, name: str, idle: int, life: int, cap: int, prefix: str) -> str:
    return f"""
class {name}:
    def __init__(self):
        self.number, self.rows = 0, []  # [token, user, idle end, end], in the order in which they came

    def token(self):
        self.number += 1
        return {prefix!r} + str(self.number)

    def live(self, now):
        self.rows = [row for row in self.rows if now < row[2] and now < row[3]]
        return self.rows

    def find(self, token, now):
        return next((row for row in self.live(now) if row[0] == token), None)

    def of(self, user, now):
        return [row for row in self.live(now) if row[1] == user]

    def login(self, user, now):
        if {"reject" in rules} and user == "":
            raise ValueError
        own = self.of(user, now)
        if {"limit" in rules} and len(own) >= {cap}:
            self.rows.remove(sorted(own, key=lambda row: row[2])[0])
        end = now + {life} if {"absolute" in rules} else float("inf")
        self.rows.append([self.token(), user, now + {idle}, end])
        return self.rows[-1][0]

    def user(self, token, now):
        row = self.find(token, now)
        if row is None:
            return None
        row[2] = now + {idle}
        return row[1]

    def logout(self, token, now):
        row = self.find(token, now)
        if row is not None:
            self.rows.remove(row)
        return row is not None

    def rotate(self, token, now):
        row = self.find(token, now)
        if row is None:
            raise KeyError
        row[0], row[2] = self.token(), now + {idle}
        return row[0]

    def logout_all(self, user, now):
        own = self.of(user, now)
        self.rows = [row for row in self.rows if row not in own]
        return len(own)
"""


FAMILY = DraftedFamily(
    name="services.session_store",
    about="sessions with tokens, an idle and an absolute end, and limits for each user",
    skills=("state", "time", "identity"),
    compositions={
        1: (("base",),),
        2: (("base", "logout"), ("base", "absolute"), ("base", "limit"), ("base", "all")),
        3: (("base", "absolute", "logout"), ("base", "rotate"), ("base", "limit", "all"), ("base", "limit", "logout")),
        4: (
            ("base", "absolute", "limit", "reject"),
            ("base", "absolute", "rotate", "logout"),
            ("base", "limit", "rotate", "reject"),
            ("base", "rotate", "all", "reject"),
        ),
        5: (
            ("base", "absolute", "logout", "limit", "rotate", "all", "reject"),
            ("base", "absolute", "logout", "limit", "rotate", "reject"),
            ("base", "absolute", "limit", "rotate", "all", "reject"),
        ),
    },
    draw=_draw,
)
