"""Tracks of stored video on their way to match, on a real broker."""

from __future__ import annotations

import asyncio

import pytest
from job_stages import Stages

from sightline.chassis import topology, tracing
from sightline.chassis.ids import new_id
from sightline.chassis.topology import Lane
from sightline.ingest import courier as courier_module
from sightline.ingest.courier import ATTEMPTS, MAX_UNSETTLED, TrackCourier
from sightline.ingest.job_lane import JobLane, LaneState
from sightline.v1 import events_pb2, face_pb2


@pytest.fixture
async def courier(bus):
    """Of one job; it keeps what was settled."""
    made = TrackCourier(bus, JobLane(bus), job := new_id(), 7, (settled := []).append)
    made.settled_tracks, made.job = settled, job
    async with made.running():
        yield made


async def bring(courier, track, qualities=(0.5, 0.9), spans=()):
    """Give it all of a track, each event within a span, if there are some."""
    subject, spans = topology.faces(Lane.JOB, courier.job), iter(spans)
    for number, quality in enumerate(qualities):
        shot = events_pb2.FaceShot(shot_id=f"{track}-{number}", quality=face_pb2.Quality(overall=quality), crop=b"c")
        event = events_pb2.FaceEvent(source=courier.job, epoch=7, track_id=track, shot=shot)
        with tracing.within(next(spans, tracing.NOWHERE)):
            await courier(subject, event, dedup_id=shot.shot_id)
    closed = events_pb2.TrackClosed(shots=len(qualities))
    event = events_pb2.FaceEvent(source=courier.job, epoch=7, track_id=track, closed=closed)
    with tracing.within(next(spans, tracing.NOWHERE)):
        await courier(subject, event, dedup_id=f"{track}:closed")


async def test_a_track_is_sent_when_it_closes_with_its_best_shot(bus, courier):
    """Before that nothing is in the stream; then shots and end together, and the end shows all, the best apart."""
    traces = [f"00-{digit * 32}-{digit * 16}-01" for digit in "abc"]
    await bring(courier, "one", spans=map(tracing.received, traces))
    messages = [await bus.js.get_msg("FACES_JOB", number) for number in (1, 2, 3)]
    assert [message.headers["traceparent"] for message in messages] == traces, "each is a part of its frame's trace"
    events = [events_pb2.FaceEvent.FromString(message.data) for message in messages]
    assert [event.WhichOneof("content") for event in events] == ["shot", "shot", "closed"]
    assert {event.attempt for event in events} == {1}
    assert (events[2].closed.best, *events[2].closed.others) == (events[1].shot, events[0].shot)


async def test_it_waits_while_too_much_is_on_its_way(bus, courier):
    """As many tracks as may be are sent; the next one goes when one of them is settled."""
    for number in range(MAX_UNSETTLED):
        await bring(courier, f"t{number}", (0.5,))
    one_more = asyncio.create_task(bring(courier, "more", (0.5,)))
    await asyncio.sleep(0.3)
    assert not one_more.done()
    async with Stages(bus).running():
        async with asyncio.timeout(60):
            await one_more
            await courier.drained()
    assert sorted(courier.settled_tracks) == sorted([*(f"t{n}" for n in range(MAX_UNSETTLED)), "more"])
    assert (courier.matched, courier.given_up) == (MAX_UNSETTLED + 1, 0)


async def test_what_is_lost_again_and_again_is_given_up(bus, courier, monkeypatch, until):
    """After so many attempts the track is counted as lost, and the job goes on without it."""
    monkeypatch.setattr(courier_module, "OVERDUE_S", 0.2)
    monkeypatch.setattr(courier_module, "LOOK_S", 0.1)
    async with Stages(bus, losing=ATTEMPTS).running() as stages:
        await bring(courier, "one", (0.5,))
        async with asyncio.timeout(60):
            await courier.drained()

        async def all_arrived():
            return len(stages.closed) == ATTEMPTS

        await until(all_arrived)
    assert [event.attempt for event in stages.closed] == list(range(1, ATTEMPTS + 1))
    assert (courier.matched, courier.given_up, courier.settled_tracks) == (0, 1, ["one"])


async def test_no_error_keeps_it_from_looking_again(bus, courier, monkeypatch):
    """One that nobody thought of, once: what is lost is sent again all the same."""
    state, failed = JobLane.state, asyncio.Event()

    async def fails_once(lane):
        if not failed.is_set():
            failed.set()
            raise ValueError("not thought of")
        return await state(lane)

    monkeypatch.setattr(courier_module, "OVERDUE_S", 0.2)
    monkeypatch.setattr(courier_module, "LOOK_S", 0.1)
    monkeypatch.setattr(JobLane, "state", fails_once)
    async with Stages(bus, losing=1).running():
        await bring(courier, "one", (0.5,))
        async with asyncio.timeout(60):
            await courier.drained()
    assert (failed.is_set(), courier.matched, courier.settled_tracks) == (True, 1, ["one"])


async def test_another_lease_settles_nothing(bus, courier, until):
    """What match says of an earlier reader's events does not count."""
    for track in ("one", "two"):
        await bring(courier, track, (0.5,))
    for settled in (["two"], ["two", "one"]):
        for track, epoch in (("one", 6), (settled[-1], 7)):
            said = events_pb2.TrackSettled(track_id=track, epoch=epoch)
            await bus.client.publish(topology.settled(courier.job), said.SerializeToString())

        async def as_many(settled=settled):
            return len(courier.settled_tracks) >= len(settled)

        # What was said of the other epoch came before it.
        await until(as_many)
        assert courier.settled_tracks == settled


@pytest.mark.parametrize(
    ("state", "is_through"),
    [
        (LaneState(faces_end=9, embedded=4, embeddings_end=9, matched=9), False),
        (LaneState(faces_end=9, embedded=5, embeddings_end=9, matched=9), True),
        (LaneState(faces_end=2, embedded=1, embeddings_end=2, matched=1), True),
    ],
    ids=["before it", "up to it", "the stream began anew"],
)
def test_what_is_through(state, is_through):
    """A place of FACES_JOB is through when embed is behind it, or when the broker was started again."""
    assert state.passed_embed(5) is is_through


async def test_the_lane_knows_how_far_the_stages_are(bus, courier):
    """What nobody took is not through; what was taken is, and the next stream has an end."""
    lane = JobLane(bus)
    await bring(courier, "one", (0.5,))
    assert not (await lane.state()).passed_embed(2)
    async with Stages(bus).running():
        async with asyncio.timeout(60):
            await courier.drained()
            while not (state := await lane.state()).passed_embed(2):
                await asyncio.sleep(0.05)
    assert state.passed_match(state.embeddings_end)
