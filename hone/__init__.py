"""Hone makes code models better against executable truth.

The judge alone (`Judge`, `Task`) needs neither torch nor transformers; they are imported with the verbs that train.
"""

import importlib
from typing import TYPE_CHECKING

from hone.tasks.program import Program
from hone.tasks.properties import Property
from hone.tasks.speed import SpeedCheck
from hone.tasks.task import CallCheck, Compare, CompareOutput, StdioCheck, Task
from hone.verdict.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from hone.loop.config import TrainConfig
    from hone.loop.evaluation.evaluate import evaluate
    from hone.loop.run import train
    from hone.loop.study import study
    from hone.tasks.families import task_from_id
    from hone.tasks.suites import load_suite
    from hone.verdict.async_judge import AsyncJudge
    from hone.verdict.judge import Judge

__version__ = "0.1.0"

_LATER = {
    "AsyncJudge": "hone.verdict.async_judge",
    "Judge": "hone.verdict.judge",
    "TrainConfig": "hone.loop.config",
    "evaluate": "hone.loop.evaluation.evaluate",
    "load_suite": "hone.tasks.suites",
    "study": "hone.loop.study",
    "task_from_id": "hone.tasks.families",
    "train": "hone.loop.run",
}

__all__ = [
    "AsyncJudge",
    "CallCheck",
    "Compare",
    "CompareOutput",
    "Judge",
    "Outcome",
    "Program",
    "Property",
    "SpeedCheck",
    "StdioCheck",
    "Task",
    "TrainConfig",
    "Verdict",
    "evaluate",
    "load_suite",
    "study",
    "task_from_id",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module 'hone' has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)
