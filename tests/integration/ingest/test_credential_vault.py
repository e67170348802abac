"""Cameras' passwords, sealed over keys on a real broker."""

from __future__ import annotations

import pytest
from key_files import new_key, write_keys

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.ids import new_id
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.topology import CAMERA_KEYS, KEYS
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.ingest.credential_vault import CredentialVault
from sightline.ingest.credentials import NO_CREDENTIALS, Credentials
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import records_pb2

LOGIN = pb.CameraCredentials(username="ann", password="hunter2")  # noqa: S106 - opens nothing


@pytest.fixture
def open_vault(bus, tmp_path):
    """A function that opens the vault with a new file of keys."""

    def open_with_new_keys():
        file = write_keys(tmp_path / "cameras.key", new_key())
        return CredentialVault(BucketKeyRing(WrappedKeys(bus, CAMERA_KEYS), file, cache_seconds=0))

    return open_with_new_keys


async def sealed_record(vault):
    camera = new_id()
    return records_pb2.CameraRecord(camera=pb.Camera(id=camera), credentials=await vault.seal(camera, LOGIN))


async def test_what_is_sealed_opens_for_its_camera_alone(open_vault, bus):
    """They come back as they were; in another camera's record they do not open; no key of the gallery is involved."""
    vault = open_vault()
    record, other = await sealed_record(vault), await sealed_record(vault)
    assert await vault.credentials_of(record) == Credentials("ann", "hunter2")
    assert b"hunter2" not in record.SerializeToString()
    other.credentials.CopyFrom(record.credentials)
    with pytest.raises(FailedPrecondition, match=f"CREDENTIALS_LOST: .*update {other.camera.id}"):
        await vault.credentials_of(other)
    assert await WrappedKeys(bus, CAMERA_KEYS).count() == 2
    assert await WrappedKeys(bus, KEYS).count() == 0


async def test_a_camera_may_have_none(open_vault):
    """A record without credentials has none, and no key is made for it."""
    assert await open_vault().credentials_of(records_pb2.CameraRecord()) == NO_CREDENTIALS


async def test_forgotten_is_forgotten(open_vault, bus):
    """With the key the credentials are gone, also for whoever kept the record; new ones work at once."""
    vault = open_vault()
    record = await sealed_record(vault)
    await vault.forget(record.camera.id)
    assert await WrappedKeys(bus, CAMERA_KEYS).count() == 0
    with pytest.raises(FailedPrecondition, match="CREDENTIALS_LOST"):
        await vault.credentials_of(record)
    record.credentials.CopyFrom(await vault.seal(record.camera.id, LOGIN))
    assert await vault.credentials_of(record) == Credentials("ann", "hunter2")


async def test_a_lost_file_of_keys_costs_the_passwords_alone(open_vault):
    """With another file the error names the old one; a password that is given again works with the new one."""
    record = await sealed_record(open_vault())
    vault = open_vault()
    with pytest.raises(FailedPrecondition, match="INSTALLATION_KEY_WRONG"):
        await vault.credentials_of(record)
    record.credentials.CopyFrom(await vault.seal(record.camera.id, LOGIN))
    assert await vault.credentials_of(record) == Credentials("ann", "hunter2")
