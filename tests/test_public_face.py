"""`import hone` is light, and every name that it promises is there."""

import subprocess
import sys

import hone


def test_the_judge_needs_neither_torch_nor_transformers():
    code = (
        "import sys, hone, hone.verdict.judge, hone.tasks.suites, hone.tasks.families, hone.loop.config\n"
        "hone.Judge, hone.Task, hone.TrainConfig\n"
        "print([name for name in ('torch', 'transformers', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_promised_name_is_there():
    for name in hone.__all__:
        assert getattr(hone, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(hone, "nothing")
