"""The set-up on machines that lack something: one line that says what to run, and exit code 2.

The script is the real one; the machine is a folder of commands that stands in for the PATH.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BORROWED = ("sh", "dirname", "rm", "touch")


class Machine:
    """A PATH of its own, in which commands can be made up, and a copy of the script."""

    def __init__(self, folder: Path) -> None:
        self.commands = folder / "bin"
        self.commands.mkdir(parents=True)
        for name in BORROWED:
            (self.commands / name).symlink_to(shutil.which(name) or pytest.fail(f"{name} is not on this machine"))
        self.clone = folder / "clone"
        (self.clone / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup", self.clone / "scripts" / "setup")
        self.log = folder / "log"
        self.said: list[str] = []
        """What the set-up told beside its failures."""

    def command(self, name: str, body: str) -> None:
        path = self.commands / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.log}\n{body}\n')
        path.chmod(0o755)

    def set_up(self, *parts: str) -> tuple[int, list[str]]:
        done = subprocess.run(
            [self.clone / "scripts" / "setup", *parts],
            env={"PATH": str(self.commands)},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=30,
        )
        self.said = done.stdout.splitlines()
        return done.returncode, done.stderr.splitlines()

    def called(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def test_an_ordinary_user_without_sudo_is_told_what_to_run(machine):
    machine.command("id", "echo 1000")
    machine.command("apt-get", "exit 0")
    expected = "run 'sudo apt-get install -y -q --no-install-recommends bubblewrap', then 'make setup' again"
    assert machine.set_up("bubblewrap") == (2, [f"hone: setup: bubblewrap is missing: {expected}"])
    assert not [call for call in machine.called() if call.startswith("apt-get")]


def test_sudo_that_would_ask_for_a_password_is_not_used(machine):
    machine.command("id", "echo 1000")
    machine.command("sudo", "exit 1")
    machine.command("dnf", "exit 0")
    code, said = machine.set_up("bubblewrap")
    assert (code, len(said)) == (2, 1)
    assert "run 'sudo dnf install -y -q bubblewrap'" in said[0]


def test_passwordless_sudo_installs(machine):
    machine.command("id", "echo 1000")
    machine.command("sudo", 'shift; exec "$@"')
    machine.command("true", "exit 0")
    machine.command("apk", f"ln -s /bin/true {machine.commands}/bwrap")
    (machine.commands / "ln").symlink_to(shutil.which("ln") or "/bin/ln")
    assert machine.set_up("bubblewrap") == (0, [])
    assert "sudo -n apk add --quiet bubblewrap" in machine.called()


def test_root_updates_the_package_list_where_the_package_is_unknown(machine):
    (machine.commands / "ln").symlink_to(shutil.which("ln") or "/bin/ln")
    machine.command("id", "echo 0")
    machine.command(
        "apt-get",
        f"""case "$1" in
        update) : > {machine.commands}/updated ;;
        install) test -e {machine.commands}/updated && ln -s /bin/true {machine.commands}/bwrap ;;
        esac""",
    )
    (machine.commands / "test").symlink_to(shutil.which("test") or "/usr/bin/test")
    assert machine.set_up("bubblewrap") == (0, [])
    assert [call.split()[1] for call in machine.called() if call.startswith("apt-get")] == [
        "install",
        "update",
        "install",
    ]


def test_a_package_that_cannot_be_installed_is_told_and_what_to_run(machine):
    machine.command("id", "echo 0")
    machine.command("pacman", "echo 'error: no network' >&2; exit 1")
    code, said = machine.set_up("bubblewrap")
    assert code == 2
    why = "run 'pacman -S --noconfirm --needed bubblewrap' as root and see why"
    assert said == ["error: no network", f"hone: setup: bubblewrap could not be installed: {why}"]


def test_a_system_without_a_known_package_manager_is_told_so(machine):
    machine.command("id", "echo 0")
    code, said = machine.set_up("bubblewrap")
    assert (code, len(said)) == (2, 1)
    assert "install it with your system's package manager" in said[0]


def test_bubblewrap_that_is_there_is_left_alone(machine):
    machine.command("bwrap", "exit 0")
    assert machine.set_up("bubblewrap") == (0, [])
    assert machine.called() == []


def test_a_python_too_old_is_one_clear_line(machine):
    machine.command("python3", "exit 1")
    code, said = machine.set_up("environment")
    assert (code, len(said)) == (2, 1)
    assert said[0].startswith("hone: setup: Python 3.11 or newer is needed: install it")


def test_a_python_without_venv_is_one_clear_line(machine):
    machine.command("python3", '[ "$1" = -m ] && exit 1; echo Python 3.12.1')
    code, said = machine.set_up("environment")
    assert (code, len(said)) == (2, 1)
    assert "cannot make an environment here" in said[0]
    assert "python3-venv" in said[0]


def python_with_pip(install: str) -> str:
    """A Python that makes environments, and whose pip does this."""
    return f"""case "$*" in
    "-m venv .venv") {shutil.which("mkdir")} -p .venv/bin; {shutil.which("cp")} "$0" .venv/bin/python ;;
    "-m pip install"*) {install} ;;
    esac
    exit 0"""


PIP_SAYS = """\
Obtaining file:///clone
  Installing build dependencies: started
Collecting torch==2.12.0
  Downloading torch-2.12.0-cp311-cp311-manylinux_2_28_x86_64.whl.metadata (29 kB)
Collecting numpy
  Using cached numpy-2.1-cp311.whl (16.4 MB)
Downloading torch-2.12.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl (187.5 MB)
Installing collected packages: torch, numpy, hone
Successfully installed * torch
"""


def test_minutes_of_installing_are_told_by_what_takes_them(machine):
    machine.command("python3", python_with_pip(f"while read -r line; do echo \"$line\"; done <<'END'\n{PIP_SAYS}END\n"))
    assert machine.set_up("environment") == (0, [])
    assert machine.said[2:] == [
        "hone: setup: fetching numpy (16.4 MB)",
        "hone: setup: fetching torch (187.5 MB)",
        "hone: setup: unpacking 3 packages (about a minute)",
    ]


def test_a_failing_pip_is_told_below_its_own_lines(machine):
    machine.command("python3", python_with_pip('echo "ERROR: no index" >&2; exit 1'))
    code, said = machine.set_up("environment")
    assert code == 2
    assert said == ["ERROR: no index", said[1]]
    assert said[1].startswith("hone: setup: pip failed, see its lines above")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_every_target_that_runs_hone_sets_up_first():
    for target in ("train", "study", "test", "bench"):
        plan = subprocess.run(
            ["make", "--dry-run", "--always-make", target],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"]},
        )
        assert plan.returncode == 0, plan.stderr
        steps = plan.stdout
        assert -1 < steps.find("scripts/setup bubblewrap environment") < steps.find("hone.setup_check")
        assert steps.index("hone.setup_check") < len(steps) - len("hone.setup_check\n"), target
