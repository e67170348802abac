"""Alerts that are too old are gone: record, list, picture, messages and sightings."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from datetime import timedelta

import pytest
from fakes import sighting_of
from nats.js.errors import NotFoundError

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import NotFound, Unavailable
from sightline.chassis.identity.rights import Reach
from sightline.chassis.principal import enter
from sightline.chassis.topology import stream_records
from sightline.notify.forgetting import Forgetting
from sightline.notify.projection import AlertProjection
from sightline.notify.retention import PAUSE_SECONDS, SERVICE, AlertRetention
from sightline.notify.stored_messages import StoredMessages
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import events_pb2
from sightline.v1 import gallery_service_pb2 as gallery

KEEP = timedelta(days=7)
FREE = {"review_policy": gallery.REVIEW_POLICY_NONE}


@pytest.fixture
async def projection(bus, tmp_path):
    """The list of alerts."""
    with closing(AlertProjection(tmp_path / "alerts.db", bus)) as opened:
        async with opened.following():
            yield opened


@pytest.fixture
def retention(bus, book, projection, evidence):
    """A function that makes a sweeper whose time is so many seconds from now, or as given."""

    def make(later: float = 0.0, pictures=evidence, at: float | None = None) -> AlertRetention:
        enter(SERVICE, Reach())
        forgetting = Forgetting(book, pictures, StoredMessages(bus))
        return AlertRetention(projection, forgetting, Auditor(bus, "notify"), KEEP, lambda: at or time.time() + later)

    return make


@pytest.fixture
def kept(bus):
    """A function that returns the bodies that a stream has now."""

    async def read(stream: str, kind) -> list:
        state = (await bus.js.stream_info(stream)).state
        found = []
        for sequence in range(max(1, state.first_seq), state.last_seq + 1):
            try:
                found.append(kind.FromString((await bus.js.get_msg(stream, sequence)).data))
            except NotFoundError:
                continue
        return found

    return read


@pytest.fixture
def alerts(projection):
    """A function that returns the ids of all alerts in the list, by source."""

    async def read() -> dict[str, str]:
        await projection.caught_up()
        ids = projection.raised_before(time.time() + 1, 100)
        return {projection.get(each).source[0]: each for each in ids}

    return read


WEEK = KEEP.total_seconds()


async def test_an_old_alert_is_gone_everywhere_and_a_younger_one_stays(
    bus, alerting, replica, book, evidence, projection, retention, alerts, kept
):
    """Not a moment too early; then its record, picture, messages of both streams and sightings, and one audit entry."""
    await alerting(
        sighting_of("a", 0, source="o" * 26, evidence_address=replica, **FREE),
        sighting_of("a", 1, source="o" * 26, revision=2, cosine=0.99, evidence_address=replica, **FREE),
    )
    await alerting(sighting_of("b", 0, source="y" * 26, evidence_address=replica, **FREE))
    before = await alerts()
    old, young = before["o"], before["y"]
    end = projection.get(old).create_time.ToNanoseconds() / 1e9 + WEEK
    assert await retention(at=end - 0.001).look() == 0
    assert await retention(at=end + 0.001).look() == 1
    assert await alerts() == {"y": young}
    assert not (await book.alert(old)).record.alert.id
    with pytest.raises(NotFound, match="EVIDENCE_NOT_FOUND"):
        await evidence.get(old)
    for stream in ("ALERTS", "EVENTS"):
        assert {event.alert.id for event in await kept(stream, pb.AlertEvent)} == {young}
    assert [each.track_id for each in await kept("SIGHTINGS", events_pb2.Sighting)] == ["b"]
    assert (await book.alert(young)).record.alert.id == young
    assert await evidence.get(young)
    [entry] = await kept("AUDIT", events_pb2.AuditEvent)
    assert (entry.action, entry.principal, entry.outcome) == ("retention.forget_alerts", "service:notify", "ok")
    assert entry.detail == f"1 alerts: {old}"


async def test_records_of_stream_processors_go_with_their_alerts(bus, alerting, projection, retention, alerts):
    """What was said of an old alert in Rekognition's form is gone with it; that of a younger one stays."""
    for track, source in (("a", "o" * 26), ("b", "y" * 26)):
        await alerting(sighting_of(track, 0, source=source, **FREE))
    found = await alerts()
    for source, alert_id in found.items():
        record = events_pb2.StreamProcessorRecord(stream_processor="door", alert_id=alert_id)
        subject = stream_records(projection.get(alert_id).watchlist_id, source * 26)
        await bus.publish(subject, record, dedup_id=alert_id)
    end = projection.get(found["o"]).create_time.ToNanoseconds() / 1e9 + WEEK
    assert await retention(at=end + 0.001).look() == 1
    left = (await bus.js.stream_info("EVENTS", subjects_filter="sightline.events.record.>")).state.subjects
    assert [subject.rpartition(".")[2] for subject in left] == ["y" * 26]


async def test_what_was_interrupted_goes_on(bus, alerting, replica, evidence, retention, alerts, kept):
    """A broker that is lost between the messages and the record leaves the record, and the next look ends it."""

    class Lost:
        async def delete(self, _: str) -> int:
            raise Unavailable("BROKER_UNAVAILABLE", "It is away: try again.")

    await alerting(sighting_of("a", 0, evidence_address=replica, **FREE))
    [alert_id] = (await alerts()).values()
    with pytest.raises(Unavailable):
        await retention(WEEK, Lost()).look()
    assert list((await alerts()).values()) == [alert_id]
    assert await kept("AUDIT", events_pb2.AuditEvent) == []
    assert await retention(WEEK).look() == 1
    assert await retention(WEEK).look() == 0
    assert await alerts() == {}
    with pytest.raises(NotFound):
        await evidence.get(alert_id)
    assert len(await kept("AUDIT", events_pb2.AuditEvent)) == 1


async def test_two_replicas_at_once_forget_each_alert_once(alerting, retention, alerts, kept):
    """Together they say every id once, whoever of them was faster."""
    await alerting(*(sighting_of(track, 0, source=track * 26) for track in "abcdef"))
    ids = sorted((await alerts()).values())
    assert len(ids) == 6
    counts = await asyncio.gather(*(retention(WEEK).look() for _ in range(2)))
    assert sum(counts) == 6
    entries = await kept("AUDIT", events_pb2.AuditEvent)
    assert sorted(each for entry in entries for each in entry.detail.partition(": ")[2].split(", ")) == ids
    assert await alerts() == {}


async def test_the_sweeper_looks_by_itself(alerting, retention, alerts, until):
    """From its start on, and often enough that an alert is gone within a minute of its end."""
    assert PAUSE_SECONDS <= 30
    await alerting(sighting_of("a", 0))
    async with retention(WEEK).running():

        async def gone() -> bool:
            return await alerts() == {}

        await until(gone)
