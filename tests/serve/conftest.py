"""One service for the room, and none where the machine gives no jail."""

import pytest
from live_service import serving

from hone.errors import HoneError
from hone.sandbox.jail import check_jail


@pytest.fixture(scope="session", autouse=True)
def jail():
    try:
        check_jail()
    except HoneError as error:
        pytest.skip(f"this machine gives no jail: {error}")


@pytest.fixture(scope="package")
def service(jail):
    """One service for every test that leaves it as it was."""
    with serving("--max-body", "100000", "--max-batch", "20") as service:
        yield service
