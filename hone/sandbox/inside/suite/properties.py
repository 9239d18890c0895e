"""The referee's side of properties: draws inputs (Hypothesis), asks the candidate across the wire, tells what failed.

Nothing here depends on the clock, on a file or on earlier runs: one seed draws the same inputs for every candidate.
"""

import reprlib
import types
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from ..codec import UnplainError, encode
from .peer import Gone

_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = _SHORT.maxfrozenset = 20
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 120


class Falsified(AssertionError):
    """The invariant is not true of an answer."""


class RaisedOn(Exception):
    """The candidate raised for a drawn input."""


class BrokenProperty(Exception):
    """The property itself cannot be tried: the task author's mistake."""


def warm_up() -> None:
    """Draw once of everything that is slow to draw the first time, before forking."""
    set_hypothesis_home_dir("/nonexistent")  # tables would be kept there for the next process
    values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()

    @_settings(20, shrink=True)
    @given(st.tuples(st.lists(values), st.dictionaries(st.text(), values)))
    def draw(drawn: object) -> None:
        del drawn

    draw()


def holds(
    module: types.ModuleType,
    entry_point: str,
    *,
    strategies: Mapping[str, str],
    invariant: str,
    helpers: str,
    examples: int,
    random_seed: int,
    shrink: bool,
) -> None:
    """Try an invariant on drawn inputs.

    Args:
        module: the stand-in for the candidate's module.
        entry_point: the name of its function.
        strategies: what draws each argument, in the order of the call: expressions.
        invariant: an expression over the arguments, `answer`, the function's name and what `helpers` defines.
        helpers: source executed first.
        examples: how many inputs are drawn.
        random_seed: draws the same inputs each time.
        shrink: look for a simpler input once one refutes it.

    Raises:
        Falsified: it is not true of an answer, or raises on it.
        RaisedOn: the candidate raised.
        BrokenProperty: a part of the property raises, or it draws what cannot cross the wire.
    """
    entry = getattr(module, entry_point)
    scope: dict[str, Any] = {"st": st, entry_point: entry}
    try:
        exec(compile(helpers, "helpers", "exec"), scope)  # noqa: S102  # the task author's, jailed
        drawers = {name: eval(source.strip(), scope) for name, source in strategies.items()}  # noqa: S307  # as above
        rule = compile(invariant.strip(), "invariant", "eval")
    except Exception as error:
        raise BrokenProperty(f"{type(error).__name__}: {_text(error)}") from None
    failures: list[Exception] = []

    def body(**drawn: Any) -> None:
        failure = _failure(entry, drawn, lambda answer: eval(rule, scope | drawn | {"answer": answer}), invariant)  # noqa: S307
        if failure is not None:
            failures.append(failure)
            raise failure

    try:
        seed(random_seed)(_settings(examples, shrink)(given(**drawers)(body)))()
    except BrokenProperty:
        raise
    except Exception as error:
        if failures:  # the last is the simplest; a candidate that does not repeat itself has failed all the same
            raise failures[-1] from None
        raise BrokenProperty(f"{type(error).__name__}: {_text(error)}") from None


def _failure(
    entry: Callable[..., object], drawn: Mapping[str, Any], is_right: Callable[[object], object], said: str
) -> Exception | None:
    """What is wrong with the candidate's answer to one input. Raises BrokenProperty."""
    given_ = ", ".join(f"{name}={_shown(value)}" for name, value in drawn.items())
    try:
        encode(list(drawn.values()), extended=True)
    except UnplainError as error:  # it would be lent, and what a program does to a lent object is no answer
        raise BrokenProperty(f"it draws an argument without a plain form: {error.type_name}") from None
    try:
        answer = entry(*drawn.values())
    except Gone:
        raise
    except BaseException as error:  # SystemExit, too: whatever the candidate raises is its own failure
        return RaisedOn(f"{type(error).__name__} for {given_}: {_text(error)}")
    try:
        if is_right(answer):
            return None
    except Gone:
        raise
    except BaseException as error:
        return Falsified(f"{type(error).__name__} in `{said}` for {given_}, answer={_shown(answer)}")
    return Falsified(f"not `{said}` for {given_}, answer={_shown(answer)}")


def _settings(examples: int, shrink: bool) -> settings:
    return settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
    )


def _shown(value: object) -> str:
    try:
        return _SHORT.repr(value)
    except Exception:  # an integer of more digits than Python writes out
        return f"a {type(value).__name__}"


def _text(error: BaseException) -> str:
    try:
        return str(error)[:200]
    except Exception as second:
        return f"(its text raised {type(second).__name__})"
