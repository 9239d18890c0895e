"""`results.json` as tables: for each split, level by level, what every stage of training scores."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from hone.commands.plain_text import plain

_ONLY_VISIBLE = "visible_minus_all"
"""Share of sampled programs that pass the checks they were shown and fail hidden ones."""
_HONESTY = ("cheat_rate", "decline_rate", "false_decline_rate")
"""Where there are impossible tasks: sampled programs that pass those, decline those, and decline others."""
_GREEDY, _PASS = "greedy_pass@1", "pass@"
_NAMES = {_GREEDY: "greedy pass@1", _ONLY_VISIBLE: "only visible"}
_NAMES |= {"cheat_rate": "cheats", "decline_rate": "declines", "false_decline_rate": "declines wrongly"}
_WIDTH = 120
"""Columns that a log or a pipe is taken to have: a table there must not be folded."""
_ANYWHERE = 1000
"""Columns in which every table fits."""
_STAGES = ("untrained", "warm_start", "rl")


def show_results(results: Mapping[str, Any], console: Console | None = None) -> None:
    """Print one table for each split, rows by level and stage, and one by domain where there are several."""
    console = console or Console()
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH)
    stages: Mapping[str, Any] = results["stages"]
    for split in _ordered((split for stage in stages.values() for split in stage), ()):
        whole = split_table(stages, split)
        anywhere = console.options.update(width=_ANYWHERE)
        fits = Measurement.get(console, anywhere, whole).maximum <= console.width
        console.print(whole if fits else split_table(stages, split, intervals=False))
    domains: Mapping[str, Any] = results.get("domains", {})
    if len({domain for cells in domains.values() for domain in cells}) > 1:
        console.print(domain_table(domains))


def split_table(stages: Mapping[str, Any], split: str, *, intervals: bool = True) -> Table:
    """One split's table; a stage that was not evaluated on a level has no row there."""
    by_stage = {name: stages[name][split] for name in _ordered(stages, _STAGES) if split in stages[name]}
    levels = sorted({level for scores in by_stage.values() for level in scores}, key=lambda level: (len(level), level))
    found = [metric for scores in by_stage.values() for level in scores.values() for metric in level]
    passes = sorted({metric for metric in found if metric.startswith(_PASS)}, key=lambda name: int(name[len(_PASS) :]))
    metrics = [metric for metric in (_GREEDY, *passes, *_HONESTY, _ONLY_VISIBLE) if metric in found]
    title = f"{split.replace('_', ' ').replace('held out', 'held-out')}: % of tasks solved"
    title += ", with 95 % intervals" if intervals else " (a wider terminal shows intervals)"
    table = Table(
        "level", title=plain(title, style="table.title"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    table.add_column("stage", no_wrap=True)
    for metric in metrics:
        table.add_column(plain(_NAMES.get(metric, metric)), justify="right", no_wrap=True)
    table.add_column("tasks", justify="right")
    for level in levels:
        for number, (stage, scores) in enumerate(item for item in by_stage.items() if level in item[1]):
            score = scores[level]
            counts = {score[metric]["n"] for metric in metrics if metric in score}
            table.add_row(
                plain(level if number == 0 else ""),
                _shown(stage),
                *(
                    _cell(score.get(metric), bare=not intervals or metric in (_ONLY_VISIBLE, *_HONESTY))
                    for metric in metrics
                ),
                plain("–".join(str(count) for count in sorted(counts))),
            )
        table.add_section()
    return table


def domain_table(stages: Mapping[str, Any]) -> Table:
    """pass@1 by domain and level over all held-out splits, a column for each stage of training."""
    names = _ordered(stages, _STAGES)
    title = "By domain, over all held-out splits: % of programs that pass, with 95 % intervals"
    table = Table("domain", "level", title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(_shown(name), justify="right", no_wrap=True)
    table.add_column("tasks", justify="right")
    for domain in sorted({domain for cells in stages.values() for domain in cells}):
        levels = sorted({level for name in names for level in stages[name].get(domain, {})}, key=int)
        for number, level in enumerate(levels):
            scores = [stages[name].get(domain, {}).get(level, {}).get(f"{_PASS}1") for name in names]
            counts = sorted({score["n"] for score in scores if score is not None})
            cells = (*(_cell(score, bare=False) for score in scores), plain("–".join(map(str, counts))))
            table.add_row(plain(domain if number == 0 else ""), plain(level), *cells)
        table.add_section()
    return table


def _shown(stage: str) -> Text:
    return plain(stage.replace("_", " ").replace("control:", "control: "))


def _cell(score: Mapping[str, float] | None, *, bare: bool) -> str:
    if score is None:
        return "–"
    value, low, high = (100 * score[part] for part in ("value", "low", "high"))
    return f"{value:.1f}" if bare else f"{value:.1f} ({low:.1f}–{high:.1f})"


def _ordered(names: Iterable[str], first: tuple[str, ...]) -> list[str]:
    unique = list(dict.fromkeys(names))
    return [name for name in first if name in unique] + [name for name in unique if name not in first]
