"""What every test may rely on."""

import signal
from collections.abc import Iterator

import hypothesis
import pytest

from hone.errors import HoneError
from hone.sandbox.jail import check_jail
from hone.verdict.judge import Judge


def pytest_configure() -> None:
    """A shell starts its background jobs with SIGINT ignored, and children inherit that: here Ctrl-C always arrives."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # An example's deadline is wall time: on a busy machine it says nothing of the code.
    hypothesis.settings.register_profile("hone", deadline=None)
    hypothesis.settings.load_profile("hone")


@pytest.fixture(scope="session")
def jail() -> None:
    """Whoever asks for it is skipped where the machine gives no jail."""
    try:
        check_jail()
    except HoneError as error:
        pytest.skip(f"this machine gives no jail: {error}")


@pytest.fixture(scope="session")
def judge(jail: None) -> Iterator[Judge]:
    """The judge of every test that leaves it as it was: it runs each program once, and reads none."""
    with Judge(workers=2, static=False, flakiness=None) as judge:
        yield judge


@pytest.fixture(scope="session")
def uncalibrated_judge(jail: None) -> Iterator[Judge]:
    """As `judge`, under the tasks' own time limits: no reference is run beside."""
    with Judge(workers=2, static=False, flakiness=None, calibrate=False) as judge:
        yield judge
