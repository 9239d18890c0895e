"""The public suites that Hone can read: where each lies, how its rows are read, and what the collection promises."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hone.tasks.suites import (
    apps,
    bigcodebench,
    coffe,
    contests,
    cruxeval,
    ds1000,
    exercism,
    humaneval,
    humanevalpack,
    library_eval,
    livecodebench,
    mbpp,
    plus,
    quixbugs,
)
from hone.tasks.suites.entry import Entry, LeftOut
from hone.tasks.suites.rows import LARGEST_FILE_BYTES
from hone.tasks.task import Task


@dataclass(frozen=True)
class Reader:
    """How one suite is found and read."""

    folder: str
    files: tuple[str, ...]
    read: Callable[[Path], Iterator[Task | Entry | LeftOut]]
    licence: str
    source: str
    tasks: int
    """How many tasks the published collection has."""
    optional: tuple[str, ...] = ()
    """Files that are read where they are there."""
    largest_bytes: int = LARGEST_FILE_BYTES
    """Of what is fetched or unpacked for it."""

    def missing(self, suites: Path) -> list[Path]:
        """Files of this suite that are not in a folder of suites."""
        paths = [suites / self.folder / file for file in self.files]
        return [path for path in paths if not path.is_file()]


READERS: dict[str, Reader] = {
    "humaneval": Reader("humaneval", (humaneval.FILE,), humaneval.read, humaneval.LICENCE, humaneval.SOURCE, 164),
    "humaneval_plus": Reader(
        "humaneval_plus",
        (plus.HUMANEVAL_FILE,),
        plus.read_humaneval,
        plus.HUMANEVAL_LICENCE,
        plus.HUMANEVAL_SOURCE,
        164,
    ),
    "mbpp": Reader("mbpp", (mbpp.FILE,), mbpp.read, mbpp.LICENCE, mbpp.SOURCE, 974),
    "mbpp_sanitized": Reader("mbpp", (mbpp.SANITIZED_FILE,), mbpp.read_sanitized, mbpp.LICENCE, mbpp.SOURCE, 427),
    "mbpp_plus": Reader("mbpp_plus", (plus.MBPP_FILE,), plus.read_mbpp, plus.MBPP_LICENCE, plus.MBPP_SOURCE, 378),
    "humanevalpack": Reader(
        "humanevalpack", (humanevalpack.FILE,), humanevalpack.read, humanevalpack.LICENCE, humanevalpack.SOURCE, 164
    ),
    "quixbugs": Reader("quixbugs", (quixbugs.FILE,), quixbugs.read, quixbugs.LICENCE, quixbugs.SOURCE, 40),
    "cruxeval": Reader("cruxeval", (cruxeval.FILE,), cruxeval.read_outputs, cruxeval.LICENCE, cruxeval.SOURCE, 800),
    "cruxeval_input": Reader(
        "cruxeval", (cruxeval.FILE,), cruxeval.read_inputs, cruxeval.LICENCE, cruxeval.SOURCE, 800
    ),
    "coffe_functions": Reader(
        "coffe", (coffe.FUNCTION_FILE,), coffe.read_functions, coffe.FUNCTION_LICENCE, coffe.SOURCE, 398
    ),
    "coffe_programs": Reader(
        "coffe", (coffe.PROGRAM_FILE,), coffe.read_programs, coffe.PROGRAM_LICENCE, coffe.SOURCE, 58
    ),
    "bigcodebench": Reader(
        "bigcodebench", (bigcodebench.FILE,), bigcodebench.read, bigcodebench.LICENCE, bigcodebench.SOURCE, 326
    ),
    "bigcodebench_packages": Reader(
        "bigcodebench",
        (bigcodebench.FILE,),
        bigcodebench.read_with_packages,
        bigcodebench.LICENCE,
        bigcodebench.SOURCE,
        573,
    ),
    "ds1000": Reader("ds1000", (ds1000.FILE,), ds1000.read, ds1000.LICENCE, ds1000.SOURCE, 1000),
    "numpy_eval": Reader(
        "pandas_numpy_eval",
        (library_eval.NUMPY_FILE,),
        library_eval.read_numpy,
        library_eval.LICENCE,
        library_eval.SOURCE,
        101,
    ),
    "pandas_eval": Reader(
        "pandas_numpy_eval",
        (library_eval.PANDAS_FILE,),
        library_eval.read_pandas,
        library_eval.LICENCE,
        library_eval.SOURCE,
        101,
    ),
    "exercism": Reader(
        "exercism", (exercism.FILE, exercism.GRADING_FILE), exercism.read, exercism.LICENCE, exercism.SOURCE, 131
    ),
    "livecodebench": Reader(
        "livecodebench",
        livecodebench.FILES[:1],
        livecodebench.read,
        livecodebench.LICENCE,
        livecodebench.SOURCE,
        1055,
        optional=livecodebench.FILES[1:],
        largest_bytes=contests.LARGEST_FILE_BYTES,
    ),
    "apps": Reader(
        "apps",
        (apps.FILE,),
        apps.read,
        apps.LICENCE,
        apps.SOURCE,
        5000,
        largest_bytes=contests.LARGEST_FILE_BYTES,
    ),
    "apps_train": Reader(
        "apps",
        (apps.TRAINING_FILE,),
        apps.read_training,
        apps.LICENCE,
        apps.SOURCE,
        5000,
        largest_bytes=contests.LARGEST_FILE_BYTES,
    ),
}
