"""From the SIGHTINGS stream to ALERTS and EVENTS, through a real worker."""

from __future__ import annotations

import pytest
from fakes import sighting_of
from secrets_for_tests import secrets_folder

from sightline.chassis.errors import NotFound, Unavailable
from sightline.chassis.identity.service_token import ServiceTokens
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import events_pb2
from sightline.v1.gallery_service_pb2 import REVIEW_POLICY_NONE, REVIEW_POLICY_TWO

TRACK, OTHER = "a" * 26, "b" * 26


class Crashing:
    """A sink that fails once, before or after the message is out."""

    def __init__(self, sink, *, after: bool) -> None:
        self._sink = sink
        self._after = after
        self._failed = False

    async def publish(self, alert) -> None:
        if self._failed or self._after:
            await self._sink.publish(alert)
        if not self._failed:
            self._failed = True
            raise Unavailable("BROKER_UNAVAILABLE", "It is away for a moment.")


async def test_a_sighting_becomes_one_alert_and_then_has_a_snapshot(alerting, stored, evidence, replica):
    """The alert is on both streams at once, and once more when its evidence is there: the frame of the replica."""
    await alerting(sighting_of(TRACK, 0, evidence_address=replica, review_policy=REVIEW_POLICY_NONE))
    said = await stored("ALERTS", pb.AlertEvent)
    assert await stored("EVENTS", pb.AlertEvent) == said
    first, second = (event.alert for event, _ in said)
    assert [dedup_id for _, dedup_id in said] == [f"{first.id}.1", f"{first.id}.2"]
    assert (first.evidence, second.evidence) == (pb.EVIDENCE_KIND_UNSPECIFIED, pb.EVIDENCE_KIND_SNAPSHOT)
    assert first.sighting.crop == second.sighting.crop == b""
    assert await evidence.get(first.id) == b"snapshot of " + TRACK.encode()


async def test_a_better_sighting_brings_its_own_picture(alerting, stored, evidence, replica):
    """The picture of an alert is that of the sighting that it shows; one that is no better changes none."""
    await alerting(sighting_of(TRACK, 0, evidence_address=replica))
    await alerting(sighting_of(OTHER, 1, evidence_address=replica, cosine=0.99))
    await alerting(sighting_of("c" * 26, 2, evidence_address=replica, cosine=0.9))
    alert = (await stored("ALERTS", pb.AlertEvent))[-1][0].alert
    assert alert.sighting.track_id == OTHER
    assert await evidence.get(alert.id) == b"snapshot of " + OTHER.encode()


async def test_a_replica_is_asked_by_notify_itself(alerting, snapshots):
    """What the replica is shown is signed by notify, for ingest alone, and on nobody else's behalf."""
    await alerting(sighting_of(TRACK, 0, evidence_address=snapshots.target))
    [shown] = snapshots.shown
    caller = ServiceTokens("ingest", secrets_folder().trusted_services()).principal(shown)
    assert (caller.subject, caller.via) == ("service:notify", "")


@pytest.mark.parametrize("address", ["", "127.0.0.1:{port}"])
async def test_without_a_replica_the_crop_is_the_evidence(alerting, stored, evidence, free_port, address):
    """Where no frame can be had the alert comes all the same, with the face crop, and says so."""
    await alerting(sighting_of(TRACK, 0, evidence_address=address.format(port=free_port)))
    event, _ = (await stored("ALERTS", pb.AlertEvent))[-1]
    assert event.alert.evidence == pb.EVIDENCE_KIND_CROP
    assert await evidence.get(event.alert.id) == b"crop of " + TRACK.encode()


async def test_there_may_be_no_picture_at_all(alerting, stored, evidence):
    """A sighting without a crop raises its alert; the evidence is empty, and of another alert there is none."""
    sighting = sighting_of(TRACK, 0)
    sighting.ClearField("crop")
    await alerting(sighting)
    event, _ = (await stored("ALERTS", pb.AlertEvent))[-1]
    assert await evidence.get(event.alert.id) == b""
    with pytest.raises(NotFound, match="EVIDENCE_NOT_FOUND"):
        await evidence.get("x" * 26)


@pytest.mark.parametrize("policy", [REVIEW_POLICY_TWO, 0])
async def test_an_unreviewed_alert_does_not_leave_the_system(alerting, stored, policy):
    """With review policy two, or none given, there is an alert for the reviewers and nothing on EVENTS."""
    await alerting(sighting_of(TRACK, 0, review_policy=policy))
    assert len(await stored("ALERTS", pb.AlertEvent)) == 2
    assert await stored("EVENTS", pb.AlertEvent) == []


async def test_a_redelivery_is_no_second_alert(alerting, stored):
    """The same sightings again, in another order, add no message; a new revision adds one with the alert's id."""
    first, second = sighting_of(TRACK, 0), sighting_of(OTHER, 5)
    await alerting(first, second)
    await alerting(second, first, first)
    said = await stored("ALERTS", pb.AlertEvent)
    assert [event.alert.revision for event, _ in said] == [1, 2, 3]
    await alerting(sighting_of(TRACK, 6, revision=2))
    said = await stored("ALERTS", pb.AlertEvent)
    assert [event.alert.revision for event, _ in said] == [1, 2, 3, 4]
    assert len({event.alert.id for event, _ in said}) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before the message", "after the message"])
async def test_a_crash_between_record_and_message_is_healed(alerting, stored, after):
    """Where notify dies around the publication, the redelivery publishes what is missing, once."""
    await alerting(sighting_of(TRACK, 0), wrap=lambda sink: Crashing(sink, after=after))
    assert [dedup_id[26:] for _, dedup_id in await stored("ALERTS", pb.AlertEvent)] == [".1", ".2"]
    assert await stored("DLQ", events_pb2.DeadLetter) == []


async def test_persons_and_sources_have_alerts_of_their_own(alerting, stored):
    """One person at two sources and another at one are three alerts."""
    await alerting(
        sighting_of(TRACK, 0), sighting_of(TRACK, 0, source="t" * 26), sighting_of(OTHER, 0, person_id="q" * 26)
    )
    said = await stored("ALERTS", pb.AlertEvent)
    assert len({event.alert.id for event, _ in said}) == 3


async def test_what_is_no_sighting_is_buried(alerting, stored):
    """A sighting without a candidate goes to the dead letters at once, and the next one is handled."""
    empty = sighting_of(TRACK, 0)
    empty.ClearField("candidates")
    await alerting(empty, sighting_of(OTHER, 0))
    assert [letter.reason for letter, _ in await stored("DLQ", events_pb2.DeadLetter)] == ["SIGHTING_EMPTY"]
    assert len({event.alert.id for event, _ in await stored("ALERTS", pb.AlertEvent)}) == 1
