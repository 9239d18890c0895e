"""One pool for the whole room: every attack is followed by honest candidates on the same workers."""

import pytest

from hone.errors import HoneError
from hone.sandbox.jail import check_jail
from hone.sandbox.pool import Pool


@pytest.fixture(scope="session")
def pool():
    try:
        check_jail()
    except HoneError as error:
        pytest.skip(f"this machine gives no jail: {error}")
    with Pool(workers=1) as pool:
        yield pool
