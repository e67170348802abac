"""One running system for Rekognition's clients."""

from __future__ import annotations

import uuid

import pytest
from rekognition_system import running_rekognition


@pytest.fixture(scope="package")
def system(tmp_path_factory, starter_pack):
    """All services, with real models."""
    with running_rekognition(tmp_path_factory.mktemp("rekognition"), starter_pack) as running:
        yield running


@pytest.fixture(scope="package")
def client(system):
    """boto3's, of somebody who may do everything."""
    return system.client()


@pytest.fixture
def collection(client):
    """A new one, which goes with the test."""
    name = f"c-{uuid.uuid4()}"
    client.create_collection(CollectionId=name)
    yield name
    client.delete_collection(CollectionId=name)


@pytest.fixture(scope="package")
def portrait(shared_media):
    """A function that gives the n-th picture of somebody."""
    return lambda person, n: {"Bytes": sorted((shared_media / "portraits" / person).glob("*.jpg"))[n].read_bytes()}
