"""A small suite played before any fork: what it leaves is an interpreter that knows the way.

A fork that finds everything specialised writes to fewer pages, and each page that it writes to has to be copied first.
"""

import contextlib
import types
from collections.abc import Iterator

from ..codec import encode
from ..framing import Channel
from ..runner import CappedOutput
from .peer import ASK, Gone
from .service import Service
from .wire import MODULE, Wire

_TIMES = 20
"""After fewer the interpreter has not specialised what it runs."""
_LIMIT = 2**16
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


class _Script(Channel):
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


def _candidates_part() -> list[bytes]:
    """What a candidate answers to the questions below."""
    module = types.ModuleType("rehearsal")
    exec(compile(_SOURCE, "rehearsal.py", "exec"), module.__dict__)  # noqa: S102  # the source above
    script = _Script()
    service = Service(script, module, _LIMIT, (CappedOutput(0), CappedOutput(0)), script, None)
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
    """Play the tests' part; the candidate's answers are read from what it said when asked the same."""
    said = _candidates_part()
    for _ in range(_TIMES):
        script = _Script()
        script.questions = iter(said)
        wire = Wire(script, _LIMIT)
        wire.wait_for_module()
        module = wire.value(MODULE)
        counter = module.Counter(3)
        assert module.f([2, 1]) == [1, 2] != counter
        assert module.f(["b", "a"], key=None) == ["a", "b"]
        wire.ask("get", MODULE, ("__name__",))
        with contextlib.suppress(ValueError):
            module.g(1)
