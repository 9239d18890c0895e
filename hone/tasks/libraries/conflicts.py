"""Small environments: libraries that need one another, with one combination of versions known to work, and one that
cannot."""

import random
from dataclasses import dataclass, replace

from hone.tasks.libraries.changes import next_major
from hone.tasks.libraries.draw import draw_library
from hone.tasks.libraries.names import library_name
from hone.tasks.libraries.spec import LibrarySpec, Requirement


@dataclass(frozen=True)
class Environment:
    """An index of libraries, and what is asked of it."""

    index: tuple[LibrarySpec, ...]
    """Every version of every library."""
    asked: tuple[str, ...]
    """Requirements, as an installer takes them."""
    solution: dict[str, str]
    """The only versions, by library, that fulfil what is asked: found by trying all combinations."""
    conflicting: tuple[str, ...]
    """Requirements that no combination fulfils."""


def draw_environment(rng: random.Random) -> Environment:
    """Two to four libraries in two or three major versions each; what is asked pins one below its newest version."""
    while True:
        environment = _drawn(rng)
        if environment is not None:
            return environment


def combinations(index: tuple[LibrarySpec, ...], pins: dict[str, str]) -> list[dict[str, str]]:
    """All choices of one version of each library that fulfil every requirement, and the pins: by trying them."""
    names = sorted({one.name for one in index})
    found: list[dict[str, LibrarySpec]] = [{}]
    for name in names:
        several = [one for one in index if one.name == name and pins.get(name, one.version) == one.version]
        found = [chosen | {name: one} for chosen in found for one in several]
    return [{name: one.version for name, one in chosen.items()} for chosen in found if _agree(chosen)]


def _drawn(rng: random.Random) -> Environment | None:
    several = [_versions(rng) for _ in range(rng.randint(2, 4))]
    base = several[0]
    index = list(base)
    for at, versions in enumerate(several[1:]):
        for own in versions:
            needed = [_requirement(rng, base)]
            if at and rng.random() < 0.5:
                needed.append(_requirement(rng, several[at]))
            index.append(replace(own, requires=tuple(needed)))
    everything = tuple(index)
    tops = [versions[0].name for versions in several[1:]]
    pinned = rng.choice([one for one in base if one is not base[-1]])
    pins = {base[0].name: pinned.version}
    working = combinations(everything, pins)
    if len(working) != 1:
        return None
    clashes = [
        (own.name, own.version, base_version.version)
        for own in everything
        if own.name in tops
        for base_version in base
        if not combinations(everything, {own.name: own.version, base[0].name: base_version.version})
    ]
    if not clashes:
        return None
    name, version, base_version = rng.choice(clashes)
    others = [top for top in tops if top != name]
    return Environment(
        everything,
        (f"{base[0].name}=={pinned.version}", *tops),
        working[0],
        (f"{base[0].name}=={base_version}", f"{name}=={version}", *others),
    )


def _versions(rng: random.Random) -> list[LibrarySpec]:
    """Oldest first."""
    made = [draw_library(library_name(rng))]
    for _ in range(rng.randint(1, 2)):
        made.append(next_major(made[-1]).library)
    return made


def _requirement(rng: random.Random, versions: list[LibrarySpec]) -> Requirement:
    """That one or two majors in a row of a library will do."""
    majors = [int(one.version.partition(".")[0]) for one in versions]
    at = rng.randrange(len(majors))
    return Requirement(versions[0].name, majors[at], majors[at] + rng.randint(1, 2))


def _agree(chosen: dict[str, LibrarySpec]) -> bool:
    return all(need.allows(chosen[need.name].version) for one in chosen.values() for need in one.requires)
