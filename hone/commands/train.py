"""`hone train`: train a policy, or go on with a run that stopped."""

import shlex
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from hone.commands.parse import OptionalPath, parse, value_of
from hone.commands.results_table import show_results
from hone.config import from_dict, from_toml, to_toml
from hone.curriculum.solved import store_of
from hone.errors import Boundary, HoneError
from hone.interrupt import telling
from hone.learn.objective import named
from hone.loop.config import TrainConfig
from hone.policy.folder import check_policy
from hone.progress import Progress
from hone.store.checkpoints import latest_checkpoint
from hone.store.places import check_new_folder
from hone.store.run_dir import CONFIG, read_config, read_results

_PROG = "hone train"
_DESCRIPTION = "Train a policy against executable truth; without options, the embedded one from nothing, in minutes."


@dataclass(frozen=True)
class TrainOptions:
    """What `hone train` takes."""

    settings: Annotated[TrainConfig, tyro.conf.arg(name="")]
    config: OptionalPath = None
    """TOML file of settings; options given beside it win"""
    objective: Annotated[str, tyro.conf.arg(metavar="NAME", help_behavior_hint="")] = ""
    """start from a named objective (reinforce, rloo, grpo, dr_grpo, dapo, gspo, cispo, sapo, ppo, raft,
    expert_iteration, dpo, ipo); options of rl.objective beside it win"""
    resume: OptionalPath = None
    """run to go on with, under its own settings"""
    out: OptionalPath = None
    """folder of the new run (default: runs/DATE-TIME)"""
    show_config: bool = False
    """print the settings as TOML and stop"""


def run(arguments: list[str]) -> int:
    """Train, print what was learned, and return 0."""
    options = parse_options(arguments)
    if options.show_config:
        print(to_toml(options.settings), end="")
        return 0
    out = options.resume or options.out or new_run_folder(Path("runs"))
    check_places(options, out)
    with telling(lambda: left_by(out)), Progress() as progress:
        # torch is imported only once the options are known to make sense.
        progress.working("loading torch and transformers")
        from hone.loop.run import train

        folder = train(options.settings, out, resume=options.resume is not None, progress=progress)
    show_results(read_results(folder))
    print(f"run: {folder}")
    print(f"policy: {folder / 'policy'} (hf upload NAME {folder / 'policy'} publishes it)")
    return 0


def parse_options(arguments: list[str]) -> TrainOptions:
    """Settings in their layers: the dataclasses' defaults, the TOML file, the options.

    Raises:
        HoneError: an option or a field is unknown, of a wrong type, or impossible; options do not go together.
    """
    file = value_of("--config", arguments)
    defaults = TrainConfig() if file is None else from_toml(Path(file), TrainConfig)
    name = value_of("--objective", arguments)
    if name is not None:
        defaults = replace(defaults, rl=replace(defaults.rl, objective=named(name)))
    start = TrainOptions(defaults)
    options = parse(TrainOptions, arguments, prog=_PROG, description=_DESCRIPTION, default=start)
    if options.resume is None:
        return options
    if options != TrainOptions(TrainConfig(), resume=options.resume, show_config=options.show_config):
        what = "--resume goes on under the run's own settings"
        raise HoneError(Boundary.USER, what, "drop the other options, or start a new run")
    settings = from_dict(read_config(options.resume)["settings"], TrainConfig, f"{options.resume}/config.json")
    return TrainOptions(settings, resume=options.resume, show_config=options.show_config)


def check_places(options: TrainOptions, out: Path) -> None:
    """See that what a new run reads is there, and that it can be written to `out`.

    Raises:
        HoneError: where not.
    """
    if options.resume is not None:
        return
    settings = options.settings
    if settings.policy is not None:
        check_policy(settings.policy)
    if settings.warm_start.from_run is not None:
        store_of(settings.warm_start.from_run)
    if not (out / CONFIG).exists():  # of a run that is there, `RunDir` has more to say
        check_new_folder(out)


def left_by(run: Path) -> str:
    """What an interrupted run has left on disk, and how to go on."""
    if not (run / CONFIG).exists():
        return "nothing was begun"
    again = f"hone train --resume {shlex.quote(str(run))}"
    newest = latest_checkpoint(run / "checkpoints") if (run / "checkpoints").is_dir() else None
    if newest is None:
        return f"no checkpoint is written yet: begin anew with {again}"
    return f"checkpoint {newest.name} is written: go on with {again}"


def new_run_folder(parent: Path) -> Path:
    """A folder in `parent` that is not there yet, named by the time."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (stamp, *(f"{stamp}-{number}" for number in range(2, 1000)))
    return next(parent / name for name in names if not (parent / name).exists())
