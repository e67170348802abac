"""Sightings on their way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sightline.chassis import topology

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.v1 import events_pb2

log = structlog.get_logger()


class BusSightings:
    """A SightingSink on the SIGHTINGS stream."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, sighting: events_pb2.Sighting) -> None:
        """See SightingSink."""
        subject = topology.sightings(sighting.watchlist_id, sighting.source)
        await self._bus.publish(subject, sighting, dedup_id=f"{sighting.id}.{sighting.revision}")
        best = sighting.candidates[0]
        log.info(
            "sighting",
            track=sighting.track_id,
            source=sighting.source,
            person=best.person_id,
            similarity=round(best.similarity, 1),
            revision=sighting.revision,
        )
