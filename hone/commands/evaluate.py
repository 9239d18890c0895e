"""`hone eval`: score a run's policy, a checkpoint, or any Hugging Face causal LM, on tasks it never saw.

Verdicts are kept in a store as they come, so that the same command goes on after any kind of end.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from hone.commands.parse import OptionalPath, OptionalText, parse
from hone.commands.results_table import show_results
from hone.errors import Boundary, HoneError
from hone.interrupt import telling
from hone.loop.evaluation.digests import folder_digest, tasks_digest
from hone.policy.completions import Route
from hone.policy.folder import check_policy
from hone.policy.remote import RemotePolicy
from hone.policy.sampling import Sampling
from hone.progress import Progress, Status
from hone.store.checkpoints import MANIFEST, latest_checkpoint, verify_checkpoint
from hone.store.places import check_file
from hone.store.run_dir import CONFIG, read_config
from hone.tasks.families import HELD_OUT, TaskMix
from hone.tasks.suites.packages import packages_for
from hone.tasks.task import Task

if TYPE_CHECKING:
    from hone.loop.evaluation.evaluate import Chunk, TaskScore
    from hone.loop.evaluation.kept import KeptEvaluation


@dataclass(frozen=True)
class EvalOptions:
    """What `hone eval` takes."""

    policy: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="POLICY")]
    """a run, one of its checkpoints, the folder of a Hugging Face causal LM, or the address of an OpenAI-compatible
    server, such as http://127.0.0.1:8000/v1"""
    model: OptionalText = ""
    """what the server calls the model; a key that it wants is read from the environment variable HONE_API_KEY"""
    route: Route = Route.CHAT
    """how tasks are put to the server: chat, completion (base models), plain (Hone's embedded model)"""
    suite: OptionalText = ""
    """a public suite, or tasks of one's own (.jsonl, .py, or a folder), in place of the held-out generated tasks"""
    suites: OptionalPath = None
    """folder of public suites (default: $HONE_SUITES)"""
    tasks: str = "composed:1-4"
    """generated tasks to measure on, such as strings:1-3,services:1; their held-out splits are taken"""
    n: int = 100
    """tasks of each level, or of the suite"""
    samples: int = 8
    """programs for each task"""
    k: tuple[int, ...] = (1, 8, 64)
    """report the unbiased pass@k for each of these up to --samples"""
    temperature: float = 1.0
    """of the sampled programs"""
    top_k: int = 0
    """draw from this many likeliest tokens; 0 from all"""
    top_p: float = 1.0
    """draw from the likeliest tokens that hold this share of the probability"""
    min_p: float = 0.0
    """draw from tokens at least this share as likely as the likeliest"""
    stop: tuple[str, ...] = ()
    """texts that end an answer"""
    max_new_tokens: int = 96
    """length limit of a program; answers of chat models need hundreds"""
    seed: int = 7
    """of the samples"""
    device: str = "cpu"
    """where to compute: cpu, cuda"""
    workers: int = len(os.sched_getaffinity(0))
    """jails that run programs side by side"""
    out: OptionalPath = None
    """SQLite file that keeps programs and verdicts; an evaluation that was cut off goes on from it (default: a file in
    evals/ that is named for what is measured)"""
    json: bool = False
    """print a JSON object, and nothing else"""

    def __post_init__(self) -> None:
        for name in ("n", "samples", "max_new_tokens", "workers"):
            if getattr(self, name) < 1:
                option = f"--{name.replace('_', '-')}"
                raise HoneError(Boundary.USER, f"{option} is {getattr(self, name)}", "give at least 1")
        if not self.k or min(self.k) < 1:
            raise HoneError(Boundary.USER, f"--k is {' '.join(map(str, self.k))}", "give numbers from 1")
        if self.temperature <= 0 or self.sampling.greedy:  # NaN and impossible filters are refused by `Sampling`
            hint = "give more than 0; greedy programs are scored beside the sampled ones"
            raise HoneError(Boundary.USER, f"--temperature is {self.temperature}", hint)
        if not all(self.stop):
            raise HoneError(Boundary.USER, "--stop holds an empty text", "leave it out")
        if self.model and not self.is_remote:
            raise HoneError(Boundary.USER, f"--model for {self.policy}", "it is for a server's address; leave it out")

    @property
    def sampling(self) -> Sampling:
        """Of the sampled programs."""
        return Sampling(self.temperature, self.top_k, self.top_p, self.min_p)

    @property
    def is_remote(self) -> bool:
        """Whether the policy is an address."""
        return self.policy.startswith(("http://", "https://"))


def run(arguments: list[str]) -> int:
    """Evaluate and print; returns 0."""
    description = "Score a policy on held-out compositions and depths, or on a public suite: greedy and sampled."
    options = parse(EvalOptions, arguments, prog="hone eval", description=description)
    policy = remote_policy(options) if options.is_remote else check_policy(policy_folder(Path(options.policy)))
    if options.out is not None:
        check_file(options.out)
    with telling(lambda: "nothing was begun"):
        groups = list(task_groups(options))
        found = measure(options, policy, groups)
    if found["not_graded"]:
        told = f"{found['not_graded']} programs could not be graded and are in no figure"
        print(f"hone: {told}: give the command again to try those tasks again", file=sys.stderr)
    if options.json:
        print(json.dumps(found))
    else:
        name = short_name(options)
        show_results({"stages": {name: found["splits"]}, "domains": {name: found["domains"]}})
    return 0


def policy_folder(path: Path) -> Path:
    """The folder of a Hugging Face causal LM: in a run's newest whole checkpoint, in a checkpoint, or `path` itself.

    Raises:
        HoneError: the run has no checkpoint yet, or the checkpoint is damaged.
    """
    if (path / MANIFEST).is_file():
        return verify_checkpoint(path).path / "policy"
    if (path / "checkpoints").is_dir() and (path / CONFIG).is_file():
        read_config(path)
        newest = latest_checkpoint(path / "checkpoints")
        if newest is None:
            raise HoneError(Boundary.USER, f"{path} has no checkpoint yet", f"let it go on: hone train --resume {path}")
        return newest.path / "policy"
    return path


def remote_policy(options: EvalOptions) -> RemotePolicy:
    """The policy at an address.

    Raises:
        HoneError: the address is none, or no model is named.
    """
    return RemotePolicy(options.policy, options.model, options.route)


def short_name(options: EvalOptions) -> str:
    """What tables and files call the policy."""
    if options.is_remote:
        return re.sub(r"[^\w.-]+", "-", options.model)
    return Path(options.policy).absolute().name


def task_groups(options: EvalOptions) -> Iterator[tuple[str, str, list[Task]]]:
    """Split, level and tasks: the held-out ones, or those of a suite.

    Raises:
        HoneError: the suite is unknown or broken.
    """
    if options.suite:
        from hone.tasks.suites import load_suite

        yield options.suite, "all", list(load_suite(options.suite, options.suites).tasks[: options.n])
        return
    mix = TaskMix.parse(options.tasks)
    for split in HELD_OUT:
        for level in mix.levels_in(split):
            if level <= max(asked for _, asked in mix.cells):
                yield str(split), str(level), mix.some_tasks(split, level, options.n)


def measure(
    options: EvalOptions, policy: Path | RemotePolicy, groups: list[tuple[str, str, list[Task]]]
) -> dict[str, Any]:
    """`{"policy", "store", "not_graded", "splits", "domains", "outcomes", "tasks"}`, as docs/suites.md says.

    Raises:
        HoneError: the policy cannot be read, the jail does not work, or the store is of another evaluation.
    """
    from hone import __version__

    with Progress() as progress:
        # torch is imported only once the options, the checkpoint and the tasks are known to be good.
        progress.working("loading torch and transformers")
        from hone.loop.evaluation.evaluate import by_domain, chunk_starts, joined
        from hone.loop.evaluation.kept import KeptEvaluation

    settings = {
        "policy": folder_digest(policy) if isinstance(policy, Path) else [policy.url, policy.model, str(policy.route)],
        "tasks": {f"{split}:{level}": tasks_digest(tasks) for split, level, tasks in groups},
        **{name: getattr(options, name) for name in ("samples", "temperature", "max_new_tokens", "seed", "device")},
        **_unusual(options),
    }
    path = options.out or default_store(options, settings)
    splits: dict[str, dict[str, Any]] = {}
    outcomes: dict[str, dict[str, Any]] = {}
    scores: dict[str, list[Any]] = {}
    all_scores: list[TaskScore] = []
    not_graded = 0
    with KeptEvaluation(path, settings, version=__version__) as kept, telling(lambda: _left_in(kept, groups)):
        wanted = {f"{split}:{level}": chunk_starts(len(tasks)) for split, level, tasks in groups}
        missing = any(start not in kept.chunks(stage) for stage, starts in wanted.items() for start in starts)
        fresh = _measure_missing(options, policy, groups, kept) if missing else {}
        for split, level, _ in groups:
            stage = f"{split}:{level}"
            chunks = {**fresh.get(stage, {}), **kept.chunks(stage)}
            found = joined(chunk for _, chunk in sorted(chunks.items()))
            not_graded += sum(chunk.not_graded for chunk in chunks.values())
            metrics = found.metrics(tuple(sorted(set(options.k))))
            splits.setdefault(split, {})[level] = {name: value.to_json() for name, value in metrics.items()}
            outcomes.setdefault(split, {})[level] = found.outcomes
            all_scores += found.scores
            scores[stage] = [[s.task, s.greedy, s.samples, s.passes, s.visible_passes] for s in found.scores]
    return {
        "policy": options.policy,
        "store": str(path),
        "not_graded": not_graded,
        "splits": splits,
        "domains": {} if options.suite else by_domain(all_scores),
        "outcomes": outcomes,
        "tasks": scores,
    }


def _left_in(kept: "KeptEvaluation", groups: list[tuple[str, str, list[Task]]]) -> str:
    if not any(kept.chunks(f"{split}:{level}") for split, level, _ in groups):
        return "nothing was measured yet"
    return f"programs and verdicts are kept in {kept.path}: give the command again to go on"


def _unusual(options: EvalOptions) -> dict[str, Any]:
    """Settings of sampling that are not at their defaults: stores from before there were any stay good."""
    given = {"top_k": options.top_k, "top_p": options.top_p, "min_p": options.min_p, "stop": list(options.stop)}
    return {name: value for name, value in given.items() if value != getattr(Sampling(), name, [])}


def default_store(options: EvalOptions, settings: Mapping[str, Any]) -> Path:
    """Where an evaluation is kept unless `--out` says: other weights, tasks or settings are another file."""
    key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
    name = Path(options.suite).stem if options.suite else "generated"
    return Path("evals", f"{short_name(options)}-{name}-{key}.sqlite")


def _measure_missing(
    options: EvalOptions,
    source: Path | RemotePolicy,
    groups: list[tuple[str, str, list[Task]]],
    kept: "KeptEvaluation",
) -> dict[str, dict[int, "Chunk"]]:
    """Measure the chunks that are not kept yet, and keep each at once; returned are those that were measured."""
    from hone.episodes.author import LocalAuthor, RemoteAuthor
    from hone.loop.evaluation.evaluate import evaluate_chunks, never_differs
    from hone.policy.allocator import keep_freed_memory
    from hone.policy.policy import Policy
    from hone.verdict.judge import Judge

    keep_freed_memory()
    packages = packages_for(task for _, _, tasks in groups for task in tasks)
    fresh: dict[str, dict[int, Chunk]] = {}
    alike: list[bool] = []
    with ExitStack() as stack:
        progress = stack.enter_context(Progress())
        progress.working("loading the policy")
        author = LocalAuthor(Policy.load(source, options.device)) if isinstance(source, Path) else RemoteAuthor(source)
        progress.working("starting jails")
        judge = stack.enter_context(Judge(workers=options.workers, static=False, flakiness=None, packages=packages))
        for split, level, tasks in groups:
            stage, shown = f"{split}:{level}", f"evaluating {split.replace('_', ' ')}, level {level}"
            for start, chunk in evaluate_chunks(
                author,
                judge,
                tasks,
                samples=options.samples,
                max_new_tokens=options.max_new_tokens,
                sampling=options.sampling,
                stop=options.stop,
                seed=options.seed,
                on_progress=lambda done, total, shown=shown: progress.update(Status(shown, done, total)),
                done=kept.chunks(stage),
            ):
                kept.keep(stage, start, chunk)
                fresh.setdefault(stage, {})[start] = replace(chunk, episodes=())
                alike.append(options.samples > 1 and never_differs(chunk))
    if options.is_remote and alike and all(alike):
        told = "no task got two different sampled programs: does the server sample?"
        print(f"hone: {told} docs/generation.md names servers that need a setting for it", file=sys.stderr)
    return fresh
