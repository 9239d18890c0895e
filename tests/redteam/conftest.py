"""One judge for all attacks, and for nothing else."""

from collections.abc import Iterator

import pytest

from hone.verdict.judge import Judge


@pytest.fixture(scope="package")
def judge(jail: None) -> Iterator[Judge]:
    with Judge(workers=2, static=False, flakiness=None) as judge:
        yield judge
