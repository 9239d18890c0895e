"""How references about files are written down, and how prompts tell their rules, in more than one way."""

import random
from collections.abc import Sequence

from hone.tasks.families.source import function

_IMPORTS = {
    "csv.": "import csv",
    "hashlib.": "import hashlib",
    "io.": "import io",
    "json.": "import json",
    "os.": "import os",
    "re.": "import re",
    "shutil.": "import shutil",
    "struct.": "import struct",
    "zlib.": "import zlib",
    "Path(": "from pathlib import Path",
}


def program(signature: str, body: Sequence[str]) -> str:
    """A module of one function, with the imports that its body needs."""
    words = {word for line in body for word in _words(line)}
    return function(signature, body, imports=[line for name, line in _IMPORTS.items() if name[:-1] in words])


def _words(line: str) -> Sequence[str]:
    for mark in "([{=!-,:*":
        line = line.replace(mark, " ")
    return [word.partition(".")[0] for word in line.split()]


def read_text(rng: random.Random, path: str, name: str, encoding: str = "utf-8") -> list[str]:
    """Lines that read a file into a name, line ends as they are."""
    return rng.choice(
        (
            [f'with open({path}, encoding="{encoding}", newline="") as file:', f"    {name} = file.read()"],
            [f'with open({path}, "rb") as file:', f'    {name} = file.read().decode("{encoding}")'],
            [f'{name} = Path({path}).read_bytes().decode("{encoding}")'],
        )
    )


def write_text(rng: random.Random, path: str, name: str, encoding: str = "utf-8") -> list[str]:
    """Lines that write the text that a name holds."""
    return rng.choice(
        (
            [f'with open({path}, "w", encoding="{encoding}", newline="") as file:', f"    file.write({name})"],
            [f'with open({path}, "wb") as file:', f'    file.write({name}.encode("{encoding}"))'],
            [f'Path({path}).write_bytes({name}.encode("{encoding}"))'],
        )
    )
