"""`hone` in processes that a test may kill: forked from one that has loaded torch, since loading takes longer than the
runs do.

They share that process's hash seed. What they end with is compared with a run that `anew` starts under one of its own.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_FORKS: Any = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["hone.cli", "hone.commands.evaluate", "hone.commands.train", "hone.loop.run", "peft"])


class Hone:
    """One command under way, in a session of its own."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        """Args: folder: takes what the command says on standard error."""
        self._said = folder / f"said-{len(list(folder.glob('said-*')))}.txt"
        self._process = _FORKS.Process(target=_command, args=(list(arguments), self._said), daemon=True)
        self._process.start()
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """The exit code, or minus the signal that ended it; None while it goes on."""
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """The exit code, once it has ended."""
        self._process.join(seconds)
        code = self.poll()
        assert code is not None, f"it goes on after {seconds} s: {self.told()}"
        return code

    def told(self) -> str:
        """What it has said on standard error so far."""
        return self._said.read_text()


def _command(arguments: list[str], said: Path) -> None:
    os.setsid()
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT), 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    import torch

    from hone.cli import main

    torch.set_num_threads(1)
    sys.exit(main(arguments))


def anew(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The command, as a shell starts it, from its beginning to its end."""
    command = [sys.executable, "-m", "hone.cli", *arguments]
    seeded = {**os.environ, "PYTHONHASHSEED": "5"}
    return subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=200, env=seeded
    )
