"""`hone study`: the full evaluation, seed by seed, each with its controls; goes on where it stopped."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich import box
from rich.console import Console
from rich.table import Table

from hone.commands.parse import OptionalPath, parse, value_of
from hone.commands.plain_text import plain
from hone.commands.results_table import show_results
from hone.config import from_toml
from hone.errors import Boundary, HoneError
from hone.loop.study import StudyConfig, all_stages, gains_table, study
from hone.printable import printable
from hone.store.run_dir import read_results


@dataclass(frozen=True)
class StudyOptions:
    """What `hone study` takes."""

    settings: Annotated[StudyConfig, tyro.conf.arg(name="")]
    config: OptionalPath = None
    """TOML file of settings ([train] holds those of `hone train`); options given beside it win"""
    out: Path = Path("study")
    """folder of the study; one that is there already goes on"""


def run(arguments: list[str]) -> int:
    """Study, print what RL gained, and return 0."""
    description = "Train every seed and its controls, evaluate them, and say what RL gained. Repeat it to go on."
    file = value_of("--config", arguments)
    start = StudyOptions(StudyConfig() if file is None else from_toml(Path(file), StudyConfig))
    options = parse(StudyOptions, arguments, prog="hone study", description=description, default=start)
    if not options.settings.seeds or len(set(options.settings.seeds)) != len(options.settings.seeds):
        raise HoneError(Boundary.USER, f"--seeds are {options.settings.seeds}", "give different seeds, one at least")
    show_study(study(options.settings, options.out))
    return 0


def show_study(folder: Path) -> None:
    """Print each seed's scores, then what RL gained over its warm start and over each control."""
    for seed in sorted(folder.glob("seed-*")):
        print(printable(str(seed)))
        show_results({"stages": all_stages(seed)})
    table = Table("seed", "compared", "points, with 95 % intervals", box=box.SIMPLE_HEAD)
    for row in gains_table(read_results(folder)):
        table.add_row(*map(plain, row))
    Console().print(table)
