"""Bringing the tracks of a stored video to match, none lost: each is kept here until match says that it is decided.

The streams in between lie in the broker's memory. What is lost there, with the broker or because a stage gave up on it,
is sent again. While too much is on its way the reading waits: so a job waits for embed and match, however long.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from nats.errors import Error as NatsError

from sightline.chassis import topology, tracing
from sightline.chassis.ending import end
from sightline.chassis.errors import ResourceExhausted, SightlineError, Unavailable
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from google.protobuf.message import Message
    from nats.aio.msg import Msg

    from sightline.chassis.bus import Bus
    from sightline.ingest.job_lane import JobLane, LaneState

log = structlog.get_logger()

MAX_UNSETTLED = 64
"""Tracks on their way; with four shots each they take some megabytes."""
ATTEMPTS = 5
OVERDUE_S = 5.0
LOOK_S = 2.0
RETRY_PAUSE_S = 0.5


@dataclass
class _Parcel:
    """A track's events, and where the last of them lies."""

    track_id: str
    subject: str
    events: list[tuple[str, events_pb2.FaceEvent, tracing.Span]] = field(default_factory=list)
    """Each with the id that its publisher gave it, and the span that it is a part of."""
    attempt: int = 0
    sent_s: float = 0.0
    position: int = 0
    passed_embed_at: int | None = None
    """Where the next stream ended when it had passed embed."""

    @property
    def is_overdue(self) -> bool:
        """Whether it was sent some time ago."""
        return bool(self.sent_s) and time.monotonic() - self.sent_s > OVERDUE_S

    def has_passed(self, lane: LaneState) -> bool:
        """Whether it is behind both stages: then match has said so, or it is lost."""
        if self.passed_embed_at is None and lane.passed_embed(self.position):
            self.passed_embed_at = lane.embeddings_end
        return self.passed_embed_at is not None and lane.passed_match(self.passed_embed_at)


class TrackCourier:
    """A Publish for the face events of one job under one lease.

    Args:
        bus: the broker.
        lane: what has passed the stages behind.
        job_id: the events' source.
        epoch: of the lease.
        settled: is called with every track that is decided, or given up.
    """

    def __init__(self, bus: Bus, lane: JobLane, job_id: str, epoch: int, settled: Callable[[str], None]) -> None:
        self._bus = bus
        self._lane = lane
        self._subject = topology.settled(job_id)
        self._epoch = epoch
        self._settled = settled
        self._collected: dict[str, _Parcel] = {}
        self._sent: dict[str, _Parcel] = {}
        self._changed = asyncio.Condition()
        self.matched = 0
        """Tracks that match has decided."""
        self.given_up = 0
        """Tracks that were lost as often as they were sent."""

    async def __call__(self, subject: str, message: Message, *, dedup_id: str) -> int:
        """Keeps an event; the one that closes its track sends them all. Waits while too much is on its way."""
        if not isinstance(message, events_pb2.FaceEvent):
            raise TypeError(message.DESCRIPTOR.full_name)
        parcel = self._collected.setdefault(message.track_id, _Parcel(message.track_id, subject))
        parcel.events.append((dedup_id, message, tracing.current()))
        if message.HasField("closed"):
            del self._collected[message.track_id]
            await self._dispatch(parcel)
        return parcel.position

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listens to match, and looks after what is overdue, while the block runs."""
        subscription = await self._bus.client.subscribe(self._subject, cb=self._hear)
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            await end(watching)
            with suppress(NatsError):  # the broker may be away, and forgets it then
                await subscription.unsubscribe()

    async def drained(self) -> None:
        """Returns once nothing is on its way any more."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._sent)

    async def _dispatch(self, parcel: _Parcel) -> None:
        if len(parcel.events) == 1:  # nothing to be seen of it
            self._settled(parcel.track_id)
            return
        _put_shots(parcel)
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._sent) < MAX_UNSETTLED)
            self._sent[parcel.track_id] = parcel
        await self._send(parcel)

    async def _hear(self, msg: Msg) -> None:
        said = events_pb2.TrackSettled.FromString(msg.data)
        if said.epoch == self._epoch and said.track_id in self._sent:
            self.matched += 1
            await self._forget(said.track_id)

    async def _forget(self, track_id: str) -> None:
        async with self._changed:
            self._sent.pop(track_id, None)
            self._settled(track_id)
            self._changed.notify_all()

    async def _send(self, parcel: _Parcel) -> None:
        """Publish, however long it takes until the broker has room for it."""
        parcel.attempt += 1
        parcel.passed_embed_at, parcel.sent_s = None, 0.0
        for dedup_id, event, span in parcel.events:
            event.attempt = parcel.attempt
            with tracing.within(span):
                parcel.position = await self._publish(parcel.subject, event, f"{dedup_id}:{parcel.attempt}")
        parcel.sent_s = time.monotonic()

    async def _publish(self, subject: str, event: events_pb2.FaceEvent, dedup_id: str) -> int:
        while True:
            try:
                return await self._bus.publish_waiting(subject, event, dedup_id=dedup_id)
            except (Unavailable, ResourceExhausted) as error:
                log.info("waiting", reason=error.reason)
                await asyncio.sleep(RETRY_PAUSE_S)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._look()
            except SightlineError as error:
                log.info("lane_unknown", reason=error.reason)
            except Exception:
                log.exception("lane_look_failed")

    async def _look(self) -> None:
        overdue = [parcel for parcel in self._sent.values() if parcel.is_overdue]
        lane = await self._lane.state() if overdue else None
        for parcel in overdue:
            # It may be settled by now: each look takes a while.
            if lane is None or not parcel.has_passed(lane) or parcel.track_id not in self._sent:
                continue
            if parcel.attempt < ATTEMPTS:
                log.warning("track_sent_again", track=parcel.track_id, attempt=parcel.attempt + 1)
                await self._send(parcel)
            else:
                log.error("track_given_up", track=parcel.track_id, attempts=parcel.attempt)
                self.given_up += 1
                await self._forget(parcel.track_id)


def _put_shots(parcel: _Parcel) -> None:
    """Into the event that closes the track, which decides: a sighting shows one of them."""
    shots = [event.shot for _, event, _ in parcel.events if event.HasField("shot")]
    best, *others = sorted(shots, key=lambda shot: (shot.quality.overall, shot.shot_id), reverse=True)
    _, closed, _ = parcel.events[-1]
    closed.closed.shots = len(shots)
    closed.closed.best.CopyFrom(best)
    closed.closed.others.extend(others)
