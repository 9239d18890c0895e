"""Proves tasks fair before anyone trains on them.

`check` asks the judge about the programs of `probes`, `sight` reads the task, `duplicates` looks for tasks that are
nearly others, `journal` remembers, `report` is what comes of it. docs/tasks.md says what puts a task into quarantine.
"""

from hone.tasks.certify.check import Certification, check_suite, check_tasks
from hone.tasks.certify.duplicates import Others
from hone.tasks.certify.journal import Journal
from hone.tasks.certify.probes import cheats, stub_of
from hone.tasks.certify.report import Quarantined, SuiteReport, TaskReport

__all__ = [
    "Certification",
    "Journal",
    "Others",
    "Quarantined",
    "SuiteReport",
    "TaskReport",
    "cheats",
    "check_suite",
    "check_tasks",
    "stub_of",
]
