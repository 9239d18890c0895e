"""Which packages are installed on this machine: looked up, and nothing of them run.

`importlib.util.find_spec("a.b")` imports `a`, and finds it in the folder where Hone happens to be started. Names of
packages come from tasks, which are data, so both would run a file that came with them.
"""

import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path


def installed(name: str) -> ModuleSpec | None:
    """Where a top-level package or module lies on `sys.path`, the current folder left out.

    None for what is not installed, for a name with dots, and for a namespace package, which is no one place. A package
    that an import hook of an editable install would find, and no path leads to, is not found either.
    """
    if not name.isidentifier():
        return None
    spec = PathFinder.find_spec(name, _path())
    return spec if spec is not None and spec.origin is not None else None


def _path() -> list[str]:
    here = Path.cwd().resolve()
    return [entry for entry in sys.path if entry and Path(entry).resolve() != here]
