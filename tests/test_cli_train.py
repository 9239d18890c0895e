"""Settings of `hone train` in their layers, and where `hone eval` finds a policy."""

import tomllib
from pathlib import Path

import pytest

from hone.cli import main
from hone.commands.evaluate import policy_folder
from hone.commands.train import new_run_folder, parse_options
from hone.config import from_dict, to_dict
from hone.errors import HoneError
from hone.loop.config import Control, TrainConfig
from hone.store import RunDir


def toml(tmp_path: Path, text: str) -> str:
    file = tmp_path / "run.toml"
    file.write_text(text)
    return str(file)


def test_flags_win_over_the_file_and_the_file_over_the_defaults(tmp_path):
    file = toml(tmp_path, 'seed = 3\ncontrol = "low_temperature"\n[rl]\nsteps = 7\nsamples = 4\n')
    settings = parse_options(["--config", file, "--rl.samples", "6", "--out", "x"]).settings
    assert (settings.seed, settings.rl.steps, settings.rl.samples) == (3, 7, 6)
    assert settings.control is Control.LOW_TEMPERATURE
    assert settings.warm_start == TrainConfig().warm_start


def test_without_options_the_settings_are_the_defaults():
    assert parse_options([]).settings == TrainConfig()


def test_the_settings_can_be_shown_and_read_again(capsys, tmp_path):
    assert main(["train", "--show-config", "--seed", "5", "--rl.objective.clip.high", "0.3"]) == 0
    shown = capsys.readouterr().out
    again = from_dict(tomllib.loads(shown), TrainConfig)
    assert (again.seed, again.rl.objective.clip.high) == (5, 0.3)
    assert parse_options(["--config", toml(tmp_path, shown)]).settings == again


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[rl]\nstep = 3", "there is no field rl.step: did you mean rl.steps?"),
        ('seed = "three"', 'seed must be an integer, got the string "three"'),
        ("threads = 0", "threads is 0: give at least 1"),
        ("[rl]\nsteps = -1", "rl.steps is -1"),
        ('control = "shuffled"', 'control must be one of "none"'),
        ("seed = = 3", "is not TOML"),
    ],
)
def test_nonsense_in_the_file_is_one_line_and_code_2(tmp_path, capsys, text, line):
    assert main(["train", "--config", toml(tmp_path, text), "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert f"{tmp_path}/run.toml" in said
    assert line in said
    assert said.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--sead", "3"], "unrecognized options: --sead, 3 (did you mean --seed?)"),
        (["--seed", "x"], "error parsing --seed: an integer is wanted, not 'x'"),
        (["--rl.steps", "1.5"], "error parsing --rl.steps: an integer is wanted, not '1.5'"),
        (["--rl.learning-rate", "fast"], "error parsing --rl.learning-rate: a number is wanted, not 'fast'"),
        (["--rl.objective.clip.ceiling", "x"], "a number is wanted, not 'x'"),
        (["--evaluation.levels", "1", "x"], "error parsing --evaluation.levels: an integer is wanted, not 'x'"),
        (["--seed"], "missing value for argument '--seed'"),
        (["--threads", "0"], "threads is 0: give at least 1"),
        (["--config", "/nowhere.toml"], "cannot read /nowhere.toml: No such file or directory"),
        (["--resume", "/nowhere"], "there is no run at /nowhere"),
        (["--resume", "/nowhere", "--seed", "3"], "--resume goes on under the run's own settings"),
        (["--policy", "/nowhere"], "no policy at /nowhere"),
    ],
)
def test_nonsense_in_the_options_is_one_line_and_code_2(tmp_path, capsys, monkeypatch, arguments, line):
    monkeypatch.chdir(tmp_path)
    assert main(["train", *arguments]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_options_are_read_as_their_types_say():
    shape = ["--evaluation.levels", "1", "3", "--lora.targets", "q_proj", "v_proj"]
    settings = parse_options([*shape, "--rl.learning-rate", "1", "--policy", "a/b", "--rl.steps", "-0"]).settings
    assert settings.rl.learning_rate == 1.0
    assert type(settings.rl.learning_rate) is float
    assert (settings.evaluation.levels, settings.lora.targets) == ((1, 3), ("q_proj", "v_proj"))
    assert (settings.policy, settings.rl.steps) == (Path("a/b"), 0)


@pytest.mark.parametrize("none", ["none", "None"])
def test_what_a_file_sets_can_be_left_out_again(tmp_path, none):
    file = toml(tmp_path, 'policy = "a"\n[rl.objective.clip]\nceiling = 3.0\n[lora]\ntargets = ["x"]\n')
    given = ["--config", file, "--policy", none, "--rl.objective.clip.ceiling", none, "--lora.targets"]
    settings = parse_options(given).settings
    assert (settings.policy, settings.rl.objective.clip.ceiling, settings.lora.targets) == (None, None, ())


@pytest.mark.parametrize(
    "command", ["train", "eval", "export", "grade", "suite check", "suite show", "suite add", "study", "serve judge"]
)
def test_no_help_shows_how_python_spells_nothing(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    said = capsys.readouterr().out
    for ugly in ("{None}", "(default: None)", "(default: )", "(default: '')"):
        assert ugly not in said


def test_a_resumed_run_keeps_its_own_settings(tmp_path):
    RunDir.create(tmp_path / "run", to_dict(TrainConfig(seed=9)), version="0", seed=9).close()
    options = parse_options(["--resume", str(tmp_path / "run")])
    assert (options.settings.seed, options.resume) == (9, tmp_path / "run")


def test_a_new_run_never_meets_an_old_one(tmp_path):
    first = new_run_folder(tmp_path)
    first.mkdir()
    assert new_run_folder(tmp_path) != first


def save(folder: Path) -> None:
    (folder / "policy").mkdir()
    (folder / "policy" / "config.json").write_text("{}")


def test_eval_takes_a_run_a_checkpoint_or_a_plain_folder(tmp_path):
    with RunDir.create(tmp_path / "run", {}, version="0", seed=0) as run:
        run.save_checkpoint("warm_start", save)
        newest = run.save_checkpoint("rl", save)
    assert policy_folder(tmp_path / "run") == newest.path / "policy"
    assert policy_folder(newest.path) == newest.path / "policy"
    assert policy_folder(tmp_path) == tmp_path


def test_eval_refuses_a_run_without_a_checkpoint_and_a_checkpoint_cut_in_half(tmp_path):
    with RunDir.create(tmp_path / "run", {}, version="0", seed=0) as run:
        with pytest.raises(HoneError, match="has no checkpoint yet: let it go on"):
            policy_folder(run.path)
        saved = run.save_checkpoint("rl", save)
    (saved.path / "policy" / "config.json").write_text("{")
    with pytest.raises(HoneError, match=r"is damaged: policy/config.json has 1 bytes of 2"):
        policy_folder(saved.path)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["/nowhere"], "no policy at /nowhere"),
        ([".", "--samples", "0"], "--samples is 0: give at least 1"),
        ([".", "--temperature", "0"], "--temperature is 0.0"),
    ],
)
def test_nonsense_to_evaluate_is_one_line_and_code_2(capsys, arguments, line):
    assert main(["eval", *arguments]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parent.parent / "examples").glob("*.toml")), ids=lambda f: f.name
)
def test_every_example_can_be_trained_with(file):
    assert parse_options(["--config", str(file)]).settings.curriculum.mix.trained()
