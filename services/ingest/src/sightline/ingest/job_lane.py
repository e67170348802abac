"""What has passed the stages behind ingest, on the lane of stored video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.bus import broker_errors
from sightline.chassis.topology import EMBED_JOB, MATCH_JOB

if TYPE_CHECKING:
    from sightline.chassis.broker_objects import Consumer
    from sightline.chassis.bus import Bus


@dataclass(frozen=True)
class LaneState:
    """Places in the two streams of the lane.

    A message is through when its consumer has finished with everything up to it, or when the stream has begun anew
    since then: these streams lie in memory, and end with the broker.
    """

    faces_end: int
    embedded: int
    """Everything in FACES_JOB up to here is through."""
    embeddings_end: int
    matched: int
    """The same of EMBEDDINGS_JOB."""

    def passed_embed(self, position: int) -> bool:
        """Whether the message at that place of FACES_JOB is through."""
        return self.embedded >= position or self.faces_end < position

    def passed_match(self, position: int) -> bool:
        """Whether the message at that place of EMBEDDINGS_JOB is through."""
        return self.matched >= position or self.embeddings_end < position


class JobLane:
    """Asks the broker how far the lane's consumers are."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def state(self) -> LaneState:
        """How far they are. Raises Unavailable BROKER_UNAVAILABLE."""
        # In the order in which a message goes: what has passed embed lies before the end of its stream.
        with broker_errors():
            return LaneState(
                embedded=await self._done(EMBED_JOB),
                faces_end=await self._end(EMBED_JOB),
                embeddings_end=await self._end(MATCH_JOB),
                matched=await self._done(MATCH_JOB),
            )

    async def _done(self, consumer: Consumer) -> int:
        info = await self._bus.js.consumer_info(consumer.stream, consumer.name)
        return (info.ack_floor.stream_seq or 0) if info.ack_floor else 0

    async def _end(self, consumer: Consumer) -> int:
        return (await self._bus.js.stream_info(consumer.stream)).state.last_seq
