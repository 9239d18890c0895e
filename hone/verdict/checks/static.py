"""Ruff and ty, each run once over a whole batch of programs. They parse; nothing is executed.

Both run under settings of our own, in a folder of our own, and comments of the program that would silence them are
disarmed first. Some programs crash a tool or keep it busy for ever; the batch is halved until they are alone, so that
their neighbours' findings are not lost. Where a tool fails or takes too long, nobody is charged for it.
"""

import json
import logging
import os
import re
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import unicodedata
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hone.errors import Boundary, HoneError
from hone.printable import printable
from hone.verdict.verdict import Finding

RULES = "F,E4,E7,E9,W6,B,C4,C901,PERF,PLE,PLW,RET,SIM,UP"
"""Mistakes, clumsiness and complexity. Nothing about names, docstrings or layout, where tastes differ."""
COMPLEXITY = 10
"""Highest cyclomatic complexity of a function that is no finding (C901; McCabe 1976 proposes ten)."""
IGNORED = "E731,PERF203,PERF401,PLW2901,RET504,RET505,SIM102,SIM108,UP015,B905,PLW1641"
"""Rules that programs written in a plain style break without being worse for it."""

_SECONDS, _SECONDS_OF_A_PART = 6.0, 2.0
"""For one run of one tool over a whole batch, and over a part of it; 256 programs take 0.1 s."""
_SECONDS_OF_A_BATCH = 30.0
"""For all runs of one tool over one batch, its parts included."""
_MEMORY_BYTES = 4 * 2**30
"""Private memory of a tool: types can be written that grow without end."""
_LONGEST = 64 * 1024
"""Characters; a longer program has no findings. No answer to a task is so long, and length is what overflows stacks."""
_FINDINGS_PER_PROGRAM = 50
_COMMENTS = re.compile(r"#[^\r\n]*")
"""Comments, and texts with a `#` in them."""
_SILENCERS = re.compile(r"\b(type|ty)\s*:\s*ignore|\b(ruff|flake8)\s*:", re.IGNORECASE)
_WORDS = re.compile(r"\w+")
_log = logging.getLogger(__name__)


def findings(sources: Sequence[str], complexity: int = COMPLEXITY) -> list[tuple[Finding, ...]]:
    """What both tools find in each program, in the programs' order.

    Args:
        sources: the programs.
        complexity: highest cyclomatic complexity of a function that is no finding.
    """
    found: list[list[Finding]] = [[] for _ in sources]
    with tempfile.TemporaryDirectory(prefix="hone-static-") as name:
        folder = Path(name)
        files = []
        for index, source in enumerate(sources):
            if len(source) <= _LONGEST:
                text = _disarmed(source)
                files.append(f"p{index}.py")
                (folder / files[-1]).write_bytes(text.encode("utf-8", "replace").replace(b"\0", b"?"))
        (folder / "ty.toml").write_text("")
        with ThreadPoolExecutor(2) as both:
            for result in (both.submit(_ruff, folder, files, complexity), both.submit(_ty, folder, files)):
                for index, finding in result.result():
                    if len(found[index]) < _FINDINGS_PER_PROGRAM:
                        found[index].append(finding)
    return [tuple(sorted(group, key=lambda f: (f.line, f.tool, f.rule))) for group in found]


def _disarmed(source: str) -> str:
    """The program without what would silence a tool, line by line where it was."""

    def word(found: re.Match[str]) -> str:  # Python reads a name in its normal form, and so does ty
        return "disarmed" if unicodedata.normalize("NFKC", found[0]) == "no_type_check" else found[0]

    text = _COMMENTS.sub(lambda comment: _SILENCERS.sub("disarmed", comment[0]), source)
    if text.isascii() and "no_type_check" not in text:
        return text
    return _WORDS.sub(word, text)


def _ruff(folder: Path, files: list[str], complexity: int) -> list[tuple[int, Finding]]:
    options = ("check", "--isolated", "--no-cache", "--ignore-noqa", "--exit-zero", "--quiet")
    rules = ("--output-format", "json", "--select", RULES, "--ignore", IGNORED)
    highest = ("--config", f"lint.mccabe.max-complexity = {complexity}")
    return [
        (_index(item["filename"]), Finding("ruff", str(item["code"]), int(item["location"]["row"]), item["message"]))
        for item in _answers("ruff", *options, *rules, *highest, folder=folder, files=files)
    ]


def _ty(folder: Path, files: list[str]) -> list[tuple[int, Finding]]:
    options = ("check", "--exit-zero", "--no-progress", "--output-format", "gitlab", "--config-file", "ty.toml")
    project = ("--project", ".", "--python", sys.executable)
    found = []
    for item in _answers("ty", *options, *project, folder=folder, files=files):
        rule, line = str(item["check_name"]), int(item["location"]["positions"]["begin"]["line"])
        said = str(item["description"]).removeprefix(f"{rule}: ")
        found.append((_index(item["location"]["path"]), Finding("ty", rule, line, said)))
    return found


def _answers(tool: str, *options: str, folder: Path, files: list[str]) -> list[Any]:
    """What the tool prints of all files that it can read, in as many runs as it takes, within the time."""
    command = [_tool(tool), *options]
    deadline = time.monotonic() + _SECONDS_OF_A_BATCH
    answers: list[Any] = []
    unread, why = 0, ""
    parts = deque([files] if files else [])
    while parts:
        part = parts.popleft()  # larger parts first: they free the most programs in the time that is left
        allowed = _SECONDS if part is files else _SECONDS_OF_A_PART
        seconds = min(allowed, deadline - time.monotonic())
        answer = _run([*command, *part], folder, seconds) if seconds > 0 else "no time is left"
        if not isinstance(answer, str):
            answers += answer
        elif len(part) > 1 and seconds > 0:
            parts += [part[: len(part) // 2], part[len(part) // 2 :]]
        else:
            unread, why = unread + len(part), answer
    if unread:
        _log.warning("%s gave no findings for %d of %d programs: %s", tool, unread, len(files), printable(why))
    return answers


def _run(command: list[str], folder: Path, seconds: float) -> list[Any] | str:
    """What the tool prints, or why it printed nothing of use."""
    environment = {"PATH": os.defpath, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with subprocess.Popen(  # noqa: S603  # our own tool, our own arguments
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
        try:
            output, complaint = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return f"no answer in {seconds:.0f} s"
        finally:
            process.kill()
    if process.returncode != 0:
        return complaint.decode("utf-8", "replace").strip()[-200:] or f"exit status {process.returncode}"
    try:
        return json.loads(output or b"[]")
    except ValueError as error:
        return f"its answer is no JSON: {error}"


def _tool(name: str) -> str:
    """The tool that was installed beside this interpreter, else one on the path."""
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise HoneError(Boundary.SANDBOX, f"{name} is not installed", f"pip install {name}")
    return found


def _index(path: str) -> int:
    return int(Path(path).stem.removeprefix("p"))
