"""Sightings as match published them, with the probe's picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nats.js.errors import NotFoundError

from sightline.chassis.bus import answering
from sightline.chassis.topology import SIGHTINGS
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus


class BusSightings:
    """A SightingReader on the SIGHTINGS stream."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def sighting(self, sequence: int) -> events_pb2.Sighting | None:
        """See SightingReader. Raises Unavailable BROKER_UNAVAILABLE."""
        try:
            with answering():
                message = await self._bus.js.get_msg(SIGHTINGS, sequence)
        except NotFoundError:
            return None
        return events_pb2.Sighting.FromString(message.data or b"")

    async def delete(self, sequence: int) -> bool:
        """Removes it, and says whether it was there: the broker writes over its bytes, those of the picture too."""
        # The broker calls every failed deletion the same, so it is asked first.
        if await self.sighting(sequence) is None:
            return False
        with answering():
            return bool(await self._bus.js.delete_msg(SIGHTINGS, sequence))
