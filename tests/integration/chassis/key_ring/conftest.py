"""Rings on a real broker, each as a process of its own has it."""

from __future__ import annotations

import pytest
from key_files import new_key, write_keys

from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.wrapped_keys import WrappedKeys


@pytest.fixture
def key_file(tmp_path):
    """The installation's key file, with one key in it."""
    return write_keys(tmp_path / "installation.key", new_key())


@pytest.fixture
def wrapped(bus):
    """The `keys` bucket of a real broker."""
    return WrappedKeys(bus)


@pytest.fixture
def new_ring(wrapped, key_file):
    """A function that makes a ring with nothing in its cache, as another process has it."""
    return lambda file=key_file, **options: BucketKeyRing(wrapped, file, **options)


@pytest.fixture
def ring(new_ring):
    """One ring."""
    return new_ring()
