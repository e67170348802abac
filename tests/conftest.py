"""What every test may ask for: the shared weights and pictures, and a real model pack."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _shared(name):
    folder = ROOT.parent / "shared" / name
    if not folder.is_dir():
        pytest.skip(f"NOT TESTED: needs {folder}, which this machine does not have")
    return folder


@pytest.fixture(scope="session")
def shared_models():
    """Weights for tests, beside the repository; never committed."""
    return _shared("models")


@pytest.fixture(scope="session")
def shared_media():
    """Pictures and videos for tests, beside the repository; never committed."""
    return _shared("media")
