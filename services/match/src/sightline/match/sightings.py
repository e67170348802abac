"""Sightings on their way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from google.protobuf.message import DecodeError

from sightline.chassis import topology
from sightline.chassis.errors import InvalidInput
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.chassis.worker import Delivery, Handler
    from sightline.match.handler import Identification

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


def reading(identification: Identification) -> Handler:
    """The identification as a worker's handler: reads the message and hands the event on."""

    async def handle(delivery: Delivery) -> None:
        try:
            event = events_pb2.EmbeddingEvent.FromString(delivery.data)
        except DecodeError as error:
            raise InvalidInput("EVENT_UNREADABLE", "The message is not an EmbeddingEvent.") from error
        await identification.handle(event)

    return handle
