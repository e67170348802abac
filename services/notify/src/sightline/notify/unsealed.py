"""How far the sealer is behind the audit trail, as every replica sees it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import structlog
from nats.js.errors import NotFoundError
from prometheus_client import Counter, Gauge

from sightline.chassis.errors import SightlineError
from sightline.chassis.excerpt import reading
from sightline.chassis.topology import AUDIT

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from prometheus_client import CollectorRegistry

    from sightline.chassis.bus import Bus
    from sightline.notify.seal_book import SealBook

log = structlog.get_logger()

LOOK_SECONDS = 5.0


class Unsealed:
    """Entries that have no seal yet, and what this process sealed."""

    def __init__(self, bus: Bus, book: SealBook, key: Ed25519PublicKey, registry: CollectorRegistry) -> None:
        self._bus = bus
        self._book = book
        self._key = key
        self.seconds = 0.0
        """For how long the oldest has waited."""
        self._entries = _gauge("unsealed_entries", "Entries of the audit trail without a seal.", registry)
        self._seconds = _gauge("unsealed_seconds", "Age of the oldest entry without a seal.", registry)
        self._gone = _gauge("gone_entries", "Sealed entries that are gone from the trail's end.", registry)
        self._seals = Counter("sightline_audit_seals", "Seals that this process made.", registry=registry)
        self._sealed = Counter("sightline_audit_sealed_entries", "Entries that it sealed.", registry=registry)

    def sealed(self, entries: int) -> None:
        """This process made a seal of so many entries."""
        self._seals.inc()
        self._sealed.inc(entries)

    async def watch(self) -> None:
        """Looks again and again."""
        while True:
            try:
                with reading():
                    await self.look()
            except SightlineError as error:
                log.warning("unsealed_unknown", reason=error.reason)
            except Exception:
                log.exception("unsealed_failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Looks once."""
        sealed = (await self._book.place(self._key)).sealed
        last = (await self._bus.js.stream_info(AUDIT)).state.last_seq
        if last < sealed:
            log.error("audit_trail_shorter", sealed=sealed, last=last, advice="sightline audit verify")
        self._gone.set(max(0, sealed - last))
        self._entries.set(max(0, last - sealed))
        self.seconds = await self._waiting(sealed) if last > sealed else 0.0
        self._seconds.set(self.seconds)

    async def _waiting(self, sealed: int) -> float:
        try:
            oldest = await self._bus.js.get_msg(AUDIT, sealed + 1, subject=">", next=True)
        except NotFoundError:
            return 0.0
        return max(0.0, time.time() - oldest.time.timestamp()) if oldest.time else 0.0


def _gauge(name: str, what: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(f"sightline_audit_{name}", what, registry=registry)
