"""The stream path: face events in, embedding events out, one lane each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from google.protobuf.message import DecodeError

from sightline.chassis import topology, tracing
from sightline.chassis.errors import InvalidInput, SightlineError
from sightline.chassis.picture import decode_picture
from sightline.embed.handler import Crop
from sightline.embed.servicer import to_array
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from sightline.chassis.handling import Delivery, Outcome
    from sightline.chassis.topology import Lane
    from sightline.embed.handler import Embedded, EmbedHandler


class Publish(Protocol):
    """Returns once the stream has the message; raises SightlineError."""

    async def __call__(self, subject: str, message: Message, *, dedup_id: str) -> int:
        """See `Bus.publish`."""


class EmbeddingStream:
    """Embeds the shots of a lane together and publishes them in the order in which they came."""

    def __init__(self, lane: Lane, handler: EmbedHandler, embedder_id: str, publish: Publish) -> None:
        self._lane = lane
        self._handler = handler
        self._embedder_id = embedder_id
        self._publish = publish

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        """Handle one batch: a message is done once its embedding lies in the stream; one that fails fails alone.

        The first are published while the last are still embedded.
        """
        embedded = [self._embed(_read(delivery)) for delivery in batch]
        outcomes = []
        for delivery, (event, vector) in zip(batch, embedded, strict=True):
            with tracing.within(delivery.span):
                outcomes.append(await self._pass_on(event, vector))
        return outcomes

    def _embed(
        self, event: events_pb2.FaceEvent | SightlineError
    ) -> tuple[events_pb2.FaceEvent | SightlineError, asyncio.Future[Embedded] | None]:
        """The event, and what its shot will give; None where there is no shot."""
        if isinstance(event, SightlineError) or not event.HasField("shot"):
            return event, None
        shot = event.shot
        return event, self._handler.submit(Crop(partial(decode_picture, shot.crop), to_array(shot.landmarks)))

    async def _pass_on(
        self, event: events_pb2.FaceEvent | SightlineError, embedded: asyncio.Future[Embedded] | None
    ) -> Outcome:
        if isinstance(event, SightlineError):
            return event
        vector = await embedded if embedded else None
        if isinstance(vector, SightlineError):
            return vector
        embedding = events_pb2.EmbeddingEvent(face=event, embedder_id=self._embedder_id)
        if vector is not None:
            embedding.vector.extend(vector.tolist())
        try:
            subject = topology.embeddings(self._lane, event.source)
            await self._publish(subject, embedding, dedup_id=_dedup_id(event))
        except SightlineError as error:
            return error
        return None


def _read(delivery: Delivery) -> events_pb2.FaceEvent | SightlineError:
    try:
        event = events_pb2.FaceEvent.FromString(delivery.data)
    except DecodeError:
        return InvalidInput("EVENT_MALFORMED", "The message is no FaceEvent: what published it?")
    if event.WhichOneof("content") is None:
        return InvalidInput("EVENT_MALFORMED", "The FaceEvent carries neither a shot nor the end of a track.")
    return event


def _dedup_id(event: events_pb2.FaceEvent) -> str:
    """Another lease's events, and those of another attempt, are other messages: match has to see them, too."""
    what = event.shot.shot_id if event.HasField("shot") else f"{event.track_id}:closed"
    return f"{what}:{event.epoch}:{event.attempt}"
