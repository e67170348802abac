"""A stand-in for embed and match: it takes face events of jobs, says sightings, and settles tracks."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sightline.chassis import topology
from sightline.chassis.ending import end
from sightline.chassis.ids import derived_id
from sightline.chassis.pull import Pull
from sightline.chassis.topology import EMBED_JOB
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.bus import Bus

ANNS_FACE = derived_id("ann's face")


@dataclass
class Stages:
    """What stands behind ingest.

    Attributes:
        open: set while events are taken.
        losing: so many of the next tracks are lost on their way.
        closed: the ends of tracks that arrived, in order.
    """

    bus: Bus
    open: asyncio.Event = field(default_factory=asyncio.Event)
    losing: int = 0
    closed: list[events_pb2.FaceEvent] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Stages]:
        """Takes events while the block runs."""
        self.open.set()
        task = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            await end(task)

    async def _run(self) -> None:
        async with Pull(self.bus.client, EMBED_JOB.stream, EMBED_JOB.name, 1).bound() as pull:
            while True:
                await self.open.wait()
                for msg in await pull.fetch(1, seconds=0.2):
                    event = events_pb2.FaceEvent.FromString(msg.data)
                    if event.HasField("closed"):
                        await self._close(event)
                    await msg.ack()

    async def _close(self, event: events_pb2.FaceEvent) -> None:
        self.closed.append(event)
        if self.losing:
            self.losing -= 1
            return
        for watchlist in event.watchlist_ids:
            await self._say(event, watchlist)
        settled = events_pb2.TrackSettled(track_id=event.track_id, epoch=event.epoch)
        await self.bus.client.publish(topology.settled(event.source), settled.SerializeToString())

    async def _say(self, event: events_pb2.FaceEvent, watchlist: str) -> None:
        """Everybody is ann."""
        best = event.closed.best
        sighting = events_pb2.Sighting(
            id=derived_id(event.track_id, watchlist),
            revision=1,
            watchlist_id=watchlist,
            source=event.source,
            track_id=event.track_id,
            event_time=best.event_time,
            crop=best.crop,
            candidates=[events_pb2.Candidate(person_id="ann", face_id=ANNS_FACE, similarity=90.0, cosine=0.7)],
            track_first_time=event.closed.first_time,
            track_last_time=event.closed.last_time,
        )
        subject = topology.sightings(watchlist, event.source)
        await self.bus.publish(subject, sighting, dedup_id=f"{sighting.id}.{event.epoch}.{event.attempt}")
