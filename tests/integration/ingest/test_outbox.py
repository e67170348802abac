from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from lease_book import LeaseBook
from nats.js.errors import KeyNotFoundError

from sightline.chassis.errors import NotFound, Unavailable
from sightline.chassis.ids import new_id
from sightline.ingest.cameras import open_cameras
from sightline.ingest.outbox import MOST_UNSENT, Outbox
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import face_pb2, records_pb2


@pytest.fixture
async def book(bus):
    """The camera records."""
    return await open_cameras(bus)


@pytest.fixture
async def camera(book):
    """A new camera, stopped."""
    record = records_pb2.CameraRecord(camera=pb.Camera(id=new_id(), name="gate"))
    record.status.state = pb.CAMERA_STATE_STOPPED
    await book.add(record)
    return record.camera.id


def enters(state, reason=""):
    """A change of a record: the camera comes into this state."""

    def edit(record):
        record.status.state = state
        record.status.ClearField("reason")
        if reason:
            record.status.reason.CopyFrom(face_pb2.Problem(reason=reason, message=reason))

    return edit


def sees_a_face(record):
    """A change of a count."""
    record.status.faces += 1


def pending_of(record):
    """What an outbox sees that looks at this record alone, as it was."""
    return lambda: {record.camera.id: record} if record.unsent else {}


async def test_a_change_is_written_down_with_the_state_and_what_is_none_is_not(book, camera):
    """Another state and another reason are changes; other counts, the same reason again and no edit are none."""
    await book.change(camera, enters(pb.CAMERA_STATE_RUNNING))
    before = await book.get(camera)
    await book.change(camera, enters(pb.CAMERA_STATE_RUNNING))
    assert (await book.get(camera)).revision == before.revision
    await book.change(camera, sees_a_face)
    for reason in ("AWAY", "AWAY", "REFUSED"):
        await book.change(camera, enters(pb.CAMERA_STATE_RECONNECTING, reason))
    unsent = (await book.get(camera)).record.unsent
    assert [(event.change, event.state, event.reason.reason) for event in unsent] == [
        (1, pb.CAMERA_STATE_STOPPED, ""),
        (2, pb.CAMERA_STATE_RUNNING, ""),
        (3, pb.CAMERA_STATE_RECONNECTING, "AWAY"),
        (4, pb.CAMERA_STATE_RECONNECTING, "REFUSED"),
    ]


async def test_what_could_not_be_sent_is_sent_later_and_by_two_at_once_only_once(bus, book, camera, until):
    """An outbox that fails keeps the change in the record; of two that send it, the topic has one message."""
    failing, failures = [True] * 3, []

    async def publish(subject, message, *, dedup_id):
        if failing:
            failures.append(failing.pop())
            raise Unavailable("BROKER_UNAVAILABLE", "It was away for a moment.")
        return await bus.publish(subject, message, dedup_id=dedup_id)

    record = (await book.get(camera)).record
    outboxes = [Outbox(book, publish, pending_of(record)) for _ in range(2)]

    async def empty():
        for outbox in outboxes:
            outbox.wake()
        return not (await book.get(camera)).record.unsent

    async with AsyncExitStack() as stack:
        for outbox in outboxes:
            await stack.enter_async_context(outbox.running())
        await until(empty)
    assert len(failures) == 3
    [(subject, event)] = await LeaseBook(bus).changes(camera)
    assert subject == f"sightline.events.camera.stopped.{camera}"
    assert (event.name, event.change, event.time.seconds > 0) == ("gate", 1, True)


async def test_a_deleted_camera_is_gone_at_once_and_its_last_change_is_sent_all_the_same(bus, book, camera, until):
    """Nobody sees it any more; its record keeps what is to be said, and nothing else, until that has been said."""

    def knows_where(record):
        record.camera.source_url = "rtsp://127.0.0.1/a"
        record.credentials.ciphertext = b"sealed"

    await book.change(camera, knows_where)
    await book.delete(camera)
    for gone in (book.get(camera), book.change(camera, sees_a_face), book.delete(camera)):
        with pytest.raises(NotFound, match="CAMERA_NOT_FOUND"):
            await gone
    assert camera not in [stored.id for stored in await book.all()]
    failing = [True] * 2

    async def publish(subject, message, *, dedup_id):
        if failing:
            failing.pop()
            raise Unavailable("BROKER_UNAVAILABLE", "It was away for a moment.")
        return await bus.publish(subject, message, dedup_id=dedup_id)

    left = await LeaseBook(bus).record(camera)
    assert (left.camera, left.HasField("credentials")) == (pb.Camera(id=camera, name="gate"), False)
    assert not left.wanted
    outbox = Outbox(book, publish, pending_of(left))

    async def forgotten():
        outbox.wake()
        try:
            await LeaseBook(bus).record(camera)
        except KeyNotFoundError:
            return True
        return False

    async with outbox.running():
        await until(forgotten)
    changes = [(subject.split(".")[3], event.change) for subject, event in await LeaseBook(bus).changes(camera)]
    assert (changes, failing) == ([("stopped", 1), ("deleted", 2)], [])
    _, event = (await LeaseBook(bus).changes(camera))[-1]
    assert (event.name, event.previous_state) == ("gate", pb.CAMERA_STATE_STOPPED)


async def test_changes_that_came_meanwhile_stay(bus, book, camera, until):
    """What an outbox has not seen is not taken out of the record with what it has sent."""
    seen = (await book.get(camera)).record
    await book.change(camera, enters(pb.CAMERA_STATE_RUNNING))
    async with Outbox(book, bus.publish, pending_of(seen)).running():

        async def sent():
            return [event.change for event in (await book.get(camera)).record.unsent] == [2]

        await until(sent)


async def test_a_camera_that_comes_and_goes_does_not_fill_its_record(book, camera):
    """Of the changes that nobody sends, the newest ones stay."""
    for number in range(MOST_UNSENT + 5):
        await book.change(camera, enters(pb.CAMERA_STATE_RUNNING if number % 2 else pb.CAMERA_STATE_STARTING))
    record = (await book.get(camera)).record
    assert len(record.unsent) == MOST_UNSENT
    assert record.unsent[-1].change == record.changes == MOST_UNSENT + 6
