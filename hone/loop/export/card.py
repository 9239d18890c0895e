"""The model card: what a policy is, how it was made, what it scores, and what it is not for.

The front matter is that of the Hugging Face Hub. Whatever comes out of the run's files (names, settings, figures) is
data: it stands in code spans, in fences longer than any in it, or as numbers, and is never read as Markdown or HTML.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from hone.config import from_dict, to_toml
from hone.errors import Boundary, HoneError
from hone.loop.config import TrainConfig
from hone.policy.prompts import request_text
from hone.tasks.answers import Style
from hone.tasks.families import HELD_OUT, Split
from hone.tasks.task import Task

METRICS = ("greedy_pass@1", "pass@1", "pass@8", "pass@64", "visible_minus_all", "cheat_rate", "decline_rate")
"""Figures that a card shows, as far as the run has them."""


@dataclass(frozen=True)
class Origin:
    """Where a policy comes from: the run's files, and the checkpoint among them."""

    config: Mapping[str, Any]
    """`config.json` of the run."""
    results: Mapping[str, Any]
    """`results.json`, or `{"stages": {}}` where there is none yet."""
    lines: Sequence[Mapping[str, Any]]
    """`metrics.jsonl`, as far as the checkpoint."""
    checkpoint: str
    stage: str
    step: int
    whole: bool
    """The checkpoint is the end of its stage: the stage's figures are those of these weights."""
    style: Style
    has_template: bool
    """The tokenizer has a chat template."""


def model_card(origin: Origin) -> str:
    """The text of `README.md`.

    Raises:
        HoneError: a file of the run holds something else than a run writes.
    """
    settings = from_dict(origin.config["settings"], TrainConfig, "config.json")
    try:
        figures, alarms = _figures(origin), _alarms(origin)
        front, training, scores = _front(origin, settings, figures), _training(origin), _scores(origin, figures)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"results.json or metrics.jsonl is not what a run writes: {error!r}"
        raise HoneError(Boundary.DISK, what, "restore them from a copy") from error
    start = "a model built from scratch" if settings.policy is None else code(settings.policy.name)
    place = f"the end of stage {code(origin.stage)}" if origin.whole else f"step {origin.step} of {code(origin.stage)}"
    facts = [
        ("run", code(str(origin.config["run"]), table=True)),
        ("weights", f"checkpoint {code(origin.checkpoint, table=True)}: {place}"),
        ("started from", start),
        ("made with", f"Hone {code(str(origin.config['version']), table=True)}"),
        ("seed", str(settings.seed)),
        ("tasks", code(settings.curriculum.tasks, table=True)),
        ("licence of the training tasks", code(", ".join(_licences(settings)), table=True)),
        *training,
    ]
    shown = to_toml(settings if settings.policy is None else replace(settings, policy=Path(settings.policy.name)))
    parts = [
        f"---\n{front.to_yaml()}\n---",
        "# A policy that writes programs, trained with Hone",
        "Hone trains code models by executing what they write: every program was judged in a sandbox on visible and "
        "hidden checks, and the verdict was the reward.",
        _table(("", ""), facts),
        "## How to load it",
        _how_to_load(origin, settings),
        "## What it scores",
        scores,
        "## Alarms while it was trained",
        alarms,
        "## Intended use, and limits",
        _limits(settings),
        "## Settings",
        fenced(shown, "toml"),
        "## Publishing it",
        "This folder is complete: `hf upload NAME/OF-REPOSITORY PATH/OF/THIS/FOLDER` publishes it. Hone never does.",
    ]
    return "\n\n".join(parts) + "\n"


def code(text: str, *, table: bool = False) -> str:
    """Foreign text as one line of inline code, in which nothing is markup.

    Args:
        table: it stands in a table, where a bar needs a backslash even in code.
    """
    line = _one_line(text) or " "
    fence = "`" * (_longest_run(line) + 1)
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line.replace('|', chr(92) + '|') if table else line}{padding}{fence}"


def fenced(text: str, language: str = "") -> str:
    """Foreign text as a block of code that it cannot end."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


_Figure = tuple[str, str, str, str, Mapping[str, Any]]
"""Stage, split, level, metric; value, low, high and n."""


def _figures(origin: Origin) -> list[_Figure]:
    """Of the stages that the weights went through."""
    stages = list(origin.results["stages"])
    if origin.stage in stages:
        stages = stages[: stages.index(origin.stage) + origin.whole]
    return [
        (str(stage), _one_line(str(split)), _one_line(str(level)), metric, scores[metric])
        for stage in stages
        for split, levels in origin.results["stages"][stage].items()
        for level, scores in levels.items()
        for metric in METRICS
        if metric in scores
    ]


def _front(origin: Origin, settings: TrainConfig, figures: Sequence[_Figure]) -> ModelCardData:
    ours = [figure for figure in figures if origin.whole and figure[0] == origin.stage]
    # A line of dashes, even in a string of YAML's, would end the front matter.
    name = _one_line(str(origin.config["run"]))
    built = settings.policy is None
    return ModelCardData(
        license="apache-2.0" if built else "other",
        license_name=None if built else "that-of-the-model-it-was-trained-from",
        library_name="transformers",
        pipeline_tag="text-generation",
        language="en",
        tags=["code", "python", "reinforcement-learning", "verifiable-rewards", "hone"],
        model_name=name,
        eval_results=[
            EvalResult(
                task_type="text-generation",
                task_name="Writing Python programs",
                dataset_type="hone",
                dataset_config=f"level {level}",
                dataset_split=split,
                dataset_name=f"Hone, {split.replace('_', ' ')}, level {level}",
                metric_type=metric,
                metric_value=round(float(score["value"]), 4),
            )
            for _, split, level, metric, score in ours
        ]
        or None,
    )


def _training(origin: Origin) -> list[tuple[str, str]]:
    """How long each stage learned, by the metrics."""
    rows = []
    for stage in dict.fromkeys(str(line["stage"]) for line in origin.lines):
        lines = [line for line in origin.lines if line["stage"] == stage]
        seconds = sum(
            float(line.get("time", {}).get(part, 0.0)) for line in lines for part in ("write", "wait", "learn")
        )
        rows.append((f"stage {code(stage, table=True)}", f"{len(lines)} steps, {seconds / 60:.1f} minutes"))
    return rows


def _alarms(origin: Origin) -> str:
    told = [
        f"- step {int(line['step'])} of {code(str(line['stage']))}: {code(str(words))}"
        for line in origin.lines
        for words in line.get("alarms", {}).values()
    ]
    return "\n".join(told) or "None."


def _licences(settings: TrainConfig) -> list[str]:
    mix = settings.curriculum.mix
    tasks = [task for level in mix.levels_in(Split.TRAIN) for task in mix.some_tasks(Split.TRAIN, level, 1)]
    return sorted({task.licence for task in tasks})


def _example(settings: TrainConfig) -> Task:
    mix = settings.curriculum.mix
    for split in (*HELD_OUT, Split.TRAIN):
        for level in mix.levels_in(split):
            return mix.some_tasks(split, level, 1)[0]
    raise AssertionError("a run without tasks")


def _how_to_load(origin: Origin, settings: TrainConfig) -> str:
    task = _example(settings)
    request = request_text(task, origin.style, has_template=origin.has_template)
    lines = [
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        "",
        'path = "."  # this folder, or its name on the Hub',
        "tokenizer = AutoTokenizer.from_pretrained(path)",
        "model = AutoModelForCausalLM.from_pretrained(path)",
        f"request = {json.dumps(request)}",
    ]
    if origin.style is Style.CHAT and origin.has_template:
        lines += [
            'messages = [{"role": "user", "content": request}]',
            "text = tokenizer.apply_chat_template(",
            "    messages, add_generation_prompt=True, tokenize=False, enable_thinking=False",
            ")",
            'ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]',
        ]
    elif origin.style is Style.CHAT:
        lines += [
            'start = tokenizer.bos_token or ""',
            'ids = tokenizer(start + request, add_special_tokens=False, return_tensors="pt")["input_ids"]',
        ]
    else:
        lines += [
            'text = f"<|bos|>{request}<|sep|>"',
            'ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]',
        ]
    lines += [
        f"written = model.generate(ids, max_new_tokens={settings.rl.max_new_tokens}, do_sample=False)",
        "print(tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True))",
    ]
    return fenced("\n".join(lines), "python")


def _scores(origin: Origin, figures: Sequence[_Figure]) -> str:
    if not figures:
        return "It was not evaluated yet."
    metrics = [metric for metric in METRICS if any(figure[3] == metric for figure in figures)]
    rows: dict[tuple[str, str, str], dict[str, Mapping[str, Any]]] = {}
    for stage, split, level, metric, score in figures:
        rows.setdefault((split, level, stage), {})[metric] = score
    body = [
        (
            code(split, table=True),
            code(level, table=True),
            code(stage, table=True),
            *(_cell(scores.get(metric)) for metric in metrics),
            str(max(int(score["n"]) for score in scores.values())),
        )
        for (split, level, stage), scores in sorted(rows.items(), key=lambda row: row[0][:2])
    ]
    words = (
        "Percent of tasks solved, with 95 % intervals over tasks, on generated tasks that nothing was learned from. "
        "`pass@k` is the unbiased estimate from programs sampled at temperature 1; `visible_minus_all` is the share of "
        "programs that pass what they were shown and fail hidden checks."
    )
    for stage, temperature in dict(origin.results.get("temperature", {})).items():
        if float(temperature) != 1 and stage in {figure[0] for figure in figures}:
            words += f" Stage {code(str(stage))} was sampled at temperature {float(temperature):g}."
    if not origin.whole:
        words += f" The weights in this folder, step {origin.step} of {code(origin.stage)}, were not evaluated."
    return f"{words}\n\n{_table(('split', 'level', 'stage', *(code(m) for m in metrics), 'tasks'), body)}"


def _cell(score: Mapping[str, Any] | None) -> str:
    if score is None:
        return "–"
    value, low, high = (100 * float(score[part]) for part in ("value", "low", "high"))
    return f"{value:.1f} ({low:.1f}–{high:.1f})"


def _limits(settings: TrainConfig) -> str:
    embedded = (
        "It is a small model that was built from scratch and has seen nothing but Hone's generated tasks: it knows "
        "neither English nor Python beyond them."
    )
    given = "What holds of the model that it was trained from holds of it, too: its licence, its limits, its biases."
    items = [
        "For research into learning from execution, and as a baseline on Hone's tasks.",
        embedded if settings.policy is None else given,
        f"It was trained and measured on the tasks {code(settings.curriculum.tasks)} only; the figures say nothing of "
        "other tasks.",
        "A program that passes its checks may still be wrong. Run what it writes in a sandbox, and never on data that "
        "matters.",
    ]
    return "\n".join(f"- {item}" for item in items)
