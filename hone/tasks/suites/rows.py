"""Rows of a suite's file, read by streaming; whatever is wrong with one becomes one line naming file, row and field.

Suites are data from strangers. A file may be cut short, be something else under the right name, or unpack to far more
than it weighs, so every size is bounded before anything is parsed.
"""

import ast
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from hone.errors import Boundary, HoneError
from hone.syntax import parse

LARGEST_ROW_BYTES = 4 * 2**20
LARGEST_FILE_BYTES = 128 * 2**20
"""Of the unpacked text."""
MOST_ROWS = 20_000
_LONGEST = 300
"""Of what is said about one row, in characters."""
_HINT = "fetch the file again, or take it out of the folder"


@dataclass(frozen=True)
class Row:
    """One row, with typed access to its fields. Rows count from 1."""

    path: Path
    number: int
    fields: dict[str, Any]

    def text(self, name: str) -> str:
        """A field that holds text.

        Raises:
            HoneError: as for every access, the field is missing or of another type.
        """
        value = self._get(name, str, "text")
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail(f"field {name!r} holds half of a surrogate pair")
        return value

    def integer(self, name: str) -> int:
        """A field that holds a whole number (and `true` is none)."""
        return self._get(name, int, "a whole number")

    def texts(self, name: str) -> tuple[str, ...]:
        """A field that holds a list of texts."""
        value = self._get(name, list, "a list")
        for item in value:
            if type(item) is not str:
                self.fail(f"field {name!r} holds {_kind(item)} where text belongs")
        return tuple(value)

    def items(self, name: str) -> list[Any]:
        """A field that holds a list of anything."""
        return self._get(name, list, "a list")

    def mapping(self, name: str) -> dict[str, Any]:
        """A field that holds an object."""
        return self._get(name, dict, "an object")

    def python(self, name: str, source: str) -> ast.Module:
        """The syntax tree of Python source that was made of field `name`."""
        try:
            return parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self.fail(f"field {name!r} is no Python source: {error}")

    def expression(self, name: str, source: str) -> ast.expr:
        """The syntax tree of one Python expression that was made of field `name`."""
        match self.python(name, source).body:
            case [ast.Expr(value=value)]:
                found = value
            case _:
                self.fail(f"field {name!r} is no Python expression")
        return found

    def fail(self, what: str) -> NoReturn:
        """Raise the one line that says what is wrong with this row; its own words are cut short."""
        told = " ".join(what.split())
        told = told if len(told) <= _LONGEST else told[:_LONGEST] + "…"
        raise HoneError(Boundary.TASK, f"{self.path}, row {self.number}: {told}", _HINT)

    def _get(self, name: str, kind: type, called: str) -> Any:
        if name not in self.fields:
            self.fail(f"field {name!r} is missing")
        value = self.fields[name]
        if type(value) is not kind:
            self.fail(f"field {name!r} is {_kind(value)}, not {called}")
        return value


def read_lines(
    path: Path, *, most_row_bytes: int = LARGEST_ROW_BYTES, most_bytes: int = LARGEST_FILE_BYTES
) -> Iterator[Row]:
    """The rows of a `.jsonl` file, gzipped if its name ends in `.gz`.

    Args:
        most_row_bytes, most_bytes: of one row, and of the unpacked text.

    Raises:
        HoneError: the file cannot be read, a row is no JSON object, or a limit is passed.
    """
    total = 0
    number = 0
    with _opened(path) as lines:
        while True:
            line = _read(path, number + 1, lines.readline, most_row_bytes + 1)
            if not line:
                return
            number += 1
            total += len(line)
            if len(line) > most_row_bytes:
                raise HoneError(Boundary.TASK, f"{path}, row {number}: longer than {most_row_bytes >> 20} MiB", _HINT)
            if total > most_bytes:
                what = f"{path}, row {number}: the file unpacks to more than {most_bytes >> 20} MiB"
                raise HoneError(Boundary.TASK, what, _HINT)
            _bound(path, number)
            if line.strip():
                yield _row(path, number, _parse(path, f"row {number}", line))


def read_array(path: Path) -> Iterator[Row]:
    """The rows of a file that is one JSON array, gzipped if its name ends in `.gz`; raises as `read_lines`."""
    with _opened(path) as stream:
        data = _read(path, 1, stream.read, LARGEST_FILE_BYTES + 1)
    if len(data) > LARGEST_FILE_BYTES:
        raise HoneError(Boundary.TASK, f"{path} unpacks to more than {LARGEST_FILE_BYTES >> 20} MiB", _HINT)
    rows = _parse(path, "the file", data)
    if type(rows) is not list:
        raise HoneError(Boundary.TASK, f"{path} holds {_kind(rows)} where a list of rows belongs", _HINT)
    for number, fields in enumerate(rows, start=1):
        _bound(path, number)
        yield _row(path, number, fields)


def _opened(path: Path) -> gzip.GzipFile | io.BufferedReader:
    try:
        return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
    except OSError as error:
        raise HoneError(
            Boundary.DISK, f"cannot read {path}: {error.strerror}", "check the path and its rights"
        ) from error


def _read(path: Path, number: int, read: Any, size: int) -> bytes:
    try:
        return read(size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise HoneError(Boundary.TASK, f"{path}, row {number}: not a whole gzip file ({error})", _HINT) from error
    except OSError as error:
        raise HoneError(Boundary.DISK, f"cannot read {path}: {error.strerror or error}", "check the disk") from error


def _bound(path: Path, number: int) -> None:
    if number > MOST_ROWS:
        raise HoneError(Boundary.TASK, f"{path} has more than {MOST_ROWS} rows", _HINT)


def json_value(text: str) -> Any:
    """A JSON value; `NaN` and the infinities are none.

    Raises:
        ValueError: it is no JSON, or holds a number of more digits than Python reads.
        RecursionError: it nests too deep.
    """
    return json.loads(text, parse_constant=_refuse)


def _parse(path: Path, where: str, data: bytes) -> Any:
    try:
        return json_value(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise HoneError(Boundary.TASK, f"{path}, {where}: not UTF-8 text ({error.reason})", _HINT) from error
    except (ValueError, RecursionError) as error:
        raise HoneError(Boundary.TASK, f"{path}, {where}: not JSON ({error})", _HINT) from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


def _row(path: Path, number: int, fields: Any) -> Row:
    if type(fields) is not dict:
        raise HoneError(Boundary.TASK, f"{path}, row {number}: {_kind(fields)}, not an object", _HINT)
    return Row(path, number, fields)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
