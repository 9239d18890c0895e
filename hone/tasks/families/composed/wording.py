"""Prompts: one composition, many ways to ask for it."""

import random
from typing import Any

from hone.tasks.families.composed.compose import Apply, Branch, Composition, Repeat, Step
from hone.tasks.families.composed.primitive import Kind, literal
from hone.tasks.families.composed.surface import signature

_OPENINGS = ("Write", "Implement", "Define")
_REPEATS = ("do this {times} times: {body}", "{times} times over, {body}")


def prompt(
    rng: random.Random,
    composition: Composition,
    takes: Kind,
    gives: Kind,
    examples: list[tuple[Any, Any]],
) -> str:
    """The whole prompt: the signature, the steps in words, and the visible examples."""
    phrases = [_phrase(rng, step) for step in composition]
    asked = _joined(rng, phrases)
    shown = "\n".join(f">>> solve({value!r})\n{expected!r}" for value, expected in examples)
    return f"{rng.choice(_OPENINGS)} {signature(takes, gives)}.\n{asked}\n{shown}\n"


def _phrase(rng: random.Random, step: Step) -> str:
    match step:
        case Apply(primitive, k):
            return rng.choice(primitive.wordings).format(k=literal(k))
        case Branch(condition, k, then, other):
            test = condition.wording.format(k=literal(k))
            return f"if {test}, {_phrase(rng, then)}; otherwise {_phrase(rng, other)}"
        case Repeat(times, body):
            return rng.choice(_REPEATS).format(times=times, body=_phrase(rng, body))


def _joined(rng: random.Random, phrases: list[str]) -> str:
    """One sentence, several, or a numbered list. Sentences are kept apart so that a branch's arms stay clear."""
    style = rng.choice(("then", "sentences", "numbers"))
    if len(phrases) == 1:
        return f"{_capital(phrases[0])}."
    if style == "numbers":
        return "\n".join(f"{number}. {_capital(phrase)}." for number, phrase in enumerate(phrases, 1))
    openers = ["First", *["Then"] * (len(phrases) - 2), "Finally"]
    if style == "sentences":
        return " ".join(f"{opener}, {phrase}." for opener, phrase in zip(openers, phrases, strict=True))
    return " ".join(
        _capital(f"{phrase}.") if position == 0 else f"Then {phrase}." for position, phrase in enumerate(phrases)
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
