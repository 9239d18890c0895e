"""The collected public suites, where they lie beside the repository."""

from pathlib import Path

import pytest

COLLECTED = Path(__file__).parents[2] / "shared" / "suites"
needs_suites = pytest.mark.skipif(not COLLECTED.is_dir(), reason=f"the collected suites are not at {COLLECTED}")
