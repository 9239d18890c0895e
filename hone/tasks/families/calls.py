"""Drafts of tasks that are judged by value: inputs are drawn, and a trusted reference says what must come back."""

import copy
import random
import types
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from hone.tasks.checks import CallCheck, Compare, call_comparison
from hone.tasks.families.family import Facts
from hone.tasks.task import Task

Arguments = tuple[Any, ...]
_OPENINGS = ("Write", "Implement", "Define")
_VISIBLE = 2
_LEAST_HIDDEN = 8
_LEAST_DISTINCT = 3
_SCALARS = frozenset({str, int, bool, float, bytes, type(None)})
_PARAMETERS: dict[str, Any] = {
    "compare": None,
    "tolerance": 0.0,
    "relative_tolerance": 0.0,
    "ulps": 0,
    "ordered": False,
    "checker": "",
}


@dataclass(frozen=True)
class CallDraft:
    """A function to write."""

    parameters: tuple[Any, ...]
    """As `Draft`."""
    signature: str
    """`runs(text: str, least: int = 2) -> list[str]`: names the entry point."""
    asked: str
    """What the function must do, in whole sentences: everything that a hidden check needs."""
    reference: str
    """Source of Hone's own that defines the entry point; it is run here, outside the jail, to find what to expect."""
    inputs: Callable[[random.Random], tuple[Sequence[Arguments], Sequence[Arguments]]]
    """Draws arguments: candidates for the visible checks (6 or so), and those of the hidden ones (10 or so, edge cases
    first)."""
    expected: Callable[..., Any] | None = None
    """What must come back for arguments, or what must be raised, by raising it; by default the reference says."""
    comparison: Mapping[str, Any] = field(default_factory=dict)
    """How answers are compared, as options of `CallCheck`."""
    show: Callable[[str, CallCheck], str] | None = None
    """`(entry_point, check) -> text` of a visible example, where `>>> f(x)` would mislead."""
    interface: str = ""
    """What the prompt shows in place of the signature: the head of a class with its methods, or a function's heads."""
    called: str = ""
    """What the interface is of; by default a class or a function, as it begins."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the task: `driver`, `limits`, `allowed_imports`, `properties`, `speed`."""
    further: Callable[[random.Random], Arguments] | None = None
    """Draws the arguments of one more call, where they hang together so that a small change of others is no call."""

    @property
    def entry_point(self) -> str:
        """The function's name."""
        return self.signature.partition("(")[0]

    def task(self, rng: random.Random, facts: Facts) -> Task | None:
        """As `Draft`: None where the answers tell too little."""
        candidates, tried = self.inputs(rng)
        meaning, options = self._meaning()
        hidden = [_check(meaning, arguments, options) for arguments in tried]
        if len(hidden) < _LEAST_HIDDEN or not telling(hidden):
            return None
        known = {repr(check.args) for check in hidden}
        visible = chosen([_check(meaning, given, options) for given in candidates if repr(given) not in known])
        if len(visible) < _VISIBLE:
            return None
        examples = "\n".join(self._shown(check) for check in visible)
        what = f"`{self.signature}`."
        if self.interface:
            kind = self.called or ("class" if self.interface.startswith("class ") else "function")
            what = f"the {kind} `{self.entry_point}` with this interface:\n\n{self.interface}\n"
        return Task.from_examples(
            prompt=f"{rng.choice(_OPENINGS)} {what}\n{self.asked}\n{examples}\n",
            entry_point=self.entry_point,
            visible=visible,
            hidden=hidden,
            reference=self.reference,
            signature="" if self.interface else f"def {self.signature}",
            **facts,
            **self.more,
        )

    def further_checks(self, rng: random.Random, most: int) -> tuple[CallCheck, ...]:
        """More checks of the same meaning, on calls that the task does not have; none where they cannot be drawn."""
        meaning, options = self._meaning()
        return tuple(_check(meaning, self.further(rng), options) for _ in range(most) if self.further)

    def _meaning(self) -> tuple[Callable[..., Any], Mapping[str, Any]]:
        """What must come back for arguments, and how answers are compared with it."""
        options = call_comparison(_PARAMETERS | dict(self.comparison))
        return self.expected or executed(self.reference, self.entry_point), options

    def _shown(self, check: CallCheck) -> str:
        if self.show is not None:
            return self.show(self.entry_point, check)
        call = f">>> {self.entry_point}({', '.join(map(repr, check.args))})"
        raises = check.compare is Compare.RAISES
        return f"{call}  # raises {check.expected}" if raises else f"{call}\n{check.expected!r}"


def _check(meaning: Callable[..., Any], arguments: Arguments, options: Mapping[str, Any]) -> CallCheck:
    try:
        answer = meaning(*copied(arguments))
    except Exception as error:  # the family's own word for what must be raised
        return CallCheck(arguments, type(error).__name__, Compare.RAISES)
    return CallCheck(arguments, answer, **options)


def copied(value: Any) -> Any:
    """As `copy.deepcopy`, and several times as fast on the small plain values that arguments are."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is list or kind is tuple:
        return kind([item if type(item) in _SCALARS else copied(item) for item in value])
    if kind is dict:
        return {key: copied(item) for key, item in value.items()}
    return copy.deepcopy(value)


def telling(checks: Sequence[CallCheck]) -> bool:
    """Whether no constant, no refusal and not the identity answers nearly all of them."""
    answers = Counter(repr((check.compare is Compare.RAISES, check.expected)) for check in checks)
    if len(answers) < min(_LEAST_DISTINCT, len(checks)) or max(answers.values()) > (len(checks) + 1) // 2:
        return False
    return not all(len(check.args) == 1 and check.args[0] == check.expected for check in checks)


def chosen(checks: Sequence[CallCheck]) -> list[CallCheck]:
    """Two of them for the prompt: with different answers where there are such, and not the argument itself."""
    ranked = sorted(checks, key=lambda check: (check.expected in check.args, not check.expected))
    if not ranked:
        return []
    first = ranked[0]
    others = [check for check in ranked[1:] if repr(check.args) != repr(first.args)]
    second = next((check for check in others if repr(check.expected) != repr(first.expected)), None)
    return [first, second or others[0]] if others else [first]


@lru_cache(maxsize=4096)
def executed(reference: str, entry_point: str) -> Callable[..., Any]:
    """The function that a reference of Hone's own defines."""
    module = types.ModuleType("reference")
    exec(compile(reference, "reference.py", "exec"), module.__dict__)  # noqa: S102  # our own text
    return module.__dict__[entry_point]
