"""Tasks that only a library that nobody has seen can do, used as its documentation says."""

from hone.tasks.families.family import Family
from hone.tasks.families.libraries.carried import ABSENT, CHANGED, FAULT, THEN, TWO, LibraryFamily
from hone.tasks.libraries.draw import DECIPHER, ENCIPHER
from hone.tasks.libraries.spec import Function, LibrarySpec


def _functions(library: LibrarySpec) -> list[Function]:
    return [one for one in library.functions if one.does not in (ENCIPHER, DECIPHER)]


def _codecs(library: LibrarySpec) -> list[Function]:
    return [one for one in library.functions if one.does in (ENCIPHER, DECIPHER)]


def _certain(library: LibrarySpec) -> list[Function]:
    """Functions that always have an answer."""
    return [one for one in _functions(library) if one.absent is None]


FAMILIES: tuple[Family, ...] = (
    LibraryFamily(
        "libraries.functions",
        "call functions of an unfamiliar library as its documentation says",
        ("documentation", "interfaces", "units"),
        {
            1: ((),),
            2: ((THEN,), (FAULT,), (ABSENT,)),
            3: ((THEN, FAULT), (THEN, ABSENT), (FAULT, ABSENT)),
            4: ((CHANGED,), (CHANGED, THEN), (CHANGED, FAULT), (CHANGED, ABSENT)),
            5: ((TWO,), (TWO, FAULT), (TWO, ABSENT), (TWO, FAULT, ABSENT)),
        },
        lambda library, absent: [one for one in _functions(library) if (one.absent is not None) is absent],
        _certain,
    ),
    LibraryFamily(
        "libraries.handles",
        "open, feed and close what an unfamiliar library hands out",
        ("documentation", "interfaces", "state"),
        {
            1: ((),),
            2: ((THEN,), (FAULT,)),
            3: ((THEN, FAULT),),
            4: ((CHANGED,), (CHANGED, THEN), (CHANGED, FAULT)),
            5: ((TWO,), (TWO, FAULT)),
        },
        lambda library, _: library.sessions,
        _certain,
    ),
    LibraryFamily(
        "libraries.codecs",
        "encipher and decipher with an unfamiliar library",
        ("documentation", "interfaces", "encoding"),
        {
            1: ((),),
            2: ((THEN,), (FAULT,)),
            3: ((THEN, FAULT),),
            4: ((CHANGED,), (CHANGED, THEN), (CHANGED, FAULT)),
            5: ((TWO,), (TWO, FAULT)),
        },
        lambda library, _: _codecs(library),
        _codecs,
    ),
)
"""Each family of this domain."""
