"""The tables of `hone suite list`: a family or suite a line, or two lines where the terminal is narrow."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hone.commands.plain_text import plain, plain_lines
from hone.tasks.families import FAMILIES, Split, levels_of, shown_levels
from hone.tasks.suites import Listing

_HEADS = {
    Split.TRAIN: "train",
    Split.VALIDATION: "valid",
    Split.HELD_OUT_PARAMETERS: "params",
    Split.HELD_OUT_COMPOSITIONS: "comps",
    Split.HELD_OUT_DEPTH: "depth",
    Split.HELD_OUT_FAMILIES: "fams",
}
_ABSENT = "–"
_NOT_THERE = "not there"
_PADDING = 3
"""Characters around a cell."""


def show_families(console: Console) -> None:
    """Each generated family, and its levels in each split."""
    heads = ("generated family", *_HEADS.values())
    rows = [(name, *(shown_levels(levels_of(name, split)) or _ABSENT for split in _HEADS)) for name in FAMILIES]
    told = (
        "levels, by split; params, comps, depth and fams are held out: parameters, compositions, depth, whole families"
    )
    _show(console, heads, rows)
    console.print(Text(f"{told} (docs/tasks.md)\n"))


def show_suites(console: Console, public: Sequence[Listing]) -> None:
    """Each public suite that Hone can read, and whether it is there."""
    heads = ("public suite", "tasks", "licence", "folder")
    rows = [(one.name, str(one.tasks), one.licence, one.path.name if one.path else _NOT_THERE) for one in public]
    _show(console, heads, rows)
    folders = sorted({str(one.path.parent) for one in public if one.path})
    told = f"in {', '.join(folders)}; " if folders else ""
    if not all(one.path for one in public):
        told += f"{_NOT_THERE}: give --suites DIR, or hone suite add NAME"
    console.print(Text(told.removesuffix("; ")))


def _show(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    if sum(widths) + _PADDING * len(widths) <= console.width:
        table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
        for column in table.columns:
            column.no_wrap = True
        for row in rows:
            table.add_row(*map(plain, row))
        console.print(table)
        return
    for name, *cells in rows:
        facts = [f"{head} {cell}" for head, cell in zip(heads[1:], cells, strict=True) if cell != _ABSENT]
        console.print(plain_lines(f"{name}\n  {', '.join(facts)}"))
