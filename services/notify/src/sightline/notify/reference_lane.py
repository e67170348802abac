"""Alerts get the enrolled picture to compare with, on a lane of its own: nothing else waits for match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sightline.notify.alert_states import is_redacted

if TYPE_CHECKING:
    from sightline.chassis.handling import Delivery
    from sightline.notify.alert_book import AlertBook
    from sightline.v1 import alert_service_pb2 as pb
    from sightline.v1 import events_pb2, records_pb2


class ReferenceKeeper(Protocol):
    """Keeps what an alert is compared with."""

    async def keep_reference(self, alert_id: str, watchlist_id: str, best: events_pb2.Candidate) -> None:
        """Stores what was kept of the enrolled picture, if it can be had."""

    async def discard(self, alert_id: str, person_id: str) -> None:
        """Removes all pictures of the alert, of a person who is erased, with their key."""


class Clearing(Protocol):
    """Who removes what came too late; see AlertErasure."""

    async def clear(self, alert_id: str, record: records_pb2.AlertRecord) -> None:
        """Removes pictures that came behind the end of an alert, which has no record any more, or no person."""


class ReferenceLane:
    """Keeps the reference of the face that each alert's best sighting resembles. It is asked for once."""

    def __init__(self, book: AlertBook, keeper: ReferenceKeeper, clearing: Clearing) -> None:
        self._book = book
        self._keeper = keeper
        self._clearing = clearing

    async def handle(self, event: pb.AlertEvent, delivery: Delivery) -> None:
        """Handles one change of an alert, as often as it comes."""
        record = (await self._book.alert(event.alert.id)).record
        sequence = record.best_sequence
        if not record.alert.id or (is_redacted(record.alert) and delivery.deliveries > 1):
            # It may have died between the picture and the record.
            await self._clearing.clear(event.alert.id, record)
            return
        if record.reference_sequence == sequence:
            return
        alert = record.alert
        await self._keeper.keep_reference(alert.id, alert.watchlist_id, alert.person)

        def noted(record: records_pb2.AlertRecord) -> bool:
            # Another sighting has become the best meanwhile: that has a message of its own.
            if record.best_sequence != sequence or is_redacted(record.alert):
                return False
            record.reference_sequence = sequence
            return True

        after = (await self._book.change(alert.id, noted)).record
        if is_redacted(after.alert):
            # The picture came behind the erasure.
            await self._keeper.discard(alert.id, alert.person.person_id)
        elif not after.alert.id:
            await self._clearing.clear(alert.id, after)
