"""Checkpoints: whole or not there, whatever happens while they are written."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hone.errors import Boundary, HoneError
from hone.store.checkpoints import Checkpoints, verify_checkpoint


def weights(text: str):
    def write(folder: Path) -> None:
        (folder / "model").mkdir()
        (folder / "model" / "weights.bin").write_bytes(text.encode() * 1000)
        (folder / "state.json").write_text(text)

    return write


def test_latest_returns_what_was_saved_last(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.latest() is None
    for step in (1, 2, 3):
        checkpoints.save(f"rl-{step}", weights(str(step)))
    found = checkpoints.latest()
    assert found is not None
    assert (found.name, (found.path / "state.json").read_text()) == ("rl-3", "3")
    assert (tmp_path / "latest" / "state.json").read_text() == "3"


def test_only_the_last_two_and_the_ends_of_stages_stay(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep_last=2)
    for step in range(5):
        checkpoints.save(f"step-{step}", weights("x"), keep=step == 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "step-1", "step-3", "step-4"]


@pytest.mark.parametrize("harm", ["cut in half", "one byte altered", "file gone", "manifest gone", "manifest cut"])
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before_and_says_so(tmp_path, harm):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("old", weights("old"))
    checkpoints.save("new", weights("new"))
    damage(tmp_path / "new", harm)
    said: list[str] = []
    found = checkpoints.latest(said.append)
    assert found is not None
    assert found.name == "old"
    assert len(said) == 1
    assert "new" in said[0]
    assert "going back to checkpoint old" in said[0]


def damage(folder: Path, harm: str) -> None:
    file = folder / "model" / "weights.bin"
    manifest = folder / "manifest.json"
    if harm == "cut in half":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif harm == "one byte altered":
        file.write_bytes(b"N" + file.read_bytes()[1:])
    elif harm == "file gone":
        file.unlink()
    elif harm == "manifest gone":
        manifest.unlink()
    else:
        manifest.write_bytes(manifest.read_bytes()[:40])


def test_a_run_whose_checkpoints_are_all_damaged_is_one_clear_error(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("only", weights("x"))
    damage(tmp_path / "only", "cut in half")
    with pytest.raises(HoneError, match=r"weights.bin has 500 bytes of 1000") as caught:
        checkpoints.latest()
    assert caught.value.boundary is Boundary.DISK


def plant(folder: Path, what: str) -> None:
    """Put something into a checkpoint that its writer did not."""
    secret = folder.parent / "secret.txt"
    secret.write_text("secret")
    if what == "a file":
        (folder / "model" / "more.txt").write_text("more")
    elif what == "a link to a file":
        (folder / "notes.txt").symlink_to(secret)
    elif what == "a link in a file's place":
        secret.write_bytes((folder / "state.json").read_bytes())
        (folder / "state.json").unlink()
        (folder / "state.json").symlink_to(secret)
    elif what == "a link to a folder":
        (folder / "more").symlink_to(folder.parent)
    elif what == "a folder that is a link":
        (folder / "model").rename(folder.parent / "elsewhere")
        (folder / "model").symlink_to(folder.parent / "elsewhere")
    elif what == "a link that leads nowhere":
        (folder / "more").symlink_to(folder / "nowhere")
    elif what == "a pipe":
        os.mkfifo(folder / "more")
    else:
        manifest = json.loads((folder / "manifest.json").read_text())
        told = {"size": 6, "sha256": hashlib.sha256(b"secret").hexdigest()}
        name = {"a name that leads out": "../secret.txt", "an absolute name": str(secret)}[what]
        manifest["files"][name] = told
        (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "what",
    [
        "a file",
        "a link to a file",
        "a link in a file's place",
        "a link to a folder",
        "a folder that is a link",
        "a link that leads nowhere",
        "a pipe",
        "a name that leads out",
        "an absolute name",
    ],
)
def test_what_the_manifest_does_not_list_and_what_is_no_file_is_damage(tmp_path, what):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("old", weights("old"))
    checkpoints.save("new", weights("new"))
    plant(tmp_path / "new", what)
    with pytest.raises(HoneError, match="is damaged") as caught:
        verify_checkpoint(tmp_path / "new")
    assert caught.value.boundary is Boundary.DISK
    found = checkpoints.latest(lambda line: None)
    assert found is not None
    assert (found.name, found.files) == ("old", ("model/weights.bin", "state.json"))


def test_verifying_names_a_path_that_is_no_checkpoint(tmp_path):
    with pytest.raises(HoneError, match="there is no checkpoint at"):
        verify_checkpoint(tmp_path / "nowhere")


def test_a_writer_that_fails_leaves_no_trace_and_keeps_its_own_error(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("good", weights("good"))

    def fail(folder: Path) -> None:
        (folder / "part").write_text("half")
        raise ZeroDivisionError("the writer's own")

    with pytest.raises(ZeroDivisionError):
        checkpoints.save("bad", fail)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good", "latest"]


CRASHES = """
import os, shutil, sys
from pathlib import Path
from hone.store.checkpoints import Checkpoints

os.fsync = lambda descriptor: None  # a killed process loses nothing that it wrote; syncing is for lost power

def weights(text):
    def write(folder):
        (folder / "model").mkdir()
        (folder / "model" / "weights.bin").write_bytes(text.encode() * 1000)
        (folder / "state.json").write_text(text)
    return write

def die_at_line(instant):
    lines = 0
    def trace(frame, event, _):
        nonlocal lines
        if "hone/store" not in frame.f_code.co_filename:
            return None
        if event == "line":
            lines += 1
            if lines == instant:
                os._exit(9)
        return trace
    sys.settrace(trace)

def damaged(line):
    raise AssertionError(line)

for instant in range(1, 2000):
    folder = Path(sys.argv[1], str(instant))
    checkpoints = Checkpoints(folder)
    for name in ("a", "b", "c"):
        checkpoints.save(name, weights(name))
    child = os.fork()
    if child == 0:
        die_at_line(instant)
        checkpoints.save("c", weights("again"))  # a replayed step: `c` is replaced
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = Checkpoints(folder).latest(damaged)
    text = (found.path / "state.json").read_text()
    if os.waitstatus_to_exitcode(status) == 0:
        print(instant)
        break
    assert (found.name, text) in {("c", "c"), ("c", "again")}, (instant, found, text)
    left = [path.name for path in folder.iterdir() if path.name.startswith((".tmp", ".old"))]
    assert not left, (instant, left)
    shutil.rmtree(folder)
"""


def test_a_crash_at_any_line_leaves_a_whole_checkpoint(tmp_path):
    """Kills a process at its n-th executed line of the store's code, for every n until it survives.

    In a small process of its own: forking one that has torch loaded costs a hundred times as much.
    """
    done = subprocess.run([sys.executable, "-c", CRASHES, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50


FULL_DISK = """
import sys
from pathlib import Path
from hone.errors import HoneError
from hone.store.run_dir import RunDir

disk = Path(sys.argv[1])
run = RunDir.create(disk / "run", {}, version="0", seed=0)
run.metrics.append("rl", 1, {"reward": 1.0})
run.save_checkpoint("good", lambda folder: (folder / "w").write_bytes(b"x" * 200_000) and None)

class TensorLibraryError(Exception):
    pass

def tensors(folder):
    try:
        (folder / "w").write_bytes(b"y" * 8_000_000)
    except OSError as error:
        raise TensorLibraryError("I/O") from None

def attempt(action):
    try:
        action()
    except HoneError as error:
        print(error.boundary, "|", error)

attempt(lambda: run.save_checkpoint("big", lambda folder: (folder / "w").write_bytes(b"y" * 8_000_000) and None))
attempt(lambda: run.save_checkpoint("tensors", tensors))
with (disk / "ballast").open("wb", buffering=0) as ballast:
    try:
        while True:
            ballast.write(b"z" * 4096)
    except OSError:
        pass
attempt(lambda: run.write_results({"text": "r" * 100_000}))
def steps():
    for step in range(2, 5000):
        run.record_step("rl", step, {"text": "m" * 1000})
attempt(steps)
print("latest", run.latest_checkpoint().name, sorted(p.name for p in (disk / "run" / "checkpoints").iterdir()))
(disk / "ballast").unlink()
again = run.latest_checkpoint()
run.close()
run = RunDir.open(disk / "run")
run.metrics.truncate_to("rl", 1)
run.record_step("rl", 2, {"reward": 2.0})
run.save_checkpoint("next", lambda folder: (folder / "w").write_bytes(b"x" * 1000) and None)
print("after", run.latest_checkpoint().name, run.store.query("SELECT count(*) FROM steps WHERE step = 2"))
"""


def test_a_full_disk_is_one_clear_error_and_loses_nothing(tmp_path):
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)]
    inside = f'{" ".join(mount)} && exec {sys.executable} -c "$0" {tmp_path}'
    possible = subprocess.run(["unshare", "-rm", *mount], capture_output=True, text=True)
    if possible.returncode:
        pytest.skip(f"this kernel gives no user namespace to mount a small disk in: {possible.stderr.strip()}")
    done = subprocess.run(["unshare", "-rm", "sh", "-c", inside, FULL_DISK], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    failures, (latest, after) = lines[:-2], lines[-2:]
    assert len(failures) == 4, done.stdout
    for line in failures:
        assert line.startswith("disk | no space left to write"), line
    assert latest == "latest good ['good', 'latest']"
    assert after == "after next [(1,)]"
