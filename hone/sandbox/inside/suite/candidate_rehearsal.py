"""A small suite's questions, put to the candidate's side before any fork: what they leave is an interpreter that knows
the way.

A fork that finds everything specialised writes to fewer pages, and each page that it writes to has to be copied first.
"""

import contextlib
import types
from collections.abc import Iterator

from ..codec import encode
from ..framing import Channel
from ..runner import CappedOutput
from .peer import ASK, MODULE, Gone
from .service import Service

TIMES = 20
"""After fewer the interpreter has not specialised what it runs."""
LIMIT = 2**16
_SOURCE = """
class Counter:
    def __init__(self, start): self.at = start
    def __len__(self): return self.at
    def add(self, *numbers, by=1):
        self.at += sum(numbers) * by
        return self
def f(xs: list, key=None): return sorted(xs, key=key)
def g(x): raise ValueError(x)
"""


class Script(Channel):
    """The tests' end: what they ask is written down, and nobody listens to the answers."""

    def __init__(self) -> None:
        self.questions: Iterator[bytes] = iter(())
        self.answers: list[bytes] = []

    def send(self, payload: bytes) -> None:
        """Note an answer."""
        self.answers.append(payload)

    def receive(self) -> bytes:
        """The next question. Raises EOFError after the last."""
        for question in self.questions:
            return question
        raise EOFError


def answers() -> list[bytes]:
    """What a candidate answers to the questions below."""
    module = types.ModuleType("rehearsal")
    exec(compile(_SOURCE, "rehearsal.py", "exec"), module.__dict__)  # noqa: S102  # the source above
    script = Script()
    service = Service(script, module, LIMIT, (CappedOutput(0), CappedOutput(0)), script, None)
    counter, f, g = (service.number(module.__dict__[name]) or 0 for name in ("Counter", "f", "g"))
    asked = [
        ("call", counter, [[3], {}]),
        ("call", f, [[[2, 1]], {}]),
        ("call", f, [[["b", "a"]], {"key": None}]),
        ("get", MODULE, [["__name__"], {}]),
        ("call", g, [[1], {}]),
    ]
    script.questions = (
        encode([ASK, number, operation, target, [], encode(body), []])
        for number, (operation, target, body) in enumerate(asked, 1)
    )
    with contextlib.suppress(Gone):
        service.peer.send_news()
        service.peer.serve()
    return script.answers


def rehearse() -> None:
    """Answer them so often that the interpreter has specialised what it runs."""
    for _ in range(TIMES):
        answers()
