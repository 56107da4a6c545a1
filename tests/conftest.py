"""What every test shares: deterministic property tests, and the data that lies beside the repository."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Tests work on small tensors: threads that wait for each other on a busy machine cost tenfold.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples on every run and machine; a slow machine is no failure.
settings.register_profile("omnireel", derandomize=True, deadline=None)
settings.load_profile("omnireel")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data files that are too large for the repository."""
    folder = Path(__file__).parents[1] / "../shared/data"
    if not folder.is_dir():
        pytest.skip("no data files beside the repository")
    return folder.resolve()
