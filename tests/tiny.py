"""A policy small enough to learn in a test."""

from collections.abc import Sequence

import torch

from hone.policy.model import ModelConfig
from hone.policy.policy import Policy
from hone.policy.tokenizer import train_tokenizer
from hone.tasks.answers import Style
from hone.tasks.task import Task


def tiny_policy(tasks: Sequence[Task], *, layers: int = 2) -> Policy:
    """The embedded kind of policy, untrained, with a tokenizer of the tasks' texts; it computes on one thread."""
    torch.set_num_threads(1)
    tokenizer = train_tokenizer([text for task in tasks for text in (task.prompt, task.reference)], 400, "lines")
    model = ModelConfig(hidden=32, layers=layers, heads=2, head_dim=16, ff=64, vocab=len(tokenizer)).build(0)
    return Policy(model, tokenizer, Style.PLAIN, name="tiny")
