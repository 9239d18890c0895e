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
from hone.interrupt import telling
from hone.loop.config import StudyConfig
from hone.policy.folder import check_policy
from hone.printable import printable
from hone.progress import Progress
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
    if options.settings.train.policy is not None:
        check_policy(options.settings.train.policy)
    with telling(lambda: _left_by(options.out)):
        with Progress() as progress:
            progress.working("loading torch and transformers")
            from hone.loop.study import study

        study(options.settings, options.out)
    show_study(options.out)
    return 0


def _left_by(folder: Path) -> str:
    if not folder.exists():
        return "nothing was begun"
    return f"what was done is kept in {folder}: give the command again to go on"


def show_study(folder: Path) -> None:
    """Print each seed's scores, then what RL gained over its warm start and over each control."""
    from hone.loop.study import all_stages, gains_table

    for seed in sorted(folder.glob("seed-*")):
        print(printable(str(seed)))
        show_results({"stages": all_stages(seed)})
    table = Table("seed", "compared", "points, with 95 % intervals", box=box.SIMPLE_HEAD)
    for row in gains_table(read_results(folder)):
        table.add_row(*map(plain, row))
    Console().print(table)
