"""Dead letters, through the servicer over the real stream."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alerts_for_tests import alert_of
from fakes import sighting_of

from sightline.chassis import topology
from sightline.chassis.errors import FailedPrecondition, NotFound, PermissionDenied, Unavailable
from sightline.chassis.identity.rights import EVERYTHING, Reach, Selection
from sightline.chassis.ids import new_id
from sightline.chassis.receipts import Erased, Receipts, Step
from sightline.chassis.topology import NOTIFY_ERASED, NOTIFY_EVIDENCE, RECEIPTS
from sightline.v1 import access_pb2, events_pb2
from sightline.v1 import alert_service_pb2 as alerts_pb
from sightline.v1 import dead_letter_service_pb2 as pb
from sightline.v1.erasure_service_pb2 import ReceiptEntry

OWN = Reach.of(Selection.of(["w" * 26]), Selection.of(["s" * 26]))


@pytest.fixture
def bury(bus):
    """A function that writes a dead letter, and gives its number."""

    async def write(stage, stream, sequence=1):
        letter = events_pb2.DeadLetter(stage=stage, stream=stream, sequence=sequence, reason="CRASHED", deliveries=5)
        return await bus.publish(topology.dead_letters(stage), letter, dedup_id=new_id())

    return write


async def listed(replica, **fields):
    """Every page of a list, two on each."""
    found, token = [], None
    while token != "":
        request = pb.ListDeadLettersRequest(page_size=2, page_token=token or "", **fields)
        page = await replica.call("ListDeadLetters", request)
        found += page.letters
        token = page.next_page_token
    return found


async def test_they_are_listed_by_stage_and_dropped(told, bury):
    """In pages, the oldest first; what was dropped is not there any more."""
    replica = await told()
    assert await listed(replica) == []
    numbers = [await bury(stage, "FACES_LIVE") for stage in ("embed", "notify", "embed", "match", "embed")]
    assert [each.number for each in await listed(replica)] == numbers
    assert [each.number for each in await listed(replica, stage="embed")] == numbers[::2]
    await replica.call("DropDeadLetter", pb.DropDeadLetterRequest(number=numbers[-1]))
    assert [each.number for each in await listed(replica)] == numbers[:-1]
    for name, request in {
        "GetDeadLetter": pb.GetDeadLetterRequest(number=numbers[-1]),
        "DropDeadLetter": pb.DropDeadLetterRequest(number=numbers[-1]),
        "RetryDeadLetter": pb.RetryDeadLetterRequest(number=99),
    }.items():
        with pytest.raises(NotFound, match="DEAD_LETTER_NOT_FOUND"):
            await replica.call(name, request)


async def test_a_delivery_is_tried_again(told, bury, receiver, say, until, clock):
    """Where it fails once more it stays, and says why; where it goes well it is gone, by the same id as before."""
    receiver.status(500)
    replica = await told()
    made = await replica.subscribe(receiver.url)
    await say(alert_of(1))
    # The receiver has it before notify knows of the failure, from which the twelve hours count.
    await replica.deliveries(made.subscription.id, least=1)
    clock.ahead = timedelta(hours=13)
    await until(lambda: _buried(replica, 1))
    [stored] = await listed(replica)
    assert stored.retryable
    request = pb.RetryDeadLetterRequest(number=stored.number)
    with pytest.raises(Unavailable, match=r"DELIVERY_FAILED.*WEBHOOK_REFUSED"):
        await replica.call("RetryDeadLetter", request)
    receiver.status(204)
    await replica.call("RetryDeadLetter", request)
    assert await listed(replica) == []
    assert len({taken.headers["webhook-id"] for taken in receiver.taken}) == 1
    assert len(receiver.accepted) == 1


async def _buried(replica, number) -> bool:
    return len(await listed(replica)) == number


async def test_a_sighting_is_handled_again(told, bury, bus, stored):
    """Of one that crashed notify an alert comes, once."""
    sighting = sighting_of("a" * 26, 0)
    sequence = await bus.publish(topology.sightings("w" * 26, "s" * 26), sighting, dedup_id=new_id())
    number = await bury("notify", "SIGHTINGS", sequence)
    replica = await told()
    await replica.call("RetryDeadLetter", pb.RetryDeadLetterRequest(number=number))
    [(event, _)] = await stored("ALERTS", alerts_pb.AlertEvent)
    assert event.alert.track_ids == ["a" * 26]
    assert await listed(replica) == []


async def test_an_erasure_is_handled_again(told, bury, bus, stored):
    """Of a step that notify could not take in, the receipt has what notify did, as if it had been the first time."""
    erased = Erased("w" * 26, "", "1")
    await Receipts(bus, "match").add(erased, Step.KEY_DESTROYED, "test")
    number = await bury(NOTIFY_ERASED.name, RECEIPTS)
    replica = await told()
    assert [each.retryable for each in await listed(replica)] == [True]
    await replica.call("RetryDeadLetter", pb.RetryDeadLetterRequest(number=number))
    entries = [entry for entry, _ in await stored(RECEIPTS, ReceiptEntry)]
    assert [entry.service for entry in entries] == ["match", *["notify"] * 4]
    assert await listed(replica) == []


async def test_what_is_not_kept_is_refused_with_a_reason(told, bury):
    """Faces and templates are gone, and a sighting that is too old; pictures are not added later. Letters stay."""
    replica = await told()
    faces, gone = await bury("embed", "FACES_LIVE"), await bury("notify", "SIGHTINGS", 7)
    with pytest.raises(FailedPrecondition, match="PAYLOAD_NOT_KEPT"):
        await replica.call("RetryDeadLetter", pb.RetryDeadLetterRequest(number=faces))
    with pytest.raises(FailedPrecondition, match="PAYLOAD_GONE"):
        await replica.call("RetryDeadLetter", pb.RetryDeadLetterRequest(number=gone))
    pictures = await bury(NOTIFY_EVIDENCE.name, NOTIFY_EVIDENCE.stream)
    with pytest.raises(FailedPrecondition, match="STAGE_NOT_RETRIED"):
        await replica.call("RetryDeadLetter", pb.RetryDeadLetterRequest(number=pictures))
    assert [each.retryable for each in await listed(replica)] == [False, True, False]


async def test_who_looks_needs_all_and_is_recorded(told, bury, stored):
    """An operator with a part is refused, an administrator is not; both are in the audit trail."""
    replica, number = await told(), await bury("embed", "FACES_LIVE")
    request = pb.GetDeadLetterRequest(number=number)
    with pytest.raises(PermissionDenied, match="GRANT_TOO_NARROW"):
        await replica.call("GetDeadLetter", request, reach=OWN)
    with pytest.raises(PermissionDenied, match="GRANT_TOO_NARROW"):
        await replica.call("GetDeadLetter", request, reach=Reach.of(EVERYTHING) | Reach.of(cameras=EVERYTHING))
    await replica.call("GetDeadLetter", request, role=access_pb2.ROLE_ADMIN, reach=OWN)
    await replica.call("DropDeadLetter", pb.DropDeadLetterRequest(number=number))
    trail = [event for event, _ in await stored("AUDIT", events_pb2.AuditEvent)]
    assert [(event.action, event.object_id, event.outcome) for event in trail] == [
        ("dead_letters.get", str(number), "GRANT_TOO_NARROW"),
        ("dead_letters.get", str(number), "GRANT_TOO_NARROW"),
        ("dead_letters.get", str(number), "ok"),
        ("dead_letters.drop", str(number), "ok"),
    ]
    assert trail[3].detail == "embed, FACES_LIVE 1, CRASHED"
