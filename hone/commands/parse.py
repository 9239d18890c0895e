"""Options from a command line, through tyro, with one clear line for whatever is wrong."""

import contextlib
import io
import os
import re
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import tyro

from hone.commands.option_types import option_types
from hone.errors import Boundary, HoneError
from hone.interrupt import telling

Options = TypeVar("Options")
OptionalPath = Annotated[Path | None, tyro.conf.arg(metavar="PATH", help_behavior_hint="")]
"""A path that may be left out, shown in the help as just that."""
OptionalText = Annotated[str, tyro.conf.arg(help_behavior_hint="")]
"""Text that is empty unless given; what that means stands in its own help."""
_FRAME, _RULE = "│╭╮╰╯|+", "─-"
"""What tyro draws its boxes with, in UTF-8 and in ASCII."""
_HELP_DEPTH = 8
"""Spaces before the help of an option in such a box."""


def parse(
    cls: type[Options], arguments: Sequence[str], *, prog: str, description: str, default: Options | None = None
) -> Options:
    """Fill the dataclass `cls` from `arguments`; prints the help and exits where that is asked for.

    Raises:
        HoneError: an option is unknown, lacks its value, or has one of a wrong type.
        SystemExit: after the help.
    """
    said = io.StringIO()
    helping = "-h" in arguments or "--help" in arguments
    begun = telling(lambda: "nothing was begun")
    with begun, contextlib.redirect_stderr(said), contextlib.nullcontext() if helping else _wide_terminal():
        try:
            return tyro.cli(
                cls,
                args=list(arguments),
                prog=prog,
                description=description,
                default=tyro.MISSING_NONPROP if default is None else default,
                registry=option_types(),
                config=(tyro.conf.FlagCreatePairsOff, tyro.conf.EnumChoicesFromValues),
            )
        except SystemExit as stop:
            if not stop.code:
                raise
        except ValueError as error:  # a dataclass refused its values
            raise HoneError(Boundary.USER, str(error), f"see {prog} --help") from error
    raise HoneError(Boundary.USER, _one_line(said.getvalue()), f"see {prog} --help")


def value_of(option: str, arguments: list[str]) -> str | None:
    """An option's last value, read before the options are parsed, since the file that it names sets their defaults."""
    value = None
    for index, argument in enumerate(arguments):
        if argument == option and index + 1 < len(arguments):
            value = arguments[index + 1]
        elif argument.startswith(f"{option}="):
            value = argument.partition("=")[2]
    return value


@contextlib.contextmanager
def _wide_terminal() -> Generator[None]:
    """tyro breaks its messages to the terminal's width; in one line they can be put together again."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "10000"
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def _one_line(box: str) -> str:
    """tyro's box of text as one line: its first paragraph, and the first option that it suggests."""
    message: list[str] = []
    suggestion = ""
    ended = False
    for line in box.splitlines()[1:]:  # the first holds a title
        text = line.strip(_FRAME + " ")
        depth = len(line.lstrip(_FRAME)) - len(line.lstrip(_FRAME + " "))
        if not text.strip(_RULE):
            ended = bool(message)
        elif not ended and depth < _HELP_DEPTH:  # what is missing is named, and its help is left to --help
            message.append(text)
        elif ended and text.startswith("--") and not suggestion:
            suggestion = text.split()[0]
    told = " ".join(message) or "the options cannot be understood"
    meant = f" (did you mean {suggestion}?)" if suggestion and suggestion not in re.split(r"[\s,:]+", told) else ""
    return f"{told[:1].lower()}{told[1:]}".rstrip(".") + meant
