"""What match said of a job's tracks, read from SIGHTINGS.

That stream is the one durable record of it: match has written there before it says that a track is decided. A copy of
it in a place of our own would have to be kept equal.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nats.js.errors import NotFoundError

from sightline.chassis.bus import broker_errors
from sightline.chassis.errors import Unavailable
from sightline.chassis.pull import ConsumerLost, Pull
from sightline.chassis.tail import consumer_behind
from sightline.chassis.topology import job_sightings
from sightline.ingest.video_persons import SeenTrack
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus

STREAM = "SIGHTINGS"
KEPT_JOBS = 8
_BATCH = 256
_FETCH_SECONDS = 2.0


@dataclass
class _Known:
    """What was read of one job: later pages need only what has come since."""

    position: int = 0
    read: int = 0
    """Messages."""
    tracks: dict[str, SeenTrack] = field(default_factory=dict)
    """By id of the sighting."""
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def forget(self) -> None:
        """As before the first one."""
        self.position = self.read = 0
        self.tracks.clear()


class JobSightings:
    """Reads the sightings of jobs; those of the last few jobs stay in memory, without their pictures."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def of(self, job_id: str) -> list[SeenTrack]:
        """Every track of a job that was said to show somebody. Raises Unavailable BROKER_UNAVAILABLE."""
        known = self._known.setdefault(job_id, _Known())
        self._known.move_to_end(job_id)
        while len(self._known) > KEPT_JOBS:
            self._known.popitem(last=False)
        try:
            # Two who read at once would count each message twice.
            async with known.reading:
                with broker_errors():
                    await self._read_on(job_id, known)
                return list(known.tracks.values())
        except ConsumerLost as error:
            raise Unavailable("BROKER_UNAVAILABLE", "The broker does not answer: is nats-server up?") from error

    async def picture(self, track: SeenTrack) -> bytes:
        """The crop of a track's best view, as JPEG; empty where it is gone. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors(), suppress(NotFoundError):
            message = await self._bus.js.get_msg(STREAM, track.sequence)
            return events_pb2.Sighting.FromString(message.data or b"").crop
        return b""

    async def forget(self, job_id: str) -> None:
        """Delete them. Raises Unavailable BROKER_UNAVAILABLE."""
        self._known.pop(job_id, None)
        with broker_errors():
            await self._bus.js.purge_stream(STREAM, subject=job_sightings(job_id))

    async def _read_on(self, job_id: str, known: _Known) -> None:
        """All that has come since. Of whoever is erased the stream keeps nothing: then all of it is read anew."""
        consumer = await consumer_behind(self._bus, STREAM, known.position, job_sightings(job_id))
        try:
            left = await self._left(consumer)
            if known.read and known.read + left > await self._lying(job_id):
                known.forget()
            else:
                await self._take_all(known, consumer, left)
                return
        finally:
            await self._bus.js.delete_consumer(STREAM, consumer)
        await self._read_on(job_id, known)

    async def _take_all(self, known: _Known, consumer: str, left: int) -> None:
        async with Pull(self._bus.client, STREAM, consumer, _BATCH).bound() as pull:
            while left > 0:
                messages = await pull.fetch(_BATCH, seconds=_FETCH_SECONDS)
                for message in messages:
                    self._take_in(known, message.data, message.metadata.sequence.stream)
                # What is erased at this moment does not come.
                left = left - len(messages) if messages else await self._left(consumer)

    async def _left(self, consumer: str) -> int:
        return (await self._bus.js.consumer_info(STREAM, consumer)).num_pending or 0

    async def _lying(self, job_id: str) -> int:
        """How many sightings of the job there are."""
        info = await self._bus.js.stream_info(STREAM, subjects_filter=job_sightings(job_id))
        return sum((info.state.subjects or {}).values())

    def _take_in(self, known: _Known, data: bytes, sequence: int) -> None:
        """A track that was read again was said again: the same thing, and the later one counts."""
        known.position, known.read = sequence, known.read + 1
        sighting = events_pb2.Sighting.FromString(data)
        sighting.ClearField("crop")
        if sighting.candidates:
            known.tracks[sighting.id] = SeenTrack(sighting, sequence)
