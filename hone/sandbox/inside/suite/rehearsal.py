"""A small suite played before any fork, on the tests' side; `candidate_rehearsal.py` has the other part, and why."""

import contextlib

from .. import zones
from . import standin
from .candidate_rehearsal import LIMIT, TIMES, Script, answers
from .peer import MODULE
from .wire import Wire


def rehearse() -> None:
    """Play the tests' part; the candidate's answers are read from what it said when asked the same."""
    said = answers()
    for _ in range(TIMES):
        script = Script()
        script.questions = iter(said)
        wire = Wire(script, LIMIT)
        wire.wait_for_module()
        module = wire.value(MODULE)
        counter = module.Counter(3)
        assert module.f([2, 1]) == [1, 2] != counter
        assert module.f(["b", "a"], key=None) == ["a", "b"]
        wire.ask("get", MODULE, ("__name__",))
        with contextlib.suppress(ValueError):
            module.g(1)
    standin.prepare_functions()
    zones.prepare()
