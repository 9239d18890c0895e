"""Places to write to, tried before long work is begun for what would go there."""

import tempfile
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.store.atomic import disk_failures


def check_new_folder(path: Path) -> None:
    """See that a folder can be made at `path`, and leave nothing there.

    Raises:
        HoneError: something is there that is no empty folder (dotfiles aside), or nothing can be made there.
    """
    if path.is_symlink() or path.exists():
        # As `RunDir.create` sees it: dotfiles are a lock, or what a run left that was killed before it began.
        if not path.is_dir() or any(not item.name.startswith(".") for item in path.iterdir()):
            raise HoneError(Boundary.USER, f"{path} is there already", "choose another --out")
        _try(path, path)
    else:
        _try(path, _above(path))


def check_file(path: Path) -> None:
    """See that a file can be made at `path`, or is there and is a file.

    Raises:
        HoneError: a folder is there, or nothing can be made there.
    """
    if path.is_dir():
        raise HoneError(Boundary.USER, f"{path} is a folder", "name a file")
    if not path.exists():
        _try(path, _above(path))


def _above(path: Path) -> Path:
    return next(folder for folder in path.absolute().parents if folder.is_symlink() or folder.exists())


def _try(path: Path, folder: Path) -> None:
    """Rights on paper do not say whether a folder takes anything: make something in it, and take it away."""
    with disk_failures(path), tempfile.TemporaryDirectory(prefix=".hone-", dir=folder):
        pass
