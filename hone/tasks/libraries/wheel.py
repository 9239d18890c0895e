"""Wheels (PEP 427) of specified libraries, and a local index of them (PEP 503). The bytes are the same everywhere."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from hone.tasks.libraries.package import package_files
from hone.tasks.libraries.spec import LibrarySpec
from hone.tasks.library import Library

_EPOCH = (1980, 1, 1, 0, 0, 0)
_WHEEL = "Wheel-Version: 1.0\nGenerator: hone\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def installed(library: LibrarySpec) -> Library:
    """The library as an installer leaves it, to come with a task."""
    return Library(library.name, library.version, wheel_files(library))


def wheel_name(library: LibrarySpec) -> str:
    """The name of its wheel's file."""
    return f"{library.name}-{library.version}-py3-none-any.whl"


def wheel_files(library: LibrarySpec) -> dict[str, str]:
    """Paths in the wheel and the text of each file, its record last."""
    info = f"{library.name}-{library.version}.dist-info"
    needed = "".join(f"Requires-Dist: {one}\n" for one in library.requires)
    metadata = f"Metadata-Version: 2.1\nName: {library.name}\nVersion: {library.version}\n{needed}"
    files = package_files(library) | {f"{info}/METADATA": metadata, f"{info}/WHEEL": _WHEEL}
    record = "".join(f"{path},{_hash(text)},{len(text.encode())}\n" for path, text in files.items())
    return files | {f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}


def wheel_bytes(library: LibrarySpec) -> bytes:
    """The wheel itself. It is not compressed: versions of zlib differ in what they make of the same text."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for path, text in wheel_files(library).items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, text)
    return made.getvalue()


def write_index(libraries: Iterable[LibrarySpec], folder: Path) -> None:
    """Write wheels into `folder/simple`, a folder for each library, with the pages that an installer reads."""
    versions: dict[str, list[LibrarySpec]] = {}
    for library in libraries:
        versions.setdefault(library.name, []).append(library)
    root = folder / "simple"
    root.mkdir(parents=True, exist_ok=True)
    for name, several in versions.items():
        (root / name).mkdir(exist_ok=True)
        links = []
        for library in several:
            wheel = wheel_bytes(library)
            (root / name / wheel_name(library)).write_bytes(wheel)
            digest = hashlib.sha256(wheel).hexdigest()
            links.append(f'<a href="{wheel_name(library)}#sha256={digest}">{wheel_name(library)}</a><br>')
        (root / name / "index.html").write_text(_page(links))
    (root / "index.html").write_text(_page(f'<a href="{name}/">{name}</a><br>' for name in versions))


def _page(links: Iterable[str]) -> str:
    return "<!DOCTYPE html>\n<html><body>\n" + "\n".join(links) + "\n</body></html>\n"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
