"""Drafts of tasks about files: real ones in the jail's scratch, judged by their contents outside.

A driver makes a fresh folder for each call, writes the files that are given, calls the program there, and returns its
answer with everything that the folder then holds. So what the program left alone is checked as well as what it wrote.
It looks by functions of the kernel's interface alone, taken before the program is loaded: `os.walk` would ask
`os.scandir`, which a program can replace.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from hone.tasks.checks import CallCheck
from hone.tasks.families.calls import Arguments, CallDraft

Link = tuple[str, str]
"""`SYMLINK` or `HARD_LINK`, and where to: as written in the link, or the path of another file."""
SYMLINK, HARD_LINK = "a symbolic link to", "a hard link to"
Files = dict[str, str | bytes | Link]
"""Path and content; what is UTF-8 is text, anything else is bytes. A path that ends in `/` is an empty folder."""

_MOST_FILES, _MOST_BYTES = 200, 200_000
_DRIVER = """
import os

_open, _mkdir, _chdir, _join, _parent = os.open, os.makedirs, os.chdir, os.path.join, os.path.dirname
_read, _write, _close, _fstat, _lstat, _list = os.read, os.write, os.close, os.fstat, os.lstat, os.listdir
_link, _symlink, _where = os.link, os.symlink, os.readlink
_kinds = (FileNotFoundError, FileExistsError, KeyError, IndexError, ValueError, TypeError, OSError, ArithmeticError)
_MAKES, _LOOKS = os.O_WRONLY | os.O_CREAT | os.O_EXCL, os.O_RDONLY | os.O_NONBLOCK
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
        if path.endswith("/"):
            continue
        if type(content) is tuple:
            kind, to = content
            _symlink(to, place) if kind == {symlink!r} else _link(_join(folder, to), place)
            continue
        descriptor = _open(place, _MAKES, 0o600)
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
    waiting = [""]
    while waiting:
        under = waiting.pop()
        names = _list(folder + "/" + under)
        if under and not names:
            found[under] = ""
        for path in [under + name for name in names]:
            place = folder + "/" + path
            kind = _lstat(place).st_mode & 0o170000
            if kind == 0o040000:
                waiting.append(path + "/")
                continue
            content = _content(place, left) if kind != 0o120000 else b""
            left -= len(content)
            if len(found) >= {files} or left < 0:
                return "more than can be looked at"
            if kind == 0o120000:
                found[path] = ({symlink!r}, _where(place))
                continue
            try:
                found[path] = content.decode()
            except UnicodeDecodeError:
                found[path] = content
    return dict(sorted(found.items()))


def _content(place, most):
    descriptor = _open(place, _LOOKS)
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
    model: Callable[..., tuple[Any, Mapping[str, str | bytes | Link]]],
    inputs: Callable[[random.Random], tuple[Sequence[Arguments], Sequence[Arguments]]],
) -> CallDraft:
    """A function that works on files.

    Args:
        parameters: as in `CallDraft`.
        signature: as in `CallDraft`; its arguments are paths and plain values.
        asked: as in `CallDraft`.
        reference: a program that does it.
        model: `(files, *arguments) -> (answer, files_afterwards)`, or raises `Raised`, with the files as they were. A
            hard link is given to it as a file with the same content.
        inputs: as in `CallDraft`; each tuple begins with the `Files` that are there.
    """
    entry_point = signature.partition("(")[0]

    def expected(files: Files, *arguments: Any) -> tuple[Any, Files]:
        try:
            answer, after = model(_resolved(files), *arguments)
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
        more={"driver": _driver(entry_point)},
    )


@lru_cache(maxsize=256)
def _driver(entry_point: str) -> str:
    return _DRIVER.format(entry_point=entry_point, files=_MOST_FILES, bytes=_MOST_BYTES, symlink=SYMLINK)


def _resolved(files: Mapping[str, str | bytes | Link]) -> Files:
    """The files, with what a hard link leads to in its place."""
    return {
        path: files[content[1]] if isinstance(content, tuple) and content[0] == HARD_LINK else content
        for path, content in files.items()
    }


def _normal(files: Mapping[str, str | bytes | Link]) -> Files:
    """Files as the driver reports them: sorted, and text where they are UTF-8."""
    return {path: _text(content) for path, content in sorted(_resolved(files).items())}


def _text(content: str | bytes | Link) -> str | bytes | Link:
    if not isinstance(content, bytes):
        return content
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _shown(entry_point: str, check: CallCheck) -> str:
    files, *given = check.args
    (how, what), after = check.expected
    before = _normal(files)
    held = [_told(path, content) for path, content in files.items()]
    wrote = [_told(path, content) for path, content in after.items() if before.get(path) != content]
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


def _told(path: str, content: str | bytes | Link) -> str:
    if path.endswith("/"):
        return f"  {path}: an empty folder"
    return f"  {path}: {' '.join((content[0], repr(content[1]))) if isinstance(content, tuple) else repr(content)}"
