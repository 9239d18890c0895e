"""Drafts of tasks about files: real ones in the jail's scratch, judged by their contents outside.

A driver makes a fresh folder for each call, writes the files that are given, calls the program there, and returns its
answer with everything that the folder then holds. So what the program left alone is checked as well as what it wrote.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hone.tasks.checks import CallCheck
from hone.tasks.families.calls import Arguments, CallDraft

Files = dict[str, str | bytes]
"""Path and content; what is UTF-8 is text, anything else is bytes."""

_MOST_FILES, _MOST_BYTES = 200, 200_000
_DRIVER = """
import os

_open, _mkdir, _chdir, _walk, _join, _relative = os.open, os.makedirs, os.chdir, os.walk, os.path.join, os.path.relpath
_read, _write, _close, _fstat, _islink, _parent = os.read, os.write, os.close, os.fstat, os.path.islink, os.path.dirname
_kinds = (FileNotFoundError, FileExistsError, KeyError, IndexError, ValueError, TypeError, OSError, ArithmeticError)
_home = os.getcwd()
_calls = 0


def drive(solution, files, *arguments):
    global _calls
    _calls += 1
    folder = _join(_home, str(_calls))
    _mkdir(folder)
    for path, content in files.items():
        place = _join(folder, path)
        _mkdir(_parent(place), exist_ok=True)
        descriptor = _open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        _write(descriptor, content.encode() if type(content) is str else content)
        _close(descriptor)
    _chdir(folder)
    try:
        answer = ("returns", solution.{entry_point}(*arguments))
    except _kinds as error:
        answer = ("raises", next(kind.__name__ for kind in _kinds if isinstance(error, kind)))
    return answer, _contents(folder)


def _contents(folder):
    found = {{}}
    left = {bytes}
    for root, folders, names in _walk(folder):
        folders.sort()
        if not names and not folders and root != folder:
            found[_relative(root, folder) + "/"] = ""
        for name in sorted(names):
            place = _join(root, name)
            content = b"a link" if _islink(place) else _content(place, left)
            left -= len(content)
            if len(found) >= {files} or left < 0:
                return "more than can be looked at"
            try:
                found[_relative(place, folder)] = content.decode()
            except UnicodeDecodeError:
                found[_relative(place, folder)] = content
    return dict(sorted(found.items()))


def _content(place, most):
    descriptor = _open(place, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if _fstat(descriptor).st_size > most:
            return b"too large"
        content = b""
        while part := _read(descriptor, 65536):
            content += part
    finally:
        _close(descriptor)
    return content
"""


class Raised(Exception):  # a word of the model's, never caught as an error
    """Raised by a model where the program must raise; says which exception, and what the files then are."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def file_draft(
    *,
    parameters: tuple[Any, ...],
    signature: str,
    asked: str,
    reference: str,
    model: Callable[..., tuple[Any, Mapping[str, str | bytes]]],
    inputs: Callable[[random.Random], tuple[Sequence[Arguments], Sequence[Arguments]]],
) -> CallDraft:
    """A function that works on files.

    Args:
        parameters: as in `CallDraft`.
        signature: as in `CallDraft`; its arguments are paths and plain values.
        asked: as in `CallDraft`.
        reference: a program that does it.
        model: `(files, *arguments) -> (answer, files_afterwards)`, or raises `Raised`, with the files as they were.
        inputs: as in `CallDraft`; each tuple begins with the `Files` that are there.
    """
    entry_point = signature.partition("(")[0]

    def expected(files: Files, *arguments: Any) -> tuple[Any, Files]:
        try:
            answer, after = model(dict(files), *arguments)
        except Raised as raised:
            return ("raises", raised.kind), _normal(files)
        return ("returns", answer), _normal(after)

    return CallDraft(
        parameters=parameters,
        signature=signature,
        asked=asked,
        reference=reference,
        inputs=inputs,
        expected=expected,
        show=_shown,
        more={"driver": _DRIVER.format(entry_point=entry_point, files=_MOST_FILES, bytes=_MOST_BYTES)},
    )


def _normal(files: Mapping[str, str | bytes]) -> Files:
    """Files as the driver reports them: sorted, and text where they are UTF-8."""
    found: Files = {}
    for path in sorted(files):
        content = files[path]
        data = content.encode() if isinstance(content, str) else content
        try:
            found[path] = data.decode()
        except UnicodeDecodeError:
            found[path] = data
    return found


def _shown(entry_point: str, check: CallCheck) -> str:
    files, *given = check.args
    (how, what), after = check.expected
    held = [f"  {path}: {content!r}" for path, content in files.items()]
    wrote = [f"  {path}: {content!r}" for path, content in after.items() if files.get(path) != content]
    gone = [f"  {path} is gone" for path in files if path not in after]
    return "\n".join(
        [
            "Files before:",
            *(held or ["  none"]),
            f"{entry_point}({', '.join(map(repr, given))}) {how} {what if how == 'raises' else repr(what)}",
            "Files that have changed:",
            *([*wrote, *gone] or ["  none"]),
        ]
    )
