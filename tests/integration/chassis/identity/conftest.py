"""What the tests of callers share: a bucket of callers, and copies of it."""

from __future__ import annotations

import secrets
from types import SimpleNamespace

import pytest
from oidc_callers import Clock
from oidc_issuer import Issuer

from sightline.chassis import topology
from sightline.chassis.bus import connect_bus
from sightline.chassis.identity import callers
from sightline.chassis.identity.api_key import hash_secret, new_key
from sightline.chassis.identity.callers import CallerBook
from sightline.chassis.ids import derived_id
from sightline.chassis.provision import provision
from sightline.chassis.topology import TOPOLOGY
from sightline.v1 import access_pb2, access_service_pb2, records_pb2

EVERYTHING = access_service_pb2.Grant(role=access_pb2.ROLE_VIEWER, watchlist_ids=["*"], camera_ids=["*"])
ROSA = derived_id("subject", "rosa")


class Registry:
    """Writes bucket `access` as notify does."""

    def __init__(self, bucket) -> None:
        self._bucket = bucket
        self.callers_key = secrets.token_bytes(32)

    async def subject(self, handle="rosa", grants=(EVERYTHING,), **fields) -> access_service_pb2.Subject:
        """Writes a subject; its id follows from the handle unless it is given."""
        subject = access_service_pb2.Subject(grants=grants, **{"id": derived_id("subject", handle), **fields})
        await self.put(f"subject.{subject.id}", records_pb2.SubjectRecord(subject=subject))
        return subject

    async def key(self, subject_id=ROSA, grants=(), expires=None):
        """Writes a key, and returns its text and its record."""
        made = new_key()
        key = access_service_pb2.ApiKey(id=made.id, subject_id=subject_id, grants=grants)
        if expires is not None:
            key.expire_time.FromSeconds(int(expires))
        record = records_pb2.ApiKeyRecord(key=key, secret_hash=hash_secret(self.callers_key, made.secret))
        await self.change(record)
        return made.text, record

    async def revoke(self, record) -> None:
        """Writes that the key is revoked."""
        record.key.revoke_time.GetCurrentTime()
        await self.change(record)

    async def change(self, record) -> int:
        """Writes the key as it is now."""
        return await self.put(f"key.{record.key.id}", record)

    async def put(self, name, record) -> int:
        """Writes anything; returns its revision."""
        return await self._bucket.put(name, record if isinstance(record, bytes) else record.SerializeToString())


@pytest.fixture
async def bus(nats_server):
    """A connection to a provisioned broker, on which nobody is known yet."""
    async with connect_bus(nats_server.url, "test") as connection:
        await provision(connection, TOPOLOGY)
        yield connection


@pytest.fixture
async def registry(bus):
    """Writes who may call."""
    return Registry(await bus.bucket(topology.ACCESS))


@pytest.fixture
async def book(bus):
    """A copy of the bucket that asks the broker five times a second."""
    book = CallerBook(bus, poll_seconds=0.2)
    async with book.following():
        yield book


@pytest.fixture
def issuer():
    """A provider that runs."""
    with Issuer() as provider:
        yield provider


@pytest.fixture
def clock():
    """Of a cache of keys."""
    return Clock()


@pytest.fixture
def callers_clock(monkeypatch):
    """Of every copy of the callers: it stands still until a test moves it, however long the machine does."""
    clock = Clock()
    monkeypatch.setattr(callers, "time", SimpleNamespace(monotonic=clock))
    return clock
