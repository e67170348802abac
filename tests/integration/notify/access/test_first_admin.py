"""The first administrator of an installation: there after the first start, and never put back."""

from __future__ import annotations

import asyncio

import pytest
from grants_for_tests import grant

from sightline.chassis.bus import connect_bus
from sightline.chassis.identity.rights import Rights
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.provision import provision
from sightline.chassis.topology import ACCESS, TOPOLOGY
from sightline.cli.secrets_writer import write_secrets
from sightline.notify.first_admin import seed
from sightline.notify.subjects import Subjects, Who
from sightline.v1.records_pb2 import ApiKeyRecord, SubjectRecord


@pytest.fixture
def first(tmp_path):
    """The records of a new installation."""
    write_secrets(tmp_path / "secrets", "boss")
    return SecretsFolder(tmp_path / "secrets").first_admin()


async def test_a_new_installation_has_its_administrator(bucket, book, first):
    """After the first start the subject and the key are there, and the subject can be changed as others are."""
    await seed(bucket, first)
    subject, key = first
    assert ApiKeyRecord.FromString((await bucket.get(f"key.{key.key.id}")).value) == key
    stored = SubjectRecord.FromString((await bucket.get(f"subject.{subject.id}")).value).subject
    assert Rights.of(stored.grants) == Rights.of([grant("admin")])
    change = await Subjects(bucket, book).set_grants(Who.named("boss"), [grant("admin")], etag=stored.etag)
    assert change.before == stored


async def test_what_was_changed_stays_so(bucket, book, keys, subjects, first):
    """A restart brings back neither a first key that was revoked nor the first grants."""
    await seed(bucket, first)
    await keys.revoke(first[1].key.id)
    changed = (await subjects.set_grants(Who.named("boss"), [grant("viewer")])).after
    before = (await bucket.status()).stream_info.state.last_seq
    await seed(bucket, first)
    assert (await bucket.status()).stream_info.state.last_seq == before
    assert book.key(first[1].key.id).key.HasField("revoke_time")
    assert book.subject(changed.id) == changed


async def test_replicas_that_start_together_agree(bucket, nats_server, first):
    """Eight at once store each record once."""
    before = (await bucket.status()).stream_info.state.last_seq
    await asyncio.gather(*(seed(bucket, first) for _ in range(8)))
    assert (await bucket.status()).stream_info.state.last_seq == before + 2


async def test_the_file_may_have_been_taken_away(nats_server):
    """Without it nobody is made, and the service starts."""
    async with connect_bus(nats_server.url, "test") as bus:
        await provision(bus, TOPOLOGY)
        bucket = await bus.bucket(ACCESS)
        await seed(bucket, None)
        assert (await bucket.status()).stream_info.state.messages == 0
