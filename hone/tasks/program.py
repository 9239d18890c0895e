"""What a policy wrote."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """One candidate: its source, the task it answers, and who wrote it and how."""

    source: str
    task_id: str
    author: str = "unknown"
    """The policy that wrote it: a checkpoint's path, a model's name, `human`."""
    how: str = "given"
    """`sampled`, `greedy`, `search`, `repair`, `given` …"""
