"""One pool for the whole room: every attack is followed by honest candidates on the same workers."""

from collections.abc import Iterator

import pytest

from hone.sandbox.pool import Pool


@pytest.fixture(scope="session")
def pool(jail: None) -> Iterator[Pool]:
    with Pool(workers=1) as pool:
        yield pool
