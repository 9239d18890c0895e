"""`python -m bench [NAME …]` runs the measurements, prints them, and writes `bench/results.json`.

Each module `bench/NAME.py` exposes `measure()`, which returns entries `{"name", "value", "unit", "peer", "ratio"}`:
what was measured, in which unit, beside which peer (empty where there is none), and how many times as good as the peer
(null there). With names given, only those run, and only their entries change in the file.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hone.cli import guarded
from hone.errors import Boundary, HoneError
from hone.store.atomic import atomic_write

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"
FIELDS = {"name", "value", "unit", "peer", "ratio"}


def modules() -> list[str]:
    """Names of the modules that measure something; those in `bench/long` take hours and run one by one."""
    found = pkgutil.iter_modules([str(FOLDER)])
    return sorted(module.name for module in found if not module.ispkg and not module.name.startswith("_"))


def measure(name: str) -> list[dict[str, Any]]:
    """Run one module's measurements.

    Raises:
        HoneError: there is no such module, or its entries are not of the agreed form.
    """
    if name not in modules():
        raise HoneError(Boundary.USER, f"there is no benchmark {name!r}", f"known: {', '.join(modules())}")
    take: Callable[[], list[dict[str, Any]]] = importlib.import_module(f"bench.{name}").measure
    entries = take()
    for entry in entries:
        if set(entry) != FIELDS:
            raise HoneError(Boundary.USER, f"bench/{name}.py: entry {entry}", f"its fields must be {sorted(FIELDS)}")
    return entries


def show(entries: list[dict[str, Any]]) -> None:
    """Print the entries as a table."""
    table = Table("measurement", "value", "unit", "peer", "ratio")
    for column in (table.columns[1], table.columns[4]):
        column.justify = "right"
    for entry in entries:
        ratio = "" if entry["ratio"] is None else f"{entry['ratio']:.2f}×"
        table.add_row(entry["name"], f"{entry['value']:,.4g}", entry["unit"], entry["peer"] or "", ratio)
    Console().print(table)


def main(names: list[str]) -> int:
    """Measure, print and write."""
    kept: dict[str, dict[str, Any]] = {}
    if names and RESULTS.is_file():
        kept = {entry["name"]: entry for entry in json.loads(RESULTS.read_text(encoding="utf-8"))}
    measured = []
    for name in names or modules():
        print(f"hone: measuring {name}", file=sys.stderr, flush=True)
        measured += measure(name)
        kept |= {entry["name"]: entry for entry in measured}
        # After each: one that fails loses nothing of those before it.
        atomic_write(RESULTS, json.dumps(list(kept.values()), indent=2, ensure_ascii=False).encode() + b"\n")
    show(measured)
    return 0


if __name__ == "__main__":
    sys.exit(guarded(lambda: main(sys.argv[1:])))
