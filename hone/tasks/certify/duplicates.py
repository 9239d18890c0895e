"""Tasks that are nearly others: what is trained on must not be what is measured on.

MinHash (Broder 1997) finds candidates among shingles of words, and the shingles themselves decide by their Jaccard
similarity. Prompts are compared as they are; programs with their names and texts taken out, for a renamed solution is
the same solution.
"""

import io
import keyword
import re
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rensa import RMinHash, RMinHashLSH  # ty: ignore[missing-module-member]  # a compiled module

from hone.tasks.families import Split
from hone.tasks.task import Task

_SHINGLE = 4
"""Words of a shingle."""
_FEWEST = 16
"""Shingles below which a text says too little to be a duplicate of anything."""
_PERMUTATIONS, _BANDS = 128, 32
ALIKE = 0.75
"""Jaccard similarity from which two tasks are near-duplicates."""


@dataclass(frozen=True)
class Alike:
    """Two tasks that are nearly one."""

    task: str
    other: str
    by: str
    """`prompt` or `reference`."""
    similarity: float

    def __str__(self) -> str:
        return f"near-duplicate: its {self.by} is {self.similarity:.0%} that of {self.other}"


class Others:
    """Tasks that others must not be nearly the same as; indexed once, asked about many."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        """Index the tasks by each measure."""
        self._indexes = {
            by: _Index({task.id: shingles_of(task) for task in tasks}) for by, shingles_of in _MEASURES.items()
        }

    def near(self, tasks: Sequence[Task]) -> list[Alike]:
        """For each of `tasks` that is nearly one of these, the nearest of them."""
        found: dict[str, Alike] = {}
        for by, index in self._indexes.items():
            for task in tasks:
                nearest = index.nearest(_MEASURES[by](task))
                if nearest and (task.id not in found or nearest[1] > found[task.id].similarity):
                    found[task.id] = Alike(task.id, nearest[0], by, nearest[1])
        return list(found.values())


def across_splits(tasks: Sequence[Task]) -> list[Alike]:
    """Held-out tasks whose reference is that of a task which is trained on, whatever the function is called.

    Tasks of one family differ in few words by design, so only the same program counts here.
    """
    trained: dict[str, str] = {}
    for task in tasks:
        if task.reference and _is_trained_on(task):
            trained.setdefault(_renamed(task), task.id)
    held_out = [
        task for task in tasks if task.reference and task.source.startswith("hone (") and not _is_trained_on(task)
    ]
    known = ((task, trained.get(_renamed(task))) for task in held_out)
    return [Alike(task.id, other, "reference", 1.0) for task, other in known if other is not None]


def _is_trained_on(task: Task) -> bool:
    return task.source in (f"hone ({Split.TRAIN})", f"hone ({Split.VALIDATION})")


def _renamed(task: Task) -> str:
    return re.sub(rf"\b{re.escape(task.entry_point)}\b", "f", task.reference)


class _Index:
    """Sets of shingles by name, and the nearest to another."""

    def __init__(self, sets: Mapping[str, frozenset[str]]) -> None:
        self._named = [(name, shingles) for name, shingles in sets.items() if len(shingles) >= _FEWEST]
        self._near = RMinHashLSH(ALIKE, _PERMUTATIONS, _BANDS)
        for number, (_, shingles) in enumerate(self._named):
            self._near.insert(number, _minhash(shingles))

    def nearest(self, shingles: frozenset[str]) -> tuple[str, float] | None:
        """Name and similarity of the nearest set that is at least `ALIKE`."""
        if len(shingles) < _FEWEST:
            return None
        candidates = (self._named[number] for number in self._near.query(_minhash(shingles)))
        alike = [(_jaccard(shingles, theirs), name) for name, theirs in candidates]
        similarity, name = max(alike, default=(0.0, ""))
        return (name, similarity) if similarity >= ALIKE else None


def _minhash(shingles: frozenset[str]) -> RMinHash:
    made = RMinHash(num_perm=_PERMUTATIONS, seed=7)
    made.update(sorted(shingles))
    return made


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _shingled(words: Iterable[str]) -> frozenset[str]:
    held = list(words)
    return frozenset(" ".join(held[start : start + _SHINGLE]) for start in range(len(held) - _SHINGLE + 1))


def prompt_shingles(task: Task) -> frozenset[str]:
    """Shingles of the prompt's words."""
    return _shingled(re.findall(r"\w+", task.prompt.lower()))


def reference_shingles(task: Task) -> frozenset[str]:
    """Shingles of the reference's tokens: keywords, operators and numbers as they are, every name and text alike."""
    return _shingled(_tokens(task.reference))


def _tokens(source: str) -> Iterable[str]:
    kinds = {tokenize.NAME: "name", tokenize.STRING: "text"}
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in skipped:
                yield token.string if keyword.iskeyword(token.string) else kinds.get(token.type, token.string)
    except (tokenize.TokenError, SyntaxError):  # what was read so far will do
        return


_MEASURES = {"prompt": prompt_shingles, "reference": reference_shingles}
