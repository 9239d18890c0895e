"""`hone export`: the policy of a run as a folder to use and to publish."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from hone.commands.parse import OptionalText, parse
from hone.progress import Progress
from hone.store.places import check_new_folder
from hone.store.run_dir import check_checkpoint, read_config

_DESCRIPTION = """Copy the policy of a run, with a model card, to a folder that transformers loads and that can be
published as it is. `hone train` leaves the final one in RUN/policy by itself."""


@dataclass(frozen=True)
class ExportOptions:
    """What `hone export` takes."""

    run: tyro.conf.Positional[Path]
    """the run"""
    out: Annotated[Path, tyro.conf.arg(metavar="PATH")]
    """the folder to make"""
    checkpoint: OptionalText = ""
    """which of the run's checkpoints, such as warm_start (default: the newest)"""


def run(arguments: list[str]) -> int:
    """Export, say where to, and return 0."""
    options = parse(ExportOptions, arguments, prog="hone export", description=" ".join(_DESCRIPTION.split()))
    read_config(options.run)
    check_checkpoint(options.run, options.checkpoint)
    check_new_folder(options.out)
    with Progress() as progress:
        # Only once the paths are known to be good: its libraries take seconds to load.
        progress.working("loading transformers")
        from hone.loop.export.folder import export

        folder = export(options.run, options.out, options.checkpoint)
    print(f"policy: {folder}")
    print(f"publish it with: hf upload NAME {folder}")
    return 0
