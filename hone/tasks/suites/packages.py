"""Packages beyond the standard library that public suites use: which are installed, and what each brings along.

Nothing is imported here: whether a package is installed is looked up, and the jails load it.
"""

import functools
import sys
from collections.abc import Iterable

from hone.installed import installed
from hone.tasks.suites.entry import LeftOut
from hone.tasks.task import Task

INSTALL = {"sklearn": "scikit-learn"}
"""What to ask an installer for, where that is not the name to import."""
_DRAWING = ("contourpy", "cycler", "dateutil", "fontTools", "kiwisolver", "packaging", "PIL", "pyparsing", "six")
_BRINGS: dict[str, tuple[str, ...]] = {
    "numpy": (),
    "pandas": ("numpy", "dateutil", "pytz", "six", "tzdata"),
    "scipy": ("numpy",),
    "sklearn": ("numpy", "scipy", "joblib", "threadpoolctl", "narwhals"),
    "matplotlib": ("numpy", *_DRAWING),
}
KNOWN = frozenset(_BRINGS)
"""Packages that rows may use. Their makers change what each needs in turn; what is not installed was not needed."""


def needed(imported: Iterable[str]) -> tuple[str, ...]:
    """Which of these top-level names are packages that the jail would have to be given, in alphabetical order."""
    return tuple(sorted(KNOWN.intersection(imported)))


def lacking(packages: Iterable[str]) -> LeftOut | None:
    """Why a row with these packages is no task here; None where all of them are installed."""
    absent = tuple(INSTALL.get(name, name) for name in packages if not _is_installed(name))
    return LeftOut("need packages that are not installed", absent) if absent else None


def packages_for(tasks: Iterable[Task]) -> tuple[str, ...]:
    """What a judge of these tasks is to be given as `packages`: all that they may import, and what that needs.

    Libraries that a task carries come with it. A package that a task names and that is not installed is among them: the
    jail says so.
    """
    asked = sorted(
        {
            name
            for task in tasks
            for name in task.allowed_imports
            if name not in sys.stdlib_module_names and name not in {library.name for library in task.libraries}
        }
    )
    brought = dict.fromkeys(part for name in asked for part in _BRINGS.get(name, ()) if _is_installed(part))
    return tuple(dict.fromkeys((*brought, *asked)))


@functools.cache
def _is_installed(name: str) -> bool:
    return installed(name) is not None
