"""`python -m hone.setup_check`: can this machine run untrusted programs safely? The last step of `make setup`."""

import shutil
import sys

from hone.cli import guarded
from hone.sandbox.jail import check_jail


def check() -> int:
    """Say in one line which jail is in force.

    Raises:
        HoneError: something that the jail needs is missing.
    """
    check_jail()
    print(f"hone: the jail works ({shutil.which('bwrap')})")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(check))
