"""Receipts of erasures: every service writes down what it has removed of a person or a watchlist, and when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sightline.chassis import topology
from sightline.chassis.ids import derived_id
from sightline.v1.erasure_service_pb2 import ReceiptEntry

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus


class Step(StrEnum):
    """What can be done of an erasure."""

    REQUESTED = "requested"
    NOT_SEARCHABLE = "not-searchable"
    RECORDS_DELETED = "records-deleted"
    KEY_DESTROYED = "key-destroyed"
    NOT_ON_DISK = "not-on-disk"
    ALERTS_REDACTED = "alerts-redacted"
    PICTURES_DELETED = "pictures-deleted"
    SIGHTINGS_DELETED = "sightings-deleted"
    PICTURES_KEY_DESTROYED = "pictures-key-destroyed"


@dataclass(frozen=True)
class Erased:
    """Who, or which watchlist (`person_id` is empty then), is erased.

    Attributes:
        occasion: tells several erasures of one person apart; what is repeated after a crash has the same.
    """

    watchlist_id: str
    person_id: str
    occasion: str

    @property
    def receipt_id(self) -> str:
        """The receipt's id, which every service knows by itself."""
        return derived_id("receipt", self.watchlist_id, self.person_id)


class Receipts:
    """Adds what one service did."""

    def __init__(self, bus: Bus, service: str) -> None:
        self._bus = bus
        self._service = service

    async def add(self, erased: Erased, step: Step, what: str, count: int = 0) -> None:
        """Returns once the stream has it; soon after the same step again, nothing is added.

        Args:
            erased: who.
            step: what was done.
            what: in words, without names.
            count: of what it says.

        Raises:
            Unavailable: BROKER_UNAVAILABLE.
        """
        entry = ReceiptEntry(
            receipt_id=erased.receipt_id,
            service=self._service,
            step=step,
            what=what,
            count=count,
            watchlist_id=erased.watchlist_id,
            person_id=erased.person_id,
            occasion=erased.occasion,
        )
        entry.time.GetCurrentTime()
        dedup_id = f"{entry.receipt_id}.{self._service}.{step}.{erased.occasion}"
        await self._bus.publish(topology.receipts(entry.receipt_id), entry, dedup_id=dedup_id)
