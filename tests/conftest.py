"""What every test may rely on."""

import signal


def pytest_configure() -> None:
    """A shell starts its background jobs with SIGINT ignored, and children inherit that: here Ctrl-C always arrives."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
