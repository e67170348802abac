"""What the nats-server of this machine can, by its release."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

# Older ones have no TLS from the first byte, keep nothing beside a stream's settings, and lay files out otherwise.
NEW = (2, 10, 0)


def nats_server() -> str | None:
    """The broker's binary: on PATH, or where `make` puts it."""
    local = Path(__file__).parents[1] / "bin" / "nats-server"
    return shutil.which("nats-server") or (str(local) if local.exists() else None)


@cache
def version_of(binary: str) -> tuple[int, int, int]:
    """What a nats-server says it is."""
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"v(\d+)\.(\d+)\.(\d+)", said)
    assert found, said
    major, minor, patch = found.groups()
    return int(major), int(minor), int(patch)


def _is_old() -> bool:
    """Where there is none at all tests fail, and say so."""
    binary = nats_server()
    return binary is not None and version_of(binary) < NEW


needs_new_broker = pytest.mark.skipif(
    _is_old(), reason="NOT TESTED: needs nats-server 2.10 or newer, which `make nats` gets with Go or from its releases"
)
