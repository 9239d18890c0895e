"""Source of references, put together from lines."""

from collections.abc import Sequence


def function(signature: str, body: Sequence[str], *, imports: Sequence[str] = ()) -> str:
    """A module of one function: `function("f(x: int) -> int", ["return x"])`."""
    head = [*imports, "", ""] if imports else []
    return "\n".join([*head, f"def {signature}:", *indented(body)]) + "\n"


def indented(lines: Sequence[str], levels: int = 1) -> list[str]:
    """The lines, so many levels deeper; empty ones stay empty."""
    return ["    " * levels + line if line else line for line in lines]


def quoted(text: str) -> str:
    """Text as Python source, with the double quotes that the formatter prefers."""
    literal = repr(text)
    return f'"{literal[1:-1]}"' if literal.startswith("'") and '"' not in text else literal
