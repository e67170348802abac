"""Sightings on their way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sightline.chassis import topology
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus

log = structlog.get_logger()


class BusSightings:
    """A SightingSink on the SIGHTINGS stream."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, sighting: events_pb2.Sighting) -> bool:
        """See SightingSink."""
        subject = topology.sightings(sighting.watchlist_id, sighting.source)
        if not await self._bus.publish_new(subject, sighting, dedup_id=f"{sighting.id}.{sighting.revision}"):
            return False
        best = sighting.candidates[0]
        log.info(
            "sighting",
            track=sighting.track_id,
            source=sighting.source,
            person=best.person_id,
            similarity=round(best.similarity, 1),
            revision=sighting.revision,
        )
        return True

    async def settle(self, face: events_pb2.FaceEvent) -> None:
        """See SightingSink."""
        said = events_pb2.TrackSettled(track_id=face.track_id, epoch=face.epoch)
        await self._bus.client.publish(topology.settled(face.source), said.SerializeToString())
