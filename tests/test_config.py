"""Configuration: strict types, clear errors, and plain data that comes back equal."""

import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.config import from_dict, from_toml, to_dict, to_toml
from hone.errors import HoneError


class Control(StrEnum):
    NONE = "none"
    SHUFFLED = "shuffled"


@dataclass(frozen=True)
class Stage:
    steps: int = 10
    rate: float = 0.5
    clip: tuple[float, float] = (0.2, 0.28)

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ValueError("steps is -1, must be 0 or more")


@dataclass(frozen=True)
class Train:
    seed: int = 0
    name: str = "default"
    verbose: bool = False
    control: Control = Control.NONE
    kind: Literal["qwen3", "llama"] = "qwen3"
    policy: Path | None = None
    limit: int | None = 5
    levels: tuple[int, ...] = (1, 2)
    weights: dict[str, float] = field(default_factory=dict)
    rl: Stage = Stage()


def load(tmp_path: Path, text: str) -> Train:
    file = tmp_path / "run.toml"
    file.write_text(text)
    return from_toml(file, Train)


def test_a_file_overrides_defaults_and_leaves_the_rest(tmp_path):
    top = 'seed = 3\ncontrol = "shuffled"\npolicy = "a/b"\nlevels = [3]\n'
    text = top + "[rl]\nrate = 1\nclip = [0, 1.5]\n[weights]\nx = 2"
    expected = Train(
        seed=3,
        control=Control.SHUFFLED,
        policy=Path("a/b"),
        levels=(3,),
        rl=Stage(10, 1.0, (0.0, 1.5)),
        weights={"x": 2.0},
    )
    loaded = load(tmp_path, text)
    assert loaded == expected
    assert type(loaded.rl.rate) is float


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sead = 1", "run.toml: there is no field sead: did you mean seed?"),
        ("[rl]\nstep = 1", "run.toml: there is no field rl.step: did you mean rl.steps?"),
        ("[rl]\nzzz = 1", "there is no field rl.zzz: known: rl.steps, rl.rate, rl.clip"),
        ('seed = "1"', 'seed must be an integer, got the string "1"'),
        ("seed = true", "seed must be an integer, got the boolean true"),
        ("seed = 1.5", "seed must be an integer, got the number 1.5"),
        ("verbose = 1", "verbose must be true or false, got the integer 1"),
        ('control = "shufled"', 'control must be one of "none", "shuffled", got the string "shufled"'),
        ('kind = "gpt"', 'kind must be one of "qwen3", "llama", got the string "gpt"'),
        ("levels = 3", "levels must be a list (each item an integer), got the integer 3"),
        ("levels = [1, 'x']", 'levels[1] must be an integer, got the string "x"'),
        ("policy = 3", "policy must be a path (a string), got the integer 3"),
        ("rl = 3", "rl must be a table, got the integer 3"),
        ("[rl]\nclip = [1]", "rl.clip must hold 2 values, got 1"),
        ("[rl]\nsteps = -1", "run.toml: rl: steps is -1, must be 0 or more"),
        ("weights.x = 'y'", 'weights.x must be a number, got the string "y"'),
        ("seed = ", "is not TOML"),
    ],
)
def test_nonsense_is_one_line_that_names_the_field(tmp_path, text, message):
    with pytest.raises(HoneError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(HoneError, match="cannot read"):
        from_toml(tmp_path / "none.toml", Train)
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(HoneError, match="is not TOML"):
        from_toml(tmp_path / "latin.toml", Train)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
configs = st.builds(
    Train,
    seed=st.integers(-(2**40), 2**40),
    name=words,
    verbose=st.booleans(),
    control=st.sampled_from(Control),
    policy=st.none() | st.just(Path("some/where")),
    limit=st.integers(0, 9),
    levels=st.lists(st.integers(0, 9)).map(tuple),
    weights=st.dictionaries(words, st.floats(allow_nan=False), max_size=3),
    rl=st.builds(Stage, steps=st.integers(0, 9), rate=st.floats(allow_nan=False)),
)


@given(configs)
def test_plain_data_and_toml_come_back_equal(config):
    assert from_dict(to_dict(config), Train) == config
    assert from_dict(tomllib.loads(to_toml(config)), Train) == config
