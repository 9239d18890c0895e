"""A run's policy as a folder to use and to publish: Hugging Face's own format, and a model card."""

import json
import shutil
from pathlib import Path
from typing import Any

from hone.errors import Boundary, HoneError
from hone.loop.export.card import Origin, model_card
from hone.policy.policy import ADAPTERS
from hone.store.atomic import disk_failures, whole_folder
from hone.store.checkpoints import Checkpoint, latest_checkpoint, verify_checkpoint
from hone.store.metrics import read_metrics
from hone.store.run_dir import METRICS, RESULTS, check_checkpoint, read_config, read_results
from hone.tasks.answers import Style

POLICY, STATE = "policy", "state.json"
"""What a checkpoint of a run holds: the policy's folder, and its place in the run."""
CARD = "README.md"


def export(run: Path, out: Path, checkpoint: str = "", *, replace: bool = False) -> Path:
    """Copy the policy of one of a run's checkpoints to `out`, with its card: whole or not at all. Returns `out`.

    Args:
        checkpoint: its name, such as `warm_start`; by default the newest.
        replace: an older export there is replaced.

    Raises:
        HoneError: there is no such run or checkpoint, it is damaged, `out` holds something, or the disk refuses.
    """
    config = read_config(run)
    found = _checkpoint(run, checkpoint)
    if not replace and (out.is_symlink() or out.exists()) and not (out.is_dir() and not any(out.iterdir())):
        raise HoneError(Boundary.USER, f"{out} is there already", "choose another --out")
    place = _read_json(found.path / STATE)
    policy = _read_json(found.path / POLICY / "config.json")
    tokenizer = _read_json(found.path / POLICY / "tokenizer_config.json")
    results = read_results(run) if (run / RESULTS).is_file() else {"stages": {}}
    try:
        origin = Origin(
            config=config,
            results=results,
            lines=_lines_until(run, str(place["stage"]), int(place["step"])),
            checkpoint=found.name,
            stage=str(place["stage"]),
            step=int(place["step"]),
            whole=found.keep,
            style=Style(policy.get("hone_style", Style.CHAT)),
            has_template=bool(tokenizer.get("chat_template"))
            or (found.path / POLICY / "chat_template.jinja").is_file(),
        )
    except (KeyError, TypeError, ValueError) as error:
        what = f"checkpoint {found.path} is not what a run writes: {error!r}"
        raise HoneError(Boundary.DISK, what, "use another checkpoint of the run") from error
    card = model_card(origin)
    with disk_failures(out), whole_folder(out) as temporary:
        _copy_policy(found, temporary)
        (temporary / CARD).write_text(card, encoding="utf-8", errors="replace")
    return out


def _copy_policy(found: Checkpoint, to: Path) -> None:
    """The files of the policy that the checkpoint's manifest lists, and so no link and nothing that was put there.

    Adapters are merged into the weights; by themselves they go on with this run only.
    """
    for name in found.files:
        if name.startswith(f"{POLICY}/") and not name.startswith(f"{POLICY}/{ADAPTERS}/"):
            copy = to / name.removeprefix(f"{POLICY}/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found.path / name, copy, follow_symlinks=False)


def _checkpoint(run: Path, name: str) -> Checkpoint:
    check_checkpoint(run, name)
    folder = run / "checkpoints"
    found = verify_checkpoint(folder / name) if name else latest_checkpoint(folder)
    assert found is not None, "there is one, and none that is whole is an error"
    return found


def _lines_until(run: Path, stage: str, step: int) -> list[dict[str, Any]]:
    lines = read_metrics(run / METRICS)
    last = max(
        (n for n, line in enumerate(lines, 1) if (line.get("stage"), line.get("step")) == (stage, step)), default=0
    )
    return lines[:last]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HoneError(
            Boundary.DISK, f"{path} cannot be read: {error}", "use another checkpoint of the run"
        ) from error
    if not isinstance(found, dict):
        raise HoneError(Boundary.DISK, f"{path} holds no object", "use another checkpoint of the run")
    return found
