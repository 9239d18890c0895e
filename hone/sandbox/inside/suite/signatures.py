"""Signatures as lists that cross the wire."""

import inspect
from typing import Any

from ..codec import WireError

_KINDS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
)


def told_signature(function: Any) -> list[Any]:
    """The parameters and the return annotation. Raises ValueError, TypeError where there is no signature."""
    signature = inspect.signature(function)
    parameters = [
        [parameter.name, int(parameter.kind), *_optional(parameter.default), *_optional(parameter.annotation)]
        for parameter in signature.parameters.values()
    ]
    return [parameters, *_optional(signature.return_annotation)]


def rebuilt_signature(told: Any) -> inspect.Signature:
    """The inverse of `told_signature`. Raises WireError for what is none."""
    try:
        parameters, has_returns, returns = told
        made = [
            inspect.Parameter(
                name, _KINDS[kind], default=_given(has_default, default), annotation=_given(has_annotation, annotation)
            )
            for name, kind, has_default, default, has_annotation, annotation in parameters
        ]
        return inspect.Signature(made, return_annotation=_given(has_returns, returns))
    except (TypeError, ValueError, IndexError) as error:
        raise WireError(f"a signature that is none: {error}") from error


def _optional(value: Any) -> list[Any]:
    return [False, None] if value is inspect.Parameter.empty else [True, value]


def _given(is_given: object, value: Any) -> Any:
    return value if is_given is True else inspect.Parameter.empty
