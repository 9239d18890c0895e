"""One judge for the room."""

import pytest

from hone.errors import HoneError
from hone.sandbox.jail import check_jail
from hone.verdict.judge import Judge


@pytest.fixture(scope="session")
def judge():
    try:
        check_jail()
    except HoneError as error:
        pytest.skip(f"this machine gives no jail: {error}")
    with Judge(1, static=False, flakiness=None) as judge:
        yield judge
