"""What the documents tell a newcomer to type is what the commands take."""

import re
import shlex
from pathlib import Path

import pytest

from hone.commands.evaluate import EvalOptions
from hone.commands.parse import parse
from hone.commands.train import parse_options
from hone.loop.config import TrainConfig

ROOT = Path(__file__).parent.parent


def blocks(document: str, language: str) -> list[str]:
    """The document's blocks of code in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)


def commands(document: str, name: str) -> list[list[str]]:
    """The arguments of each `hone NAME` in the document's shell blocks, lines that go on joined."""
    lines = [line for block in blocks(document, "sh") for line in block.replace("\\\n", " ").splitlines()]
    words = [
        shlex.split(line.removeprefix("$ "), comments=True) for line in lines if line.removeprefix("$ ")[:4] == "hone"
    ]
    return [arguments for _, command, *arguments in words if command == name]


def the_minute() -> list[str]:
    (arguments,) = [found for found in commands("README.md", "train") if "runs/minute" in found]
    return arguments


def test_the_run_of_a_minute_is_small_and_goes_through_every_stage():
    settings = parse_options(the_minute()).settings
    assert 0 < settings.warm_start.steps <= 200
    assert 0 < settings.rl.steps * settings.rl.prompts <= 400
    assert settings.evaluation.tasks_per_level * settings.evaluation.samples * len(settings.evaluation.levels) <= 200
    assert settings.curriculum.mix.trained()


def test_the_file_of_settings_in_the_documents_is_the_run_of_a_minute(tmp_path):
    (example,) = [block for block in blocks("docs/learning.md", "toml") if block.startswith("# run.toml")]
    file = tmp_path / "run.toml"
    file.write_text(example)
    given = parse_options(["--config", str(file)]).settings
    assert given == parse_options(the_minute()).settings
    assert given != TrainConfig()


NEW_RUNS = [found for found in commands("README.md", "train") if "--resume" not in found]


@pytest.mark.parametrize("arguments", NEW_RUNS, ids=" ".join)
def test_every_training_command_of_the_readme_is_understood(arguments):
    assert parse_options(arguments).out is not None


def test_every_evaluation_of_the_readme_and_of_the_changelog_is_understood():
    found = commands("README.md", "eval")
    quoted = re.findall(r"`hone eval ([^`]*)`", (ROOT / "CHANGELOG.md").read_text())
    assert found
    for arguments in [*found, *(text.split() for text in quoted if "http" in text)]:
        assert parse(EvalOptions, arguments, prog="hone eval", description="").policy
