"""Processes that differ in how they order sets."""

import os
import subprocess
import sys


def same_in_every_process(code: str) -> str:
    """What a program prints, which is the same under two hash seeds."""
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second
    return first
