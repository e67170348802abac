"""The pictures of an alert, as they lie in the object store."""

from __future__ import annotations

import asyncio

import pytest
from fakes import sighting_of
from nats.js.errors import ObjectNotFoundError

from sightline.chassis.errors import NotFound
from sightline.chassis.topology import EVIDENCE
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1.records_pb2 import SealedPicture

TRACK, FACE = "a" * 26, "f" * 26
KINDS = ("", ".probe", ".reference")


@pytest.fixture
async def alert(alerting, stored, enrolled, replica):
    """An alert with all three pictures."""
    enrolled.pictures[FACE] = b"reference of " + FACE.encode()
    await alerting(seen(replica))
    return (await stored("ALERTS", pb.AlertEvent))[-1][0].alert


def seen(replica, **fields):
    """A sighting that says which face it resembles."""
    sighting = sighting_of(TRACK, 0, evidence_address=replica, **fields)
    sighting.candidates[0].face_id = FACE
    return sighting


async def test_an_alert_has_three_pictures(alert, evidence):
    """The frame, the face that was matched, and what was kept of the enrolled one, each as it came."""
    assert await evidence.get(alert.id) == b"snapshot of " + TRACK.encode()
    assert await evidence.probe(alert.id) == b"crop of " + TRACK.encode()
    assert await evidence.reference(alert.id) == b"reference of " + FACE.encode()


async def test_what_is_stored_is_sealed_and_bound_to_its_place(alert, bus, evidence):
    """No object holds its picture's bytes, and one that is put in another's place does not open there."""
    store = await bus.object_store(EVIDENCE)
    objects = {kind: (await store.get(alert.id + kind)).data for kind in KINDS}
    for data in objects.values():
        assert SealedPicture.FromString(data).person_id == "p" * 26
        assert not any(word in data for word in (b"snapshot of", b"crop of", b"reference of"))
    await store.put(alert.id, objects[".probe"])
    with pytest.raises(Exception, match="RECORD_UNREADABLE"):
        await evidence.get(alert.id)


async def test_a_destroyed_key_reads_as_no_picture(alert, evidence):
    """Without the person's key the objects are there and nothing can be read of them."""
    await evidence.forget("p" * 26)
    with pytest.raises(NotFound, match="EVIDENCE_NOT_FOUND"):
        await evidence.get(alert.id)
    assert (await evidence.probe(alert.id), await evidence.reference(alert.id)) == (b"", b"")


async def test_deleted_pictures_are_gone(alert, bus, evidence):
    """All three objects go; a second time there is nothing left to delete."""
    assert await evidence.delete(alert.id) == len(KINDS)
    assert await evidence.delete(alert.id) == 0
    store = await bus.object_store(EVIDENCE)
    for kind in KINDS:
        with pytest.raises(ObjectNotFoundError):
            await store.get(alert.id + kind)


async def test_without_a_reference_the_alert_has_its_own_pictures(alerting, stored, evidence, replica):
    """Where the watchlist keeps none, the reference is empty and everything else is there."""
    await alerting(seen(replica))
    alert = (await stored("ALERTS", pb.AlertEvent))[-1][0].alert
    assert await evidence.get(alert.id) == b"snapshot of " + TRACK.encode()
    assert await evidence.reference(alert.id) == b""


async def test_a_reference_that_hangs_holds_nothing_up(alerting, stored, evidence, enrolled, replica):
    """While match does not answer, an alert still gets its own picture."""
    enrolled.let_go.clear()
    task = asyncio.create_task(alerting(seen(replica)))
    try:
        async with asyncio.timeout(60):
            while not (said := await stored("ALERTS", pb.AlertEvent)) or not said[-1][0].alert.evidence:
                await asyncio.sleep(0.05)
    finally:
        enrolled.let_go.set()
        await task
    assert await evidence.get(said[-1][0].alert.id) == b"snapshot of " + TRACK.encode()
