"""Ruff and ty, each run once over a whole batch of programs. They parse; nothing is executed.

Both run under settings of our own, in a folder of our own, and comments of the program that would silence them are
disarmed first. Where a tool fails or takes too long, nobody is charged for it.
"""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hone.errors import Boundary, HoneError
from hone.verdict.verdict import Finding

RULES = "F,E4,E7,E9,W6,B,C4,PERF,PLE,PLW,RET,SIM,UP"
"""Mistakes and clumsiness. Nothing about names, docstrings or layout, where tastes differ."""
IGNORED = "E731,PERF203,PERF401,PLW2901,RET504,RET505,SIM102,SIM108,UP015,B905,PLW1641"
"""Rules that programs written in a plain style break without being worse for it."""

_SECONDS = 60.0
_FINDINGS_PER_PROGRAM = 50
_SILENCERS = re.compile(r"\b(type|ty)[ \t]*:[ \t]*ignore|\b(ruff|flake8)[ \t]*:|\bno_type_check\b", re.IGNORECASE)
_log = logging.getLogger(__name__)


def findings(sources: Sequence[str]) -> list[tuple[Finding, ...]]:
    """What both tools find in each program, in the programs' order; files that cannot be written as UTF-8 have none."""
    if not sources:
        return []
    with tempfile.TemporaryDirectory(prefix="hone-static-") as name:
        folder = Path(name)
        for index, source in enumerate(sources):
            text = _SILENCERS.sub("disarmed", source)
            (folder / f"p{index}.py").write_bytes(text.encode("utf-8", "replace").replace(b"\0", b"?"))
        (folder / "ty.toml").write_text("")
        with ThreadPoolExecutor(2) as both:
            lint = both.submit(_ruff, folder)
            types = both.submit(_ty, folder)
            found: list[list[Finding]] = [[] for _ in sources]
            for index, finding in (*lint.result(), *types.result()):
                if index < len(found) and len(found[index]) < _FINDINGS_PER_PROGRAM:
                    found[index].append(finding)
    return [tuple(sorted(group, key=lambda f: (f.line, f.tool, f.rule))) for group in found]


def _ruff(folder: Path) -> list[tuple[int, Finding]]:
    options = ("check", "--isolated", "--no-cache", "--ignore-noqa", "--exit-zero", "--quiet")
    output = _run("ruff", *options, "--output-format", "json", "--select", RULES, "--ignore", IGNORED, folder=folder)
    return [
        (index, Finding("ruff", str(item["code"]), int(item["location"]["row"]), str(item["message"])))
        for item in output
        if (index := _index(item["filename"])) is not None
    ]


def _ty(folder: Path) -> list[tuple[int, Finding]]:
    options = ("check", "--exit-zero", "--no-progress", "--output-format", "gitlab", "--config-file", "ty.toml")
    output = _run("ty", *options, "--project", ".", "--python", sys.executable, folder=folder)
    return [
        (
            index,
            Finding(
                "ty",
                str(item["check_name"]),
                int(item["location"]["positions"]["begin"]["line"]),
                str(item["description"]).removeprefix(f"{item['check_name']}: "),
            ),
        )
        for item in output
        if (index := _index(item["location"]["path"])) is not None
    ]


def _run(tool: str, *options: str, folder: Path) -> list[Any]:
    """The tool's findings as it prints them, or none where it fails: that is our trouble, never a candidate's."""
    environment = {"PATH": os.defpath, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    try:
        done = subprocess.run(  # noqa: S603  # our own tool, our own arguments
            [_tool(tool), *options, "."],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        return (
            json.loads(done.stdout or b"[]")
            if done.returncode == 0
            else _failed(tool, done.stderr.decode("utf-8", "replace"))
        )
    except subprocess.TimeoutExpired:
        return _failed(tool, f"no answer in {_SECONDS:.0f} s")
    except ValueError as error:
        return _failed(tool, f"its answer is no JSON: {error}")


def _failed(tool: str, why: str) -> list[Any]:
    _log.warning("%s gave no findings for a batch: %s", tool, why.strip()[-300:])
    return []


def _tool(name: str) -> str:
    """The tool that was installed beside this interpreter, else one on the path."""
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise HoneError(Boundary.SANDBOX, f"{name} is not installed", f"pip install {name}")
    return found


def _index(path: str) -> int | None:
    stem = Path(path).stem
    return int(stem[1:]) if stem[1:].isdigit() else None
