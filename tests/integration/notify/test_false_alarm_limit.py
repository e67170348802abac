"""Cameras whose alerts people dismiss, on real records; ingest is one that answers as it is told to."""

from __future__ import annotations

from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import CollectorRegistry

from sightline.chassis.errors import NotFound, Unavailable
from sightline.chassis.ids import derived_id
from sightline.notify.false_alarm_limit import AGAIN_SECONDS, FalseAlarmLimit, FalseAlarmRule
from sightline.notify.projection import AlertProjection
from sightline.notify.source_book import open_source_book
from sightline.notify.suspending import Answer, Suspending
from sightline.v1 import alert_service_pb2 as pb

DOOR, YARD = "s" * 26, "t" * 26
CONFIRMED, DISMISSED = pb.ALERT_STATE_CONFIRMED, pb.ALERT_STATE_DISMISSED
RULE = FalseAlarmRule(0.9, 20, timedelta(hours=24))
HOUR, AGAIN = 3600, 2 * int(AGAIN_SECONDS)


@dataclass
class AnsweringIngest:
    """A CameraSuspender that fails as often as it is told to, and keeps what it was asked."""

    failures: list[Exception] = field(default_factory=list)
    resume_time: Timestamp | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def suspend(self, camera_id, wish):
        """See CameraSuspender."""
        self.asked.append((camera_id, wish.message))
        if self.failures:
            raise self.failures.pop()
        resumed = self.resume_time
        return Answer(resumed is None or resumed.ToNanoseconds() <= wish.since.ToNanoseconds(), resumed)


@dataclass
class Replica:
    """One notify, as far as this is about it."""

    projection: AlertProjection
    limit: FalseAlarmLimit
    suspending: Suspending
    book: object

    async def look(self):
        await self.projection.caught_up()
        await self.limit.look()
        await self.suspending.look()


@pytest.fixture
def ingest():
    return AnsweringIngest()


@pytest.fixture
def clock():
    """Seconds since 1970; a day and more, so that the window begins later."""
    return {"now": 100 * HOUR}


@pytest.fixture
def replica(bus, tmp_path, ingest, clock):
    """A context that runs a replica with a state folder of its own."""

    @asynccontextmanager
    async def run(name="one", rule=RULE):
        book = await open_source_book(bus)
        with closing(AlertProjection(tmp_path / name / "alerts.db", bus)) as projection:
            async with book.following(), projection.following():
                limit = FalseAlarmLimit(projection, book, rule, lambda: clock["now"] * 10**9)
                yield Replica(projection, limit, Suspending(book, ingest, CollectorRegistry()), book)

    return run


@pytest.fixture
def settle(book, clock):
    """A function that settles so many more alerts."""
    made = []

    async def settled(state, number, source=DOOR, *, ago=0, raised=None):
        for _ in range(number):
            made.append(state)
            stored = await book.alert(derived_id(str(len(made))))
            alert = stored.record.alert
            alert.id, alert.state, alert.source = stored.key, state, source
            alert.create_time.FromSeconds(clock["now"] - ago if raised is None else raised)
            alert.history.add(state=state).time.FromSeconds(clock["now"] - ago)
            await book.put_alert(stored)

    return settled


async def test_who_has_just_started_judges_by_all_that_was_settled(replica, settle):
    """It has the false ones from before, and its first look comes before it has read what was settled meanwhile."""
    await settle(DISMISSED, 20)
    async with replica() as before:
        await before.projection.caught_up()
    await settle(CONFIRMED, 20)
    async with replica() as one:
        await one.limit.look()
        assert not one.book.known(DOOR).HasField("suspension")
        assert one.projection.sequence == 40


async def test_a_camera_above_its_limit_is_suspended_once_and_says_why(replica, settle, ingest):
    """Nineteen false ones of twenty are too many; two replicas that look again and again ask ingest once."""
    await settle(DISMISSED, 19)
    await settle(CONFIRMED, 1)
    async with replica() as one, replica("two") as two:
        for _ in range(3):
            await one.look()
            await two.look()
        record = two.book.known(DOOR)
    [(camera, message)] = ingest.asked
    assert camera == DOOR
    assert message.startswith("19 of the 20 alerts that people settled in the last 24 hours were false (limit 90%)")
    assert record.suspension.outcome == "SUSPENDED"


async def test_what_is_not_above_its_limit_is_left_alone(replica, settle, ingest):
    """Just at the limit, too few, too long ago, or many that expired: nothing follows; nor with the limit off."""
    await settle(DISMISSED, 18)
    await settle(CONFIRMED, 2)
    await settle(DISMISSED, 19, YARD)
    await settle(pb.ALERT_STATE_EXPIRED, 9, YARD)
    await settle(DISMISSED, 50, "u" * 26, ago=25 * HOUR)
    async with replica() as one:
        await one.look()
        assert ingest.asked == []
    await settle(DISMISSED, 1, YARD)
    async with replica("off", FalseAlarmRule(0.0, 20, RULE.window)) as off:
        await off.look()
        assert ingest.asked == []
    async with replica() as one:
        await one.look()
        assert [camera for camera, _ in ingest.asked] == [YARD]


async def test_ingest_is_asked_until_it_answers(replica, settle, ingest):
    """While it is away nothing is forgotten, also by a notify that is started again without its folder."""
    ingest.failures = [Unavailable("INGEST_UNAVAILABLE", "away")] * 3
    await settle(DISMISSED, 20)
    async with replica() as one:
        for _ in range(2):
            await one.look()
    async with replica("another") as another:
        for _ in range(4):
            await another.suspending.look()
        assert another.book.known(DOOR).suspension.outcome == "SUSPENDED"
    assert len(ingest.asked) == 4


async def test_a_camera_that_is_gone_is_asked_about_once(replica, settle, ingest):
    """A video job, or a deleted camera, cannot be suspended: the answer is kept."""
    ingest.failures = [NotFound("CAMERA_NOT_FOUND", "There is none.")]
    await settle(DISMISSED, 20)
    async with replica() as one:
        for _ in range(3):
            await one.look()
        assert one.book.known(DOOR).suspension.outcome == "CAMERA_NOT_FOUND"
    assert len(ingest.asked) == 1


async def test_what_was_raised_before_a_resumption_counts_no_more(replica, settle, ingest, clock):
    """Who works off old alerts after a resumption suspends nobody; as many false new ones do."""
    before = clock["now"]
    await settle(DISMISSED, 20)
    async with replica() as one:
        await one.look()
        clock["now"] += HOUR
        ingest.resume_time = Timestamp(seconds=clock["now"])
        clock["now"] += HOUR
        for _ in range(2):
            await settle(DISMISSED, 5, raised=before)
            clock["now"] += AGAIN
            await one.look()
        record = one.book.known(DOOR)
        assert (record.suspension.outcome, record.resume_time) == ("RESUMED", ingest.resume_time)
        assert len(ingest.asked) == 2
        await settle(DISMISSED, 20)
        await one.look()
        assert one.book.known(DOOR).suspension.outcome == "SUSPENDED"
    assert ingest.asked[-1][1].startswith("20 of the 20 ")
