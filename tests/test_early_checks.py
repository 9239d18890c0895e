"""What is named wrongly is told at once: before libraries that take seconds are loaded, with nothing left behind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hone.config import to_dict
from hone.errors import HoneError
from hone.loop.config import TrainConfig
from hone.policy.folder import check_policy
from hone.store import RunDir
from hone.store.places import check_file, check_new_folder

HEAVY = ("torch", "transformers", "tokenizers", "numpy", "huggingface_hub")
TELL = f"""
import json, sys
from hone.cli import main
for arguments in json.load(sys.stdin):
    code = main(arguments)
    print(json.dumps([code, [name for name in {HEAVY} if name in sys.modules]]), flush=True)
    print("END", file=sys.stderr, flush=True)
"""
WRONG = {
    "train --policy nope": "no policy at nope",
    "train --policy empty": "policy empty is not a checkpoint (no config.json)",
    "train --policy pickled": "policy pickled has no safetensors weights: convert the weights",
    "train --tasks strngs:1-3": "there is no domain or family 'strngs': did you mean strings?",
    "train --objective gpro": "there is no objective 'gpro'",
    "train --warm-start.from-run empty": "empty holds no store of a run",
    "train --out full": "full is there already: choose another --out",
    "train --out file": "file is there already: choose another --out",
    "train --out file/run": "cannot write file/run: Not a directory",
    "train --out /proc/nope": "cannot write /proc/nope: No such file or directory",
    "train --resume empty": "there is no run at empty",
    "eval nope": "no policy at nope",
    "eval empty": "policy empty is not a checkpoint (no config.json)",
    "eval policy --tasks strngs:1-3": "there is no domain or family 'strngs': did you mean strings?",
    "eval policy --suite humanevil": "there is no suite 'humanevil': did you mean humaneval?",
    "eval policy --out empty": "empty is a folder: name a file",
    "eval policy --out file/x.sqlite": "cannot write file/x.sqlite: Not a directory",
    "export run --out full": "full is there already: choose another --out",
    "export run --out file/x": "cannot write file/x: Not a directory",
    "export run --out /proc/nope": "cannot write /proc/nope: No such file or directory",
    "export run --out new --checkpoint nope": "run has no checkpoint 'nope': it has warm_start",
    "export begun --out new": "begun has no checkpoint yet: let it go on",
    "export empty --out new": "there is no run at empty",
    "study --train.policy nope": "no policy at nope",
    "study --seeds 1 1": "seeds are (1, 1): give different seeds",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one of everything in it."""
    for name in ("empty", "full", "policy", "pickled"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "full" / "x").write_text("x")
    (tmp_path / "policy" / "config.json").write_text("{}")
    (tmp_path / "policy" / "model.safetensors").write_bytes(b"")
    (tmp_path / "pickled" / "config.json").write_text("{}")
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"")
    for name in ("begun", "run"):
        with RunDir.create(tmp_path / name, to_dict(TrainConfig()), version="0", seed=0) as run:
            if name == "run":
                run.save_checkpoint("warm_start", lambda folder: None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_wrong_name_is_one_line_before_anything_heavy_is_loaded(place):
    before = sorted(place.rglob("*"))
    given = json.dumps([command.split() for command in WRONG])
    done = subprocess.run([sys.executable, "-c", TELL], input=given, capture_output=True, text=True, timeout=120)
    said = done.stderr.split("END\n")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(WRONG), done.stderr
    for (command, line), (code, heavy), told in zip(WRONG.items(), found, said, strict=False):
        assert (code, heavy) == (2, []), (command, told)
        assert line in told, command
        assert told.count("\n") == 1, told
    assert sorted(place.rglob("*")) == before


def test_the_help_of_every_command_comes_without_what_takes_long():
    code = (
        "import sys; from hone.cli import COMMANDS, main\n"
        "for name in COMMANDS:\n"
        "    try: main([name, '--help'])\n"
        "    except SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_a_place_that_can_be_written_to_is_left_as_it_was(place):
    for path in (place / "new", place / "deep" / "er" / "new", place / "empty", Path("relative")):
        check_new_folder(path)
    check_file(place / "deep" / "x.sqlite")
    check_file(place / "file")
    assert not (place / "new").exists()
    assert not (place / "deep").exists()
    assert list((place / "empty").iterdir()) == []


def test_a_folder_of_a_run_that_was_killed_before_it_began_can_be_taken(place):
    (place / "empty" / ".lock").write_text("7")
    check_new_folder(place / "empty")


def test_a_link_to_nowhere_is_no_place_for_a_folder(place):
    (place / "link").symlink_to(place / "gone")
    with pytest.raises(HoneError, match="link is there already"):
        check_new_folder(place / "link")


def test_a_folder_with_a_configuration_and_weights_may_be_a_policy(place):
    assert check_policy(place / "policy") == place / "policy"
