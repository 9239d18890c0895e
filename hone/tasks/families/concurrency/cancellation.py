"""Tokens by which one thread tells others to stop: once, to all who listen, and to whoever listens later.

Without its lock `reason` would be as right: it is read in one step, and never changes. No repair drops it.
"""

import random

from hone.tasks.checks import CallCheck
from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.concurrency.by_rules import marked
from hone.tasks.families.concurrency.interleaved import threaded_draft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import worded
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "`cancel` gives the reason why all should stop: the first call decides it and returns True, every later one "
        "changes nothing and returns False. Of a reason, the first {most} characters are kept. `wait` blocks until "
        "there is a reason and returns it; `reason` returns it at once, or None as long as there is none. Any number "
        "of threads may use a token at the same time.",
        "A token is cancelled once: of all the calls of `cancel`, from whichever threads, one alone returns True, and "
        "its reason, cut to {most} characters, is the one that counts; all others return False. `reason` tells the "
        "reason, or None before `cancel`, and `wait` waits for it and returns it.",
    ),
    "listen": (
        "`listen` has `function(reason)` called once: by `cancel`, before it returns, in the order in which functions "
        "were given, or, on a token that is cancelled already, by `listen` itself. A function may use the token.",
    ),
    "drop": (
        "`drop` takes back the earliest `listen` of that function which is still waiting for its call, and returns "
        "whether there was one.",
    ),
    "child": (
        "`child` makes another token, which is cancelled with this one, for the same reason and before `cancel` "
        "returns; a child of a cancelled token is cancelled from the start. Cancelling a child does nothing to its "
        "parent or to other children.",
    ),
    "run": (
        "`run` calls the steps, one after the other, until none is left or the token is cancelled: after that no step "
        "is started. It returns what the steps that were started have returned, with {fallback} for one that raised "
        "an exception{but}.",
    ),
    "check": ("`check` raises RuntimeError if the token is cancelled, and otherwise does nothing{ends}.",),
    "timeout": ("`wait` gives up after so many seconds and returns None; with None it waits as long as it takes.",),
}
_HEAD = """
class $name:
    def __init__(self) -> None: ...
    def cancel(self, reason: str) -> bool: ...
    def reason(self) -> str | None: ...
    def wait(self) -> str: ...  #? !timeout
    def wait(self, seconds: float | None) -> str | None: ...  #? timeout
    def listen(self, function: Callable[[str], None]) -> None: ...  #? listen
    def drop(self, function: Callable[[str], None]) -> bool: ...  #? drop
    def child(self) -> "$name": ...  #? child
    def run(self, steps: list[Callable[[], int]]) -> list[int]: ...  #? run
    def check(self) -> None: ...  #? check
"""
_REFERENCE = """
import threading
from collections.abc import Callable  #? listen|run|child


class $name:
    def __init__(self) -> None:
        self.lock = threading.Lock()  #? event
        self.changed = threading.Condition()  #? !event
        self.cancelled = threading.Event()  #? event
        self.given: str | None = None
        self.heard: list[Callable[[str], None]] = []  #? listen
        self.children: list[$name] = []  #? child

    def cancel(self, reason: str) -> bool:
        with self.$lock:
            if self.given is not None:
                return False
            self.given = reason[:$most]
            given = self.given  #? listen|child
            heard, self.heard = self.heard, []  #? listen
            self.cancelled.set()  #? event
            self.changed.notify_all()  #? !event
        #? child
        for child in self.children:
            child.cancel(given)
        #? listen
        for function in heard:
            function(given)
        return True

    def reason(self) -> str | None:
        with self.$lock:
            return self.given

    #? !timeout {
    def wait(self) -> str:
        #? event {
        self.cancelled.wait()
        return self.given
        #? }
        #? !event
        with self.changed:
            while self.given is None:
                self.changed.wait()
            return self.given

    #? }
    #? timeout {
    def wait(self, seconds: float | None) -> str | None:
        #? event {
        self.cancelled.wait(seconds)
        return self.reason()
        #? }
        #? !event
        with self.changed:
            self.changed.wait_for(lambda: self.given is not None, seconds)
            return self.given

    #? }
    #? listen
    def listen(self, function: Callable[[str], None]) -> None:
        with self.$lock:
            if self.given is None:
                self.heard.append(function)
                return
            given = self.given
        function(given)

    #? drop
    def drop(self, function: Callable[[str], None]) -> bool:
        with self.$lock:
            if function not in self.heard:
                return False
            self.heard.remove(function)
            return True

    #? child
    def child(self) -> "$name":
        made = $name()
        with self.$lock:
            if self.given is None:
                self.children.append(made)
                return made
            given = self.given
        made.cancel(given)
        return made

    #? check
    def check(self) -> None:
        if self.reason() is not None:
            raise RuntimeError("cancelled")

    #? run
    def run(self, steps: list[Callable[[], int]]) -> list[int]:
        done: list[int] = []
        for step in steps:
            if self.reason() is not None:
                break
            try:
                done.append(step())
            #? check
            except RuntimeError:
                if self.reason() is not None:
                    break
                done.append($fallback)
            except Exception:
                done.append($fallback)
        return done
"""
_SCENARIO = """
def scenario(solution, seed, threads, rounds, length):
    facts, said, whys = [], [], [[] for _ in range(rounds)]
    tokens = [solution.$name() for _ in range(rounds)]
    heard = [[] for _ in range(rounds)]

    def cancel(number):
        for n, token in enumerate(tokens):
            #? listen
            for place in range(2):
                token.listen(opaque(lambda reason, n=n, entry=(number, place): heard[n].append((entry, reason))))
            if token.cancel("%d" % number * length):
                said.append((n, number))
            whys[n].append(token.reason())

    def wait():
        for n, token in enumerate(tokens):
            whys[n].append(token.wait($forever))

    if not together([*[lambda n=n: cancel(n) for n in range(threads)], wait, wait], seed):
        return ["stuck"]
    facts.append(sorted(n for n, _ in said))
    winners = dict(said)
    facts.append([why == [("%d" % winners[n] * length)[: len(why[0])]] * (threads + 2) for n, why in enumerate(whys)])
    facts.append([sorted({len(reason) for reason in why}) for why in whys])
    #? listen {
    facts.append([sorted(entry for entry, _ in several) for several in heard])
    facts.append([{reason for _, reason in several} == {whys[n][0]} for n, several in enumerate(heard)])
    #? }

    token, order, notes = solution.$name(), [], []

    def alone():
        facts.append(token.reason())
        facts.append(token.wait(0.001))  #? timeout
        #? listen {
        @opaque
        def ask_back(reason):
            order.append([reason, token.reason(), token.cancel("again")])

        @opaque
        def tell(reason):
            order.append("tell")

        @opaque
        def dropped(reason):
            order.append("dropped")

        for function in (tell, dropped, ask_back, tell):
            token.listen(function)
        #? }
        #? drop
        facts.extend([token.drop(dropped), token.drop(dropped), token.drop(opaque(alone)), token.drop(tell)])
        #? child {
        one, two = token.child(), token.child()
        deep = two.child()
        facts.extend([one.cancel("one"), token.reason(), two.reason()])
        #? }
        #? check
        facts.append(outcome(token.check))
        facts.append(token.cancel("why" * length))
        facts.append([token.reason(), token.cancel("more"), token.wait($forever)])
        #? listen {
        facts.append(list(order))
        token.listen(tell)
        facts.append(list(order))
        #? }
        #? drop
        facts.append(token.drop(tell))
        #? child {
        facts.append([one.reason(), two.reason(), deep.reason(), deep.wait($forever), token.child().reason()])
        facts.append([two.cancel("two"), token.child().child().reason()])
        #? }
        #? check
        facts.append(outcome(token.check))

    if not together([alone], seed):
        return ["stuck"]
    #? child {
    # A child is cancelled, whether it is made before or while its parent is.
    parent, children = solution.$name(), []

    def make():
        for _ in range(rounds + 3):
            children.append(parent.child())

    if not together([*[make] * threads, lambda: parent.cancel("all")], seed):
        return ["stuck"]
    facts.append([len(children), [child.reason() for child in children].count("all"[: len(parent.reason())])])
    #? }
    #? run {
    busy, made = solution.$name(), []

    def step(number):
        @opaque
        def work():
            made.append(number)
            if number == length:
                busy.cancel("enough")
            busy.check()  #? check
            if number % 3 == 1:
                raise (ValueError, RuntimeError)[number % 2](number)
            return number * 10

        return work

    ends = []
    if not together([lambda: ends.append(busy.run([step(n) for n in range(rounds + 2)]))], seed):
        return ["stuck"]
    if not together([lambda: ends.append(busy.run([step(n) for n in range(rounds)]))], seed):
        return ["stuck"]
    facts += [ends, list(made)]

    # Whoever is told from outside starts no further step.
    far, steps, gone = solution.$name(), [], []

    def endless():
        @opaque
        def work():
            steps.append(1)
            if len(steps) == rounds:
                until(lambda: gone)
            return 1

        gone.append(len(far.run([work] * (rounds + 50))))

    def stop():
        until(lambda: len(steps) == rounds)
        far.cancel("stop")
        gone.append("stopped")

    if not together([endless, stop], seed):
        return ["stuck"]
    facts += [gone, len(steps)]
    #? }
    #? listen {
    # Each function that is not taken back is called once, whatever is cut short by `cancel`.
    def listening():
        one, calls = solution.$name(), []
        tell = opaque(calls.append)
        return lambda: one.listen(tell), lambda: one.cancel("cut"), lambda: None if calls == ["cut"] else calls

    facts.append(cut(listening, seed))
    #? }
    #? drop {
    def dropping():
        one, calls, dropped = solution.$name(), [], []
        tell = opaque(calls.append)
        one.listen(tell)

        def look():
            return None if len(calls) + dropped.count(True) == 1 else [calls, dropped]

        return lambda: dropped.append(one.drop(tell)), lambda: one.cancel("cut"), look

    def dropping_twice():
        one, dropped = solution.$name(), []
        tell = opaque(facts.append)
        one.listen(tell)

        def drop():
            dropped.append(one.drop(tell))

        return drop, drop, lambda: None if sorted(dropped) == [False, True] else dropped

    facts += [cut(dropping, seed), cut(dropping_twice, seed)]
    #? }
    #? child {
    def bearing():
        one, children = solution.$name(), []

        def look():
            reason = children[0].reason()
            return None if reason == "cut" else [reason]

        return lambda: children.append(one.child()), lambda: one.cancel("cut"), look

    facts.append(cut(bearing, seed))
    #? }
    return facts
"""


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    most, fallback = rng.randint(3, 40), -rng.randint(1, 9)
    name = rng.choice(("Token", "Cancel", "StopSign"))
    event = rng.random() < 0.5

    def inputs(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        shown: list[Arguments] = [(rng.randint(1, 2), rng.randint(1, 3), n + 1) for n in range(6)]
        hidden: list[Arguments] = [(1, 1, most), (2, 3, most + 1), (4, 9, 1), (2, 8, most + 9), (4, 5, 3), (3, 12, 2)]
        return shown, [*hidden, *((rng.randint(2, 4), rng.randint(4, 12), rng.randint(1, 6)) for _ in range(4))]

    def show(_: str, check: CallCheck) -> str:
        threads, rounds, length = check.args
        kept = ("why" * length)[:most]
        return (
            f"Of {threads} threads that cancel one token, one gets True, {rounds} times out of {rounds}; "
            f"cancelled for {'why' * length!r}, a token has the reason {kept!r}."
        )

    return threaded_draft(
        parameters=(most, *([fallback] if "run" in rules else [])),
        name=name,
        interface=marked(_HEAD, rules, name=name).strip(),
        asked=worded(
            rng,
            _ASKED,
            rules,
            most=most,
            fallback=fallback,
            but="; one that raises RuntimeError when the token is cancelled ends `run`, and has no result"
            if "check" in rules
            else "",
            ends=". Steps may call it" if "run" in rules else "",
        ),
        reference=marked(
            _REFERENCE,
            [*rules, *(["event"] if event else [])],
            name=name,
            most=most,
            fallback=fallback,
            lock="lock" if event else "changed",
        ),
        scenario=marked(_SCENARIO, rules, name=name, forever="None" if "timeout" in rules else ""),
        inputs=inputs,
        show=show,
    )


FAMILY = DraftedFamily(
    name="concurrency.cancellation",
    about="tokens by which one thread tells others to stop",
    skills=("threads", "cancellation", "callbacks"),
    compositions={
        1: (("base",),),
        2: (("base", "listen"), ("base", "run"), ("base", "timeout"), ("base", "child")),
        3: (
            ("base", "listen", "child"),
            ("base", "run", "timeout"),
            ("base", "child", "run"),
            ("base", "listen", "drop"),
        ),
        4: (
            ("base", "listen", "drop", "child"),
            ("base", "run", "check", "child"),
            ("base", "listen", "run", "check"),
        ),
        5: (
            ("base", "listen", "drop", "child", "run", "check", "timeout"),
            ("base", "listen", "drop", "child", "run", "check"),
            ("base", "listen", "child", "run", "check", "timeout"),
        ),
    },
    draw=_draw,
)
