"""Alerts get their pictures: behind the alert, which waits for none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sightline.notify.alert_states import is_redacted, revise

if TYPE_CHECKING:
    from sightline.chassis.handling import Delivery
    from sightline.notify.alert_book import AlertBook
    from sightline.notify.outbox import AlertSink
    from sightline.v1 import alert_service_pb2 as pb
    from sightline.v1 import events_pb2, records_pb2


class EvidenceKeeper(Protocol):
    """Keeps the picture that shows why."""

    async def keep(self, alert_id: str, sighting: events_pb2.Sighting) -> pb.EvidenceKind:
        """Stores the probe's crop and the snapshot, or the crop again where there is none, and says which."""

    async def discard(self, alert_id: str, person_id: str) -> None:
        """Removes all pictures of the alert, of a person who is erased, with their key."""


class SightingReader(Protocol):
    """Where sightings lie, with the probe's picture."""

    async def sighting(self, sequence: int) -> events_pb2.Sighting | None:
        """The sighting of that sequence; None where it is gone."""


class Erasure(Protocol):
    """Who knows whether an alert's person is erased; see AlertErasure."""

    async def catches(self, record: records_pb2.AlertRecord) -> bool:
        """Whether they are; what came behind the erasure is then erased as well."""

    async def clear(self, alert_id: str, record: records_pb2.AlertRecord) -> None:
        """Removes pictures that came behind the end of an alert, which has no record any more, or no person."""


class EvidenceLane:
    """Keeps the pictures of each alert's best sighting, unless it is forgotten, or the person erased, meanwhile."""

    def __init__(
        self, book: AlertBook, sightings: SightingReader, keeper: EvidenceKeeper, sink: AlertSink, erasure: Erasure
    ) -> None:
        self._book = book
        self._sightings = sightings
        self._keeper = keeper
        self._sink = sink
        self._erasure = erasure

    async def handle(self, event: pb.AlertEvent, delivery: Delivery) -> None:
        """Handles one change of an alert, as often as it comes."""
        record = (await self._book.alert(event.alert.id)).record
        if not record.alert.id:
            await self._erasure.clear(event.alert.id, record)
            return
        if await self._erasure.catches(record):
            if delivery.deliveries > 1:
                # It may have died between the picture and the record.
                await self._erasure.clear(event.alert.id, record)
            return
        wanted = record.best_sequence
        if record.evidence_sequence != wanted:
            if sighting := await self._sightings.sighting(wanted):
                kind = await self._keeper.keep(event.alert.id, sighting)
                await self._note(event.alert.id, wanted, kind)
        elif delivery.deliveries > 1:
            # It may have died between the record and its message.
            await self._sink.publish(record.alert)

    async def _note(self, alert_id: str, sequence: int, kind: pb.EvidenceKind) -> None:
        def noted(record: records_pb2.AlertRecord) -> bool:
            # It has gone meanwhile, or another one has become the best: that has a message of its own.
            if not record.alert.id or record.best_sequence != sequence or is_redacted(record.alert):
                return False
            record.evidence_sequence, record.alert.evidence = sequence, kind
            revise(record.alert)
            # The message that led here comes until it has been said.
            record.published_revision = record.alert.revision
            return True

        stored = await self._book.change(alert_id, noted)
        if is_redacted(stored.record.alert):
            # The picture came behind the erasure.
            await self._keeper.discard(alert_id, stored.record.alert.person.person_id)
        elif not stored.record.alert.id:
            await self._erasure.clear(alert_id, stored.record)
        elif stored.record.evidence_sequence == sequence:
            await self._sink.publish(stored.record.alert)
