"""One service for the room, and none where the machine gives no jail."""

from collections.abc import Iterator

import pytest
from live_service import Service, serving


@pytest.fixture(scope="session", autouse=True)
def jailed(jail: None) -> None:
    """Every test of the room needs it."""


@pytest.fixture(scope="package")
def service(jail: None) -> Iterator[Service]:
    """One service for every test that leaves it as it was."""
    with serving("--max-body", "100000", "--max-batch", "20") as service:
        yield service
