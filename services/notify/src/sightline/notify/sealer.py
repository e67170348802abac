"""Seals the audit trail: one process at a time, in the order of the stream, and exactly where the last one stopped."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog
from nats.js.errors import Error as JetStreamError

from sightline.chassis.ending import end
from sightline.chassis.errors import SightlineError, Unavailable
from sightline.chassis.excerpt import reading
from sightline.chassis.ids import new_id
from sightline.chassis.lease import take_lease
from sightline.chassis.pull import Pull
from sightline.chassis.seals import make_seal
from sightline.chassis.tail import consumer_behind
from sightline.chassis.topology import AUDIT
from sightline.notify.audit_trail import entry_of
from sightline.notify.seal_book import SealBook
from sightline.notify.unsealed import Unsealed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from nats.js.kv import KeyValue
    from prometheus_client import CollectorRegistry

    from sightline.chassis.bus import Bus
    from sightline.chassis.lease import Lease
    from sightline.notify.seal_book import Place
    from sightline.v1.audit_seal_pb2 import AuditEntry

log = structlog.get_logger()

DUTY = "audit-sealer"
MOST = 256
"""Entries of one seal: some milliseconds of hashing, in which nothing else goes on here."""
LINGER_SECONDS = 3.0
"""How long the first entry of a seal waits for others."""
FETCH_SECONDS = 2.0
TURN_SECONDS = 1.0
LATE_SECONDS = 60.0
"""Whoever has the lease is not healthy while an entry waits longer."""


class Sealer:
    """Seals while it has the lease.

    It is not the lease that makes a second seal of one range impossible: the broker takes a seal only behind the one
    that its maker saw last.

    Args:
        bus: the broker.
        duties: the bucket of leases.
        key: signs.
        registry: gets how far behind it is.
    """

    def __init__(self, bus: Bus, duties: KeyValue, key: Ed25519PrivateKey, registry: CollectorRegistry) -> None:
        self._bus = bus
        self._duties = duties
        self._key = key
        self._holder = new_id()
        self._book = SealBook(bus)
        self._unsealed = Unsealed(bus, self._book, key.public_key(), registry)
        self._held = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Seals while the block runs, whenever it is this process's turn."""
        tasks = [
            asyncio.create_task(self._take_turns(), name="sealer"),
            asyncio.create_task(self._unsealed.watch(), name="unsealed"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                await end(task)

    async def check(self) -> None:
        """Raises Unavailable AUDIT_UNSEALED while it is this process's turn and entries wait too long; for health."""
        if self._held and self._unsealed.seconds > LATE_SECONDS:
            raise Unavailable(
                "AUDIT_UNSEALED",
                f"Entries of the audit trail wait for their seal since {self._unsealed.seconds:.0f} s.",
            )

    async def _take_turns(self) -> None:
        while True:
            try:
                if lease := await take_lease(self._duties, DUTY, holder=self._holder):
                    await self._hold(lease)
            except SightlineError as error:
                log.warning("sealer_lease", reason=error.reason)
            except Exception:
                log.exception("sealer_failed")
            await asyncio.sleep(TURN_SECONDS)

    async def _hold(self, lease: Lease) -> None:
        """Seals until the lease is lost, and gives it back at the end."""
        tasks = [asyncio.create_task(lease.keep()), asyncio.create_task(self._seal_on())]
        self._held = True
        log.info("sealer_begins")
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._held = False
            for task in tasks:
                await end(task)
            with suppress(SightlineError, JetStreamError):
                await lease.release()

    async def _seal_on(self) -> None:
        """Whatever goes wrong: what the stream of seals says then is where it goes on."""
        while True:
            try:
                with reading():
                    await self._seal_behind(await self._book.place(self._key.public_key()))
            except SightlineError as error:
                log.warning("sealing_again", reason=error.reason)
            except Exception:
                log.exception("sealing_failed")
            await asyncio.sleep(TURN_SECONDS)

    async def _seal_behind(self, place: Place) -> None:
        consumer = await consumer_behind(self._bus, AUDIT, place.sealed)
        async with Pull(self._bus.client, AUDIT, consumer, MOST).bound() as pull:
            while True:
                messages = await pull.fetch(MOST, seconds=FETCH_SECONDS, linger=LINGER_SECONDS)
                for entries in unbroken([entry_of(message) for message in messages]):
                    place = await self._book.append(make_seal(place.seal, entries, self._key), place)
                    self._unsealed.sealed(len(entries))


def unbroken(entries: Sequence[AuditEntry]) -> Iterator[Sequence[AuditEntry]]:
    """The entries in pieces without a gap: where some are gone, the next seal's sequences say so."""
    start = 0
    for at in range(1, len(entries) + 1):
        if at == len(entries) or entries[at].sequence != entries[at - 1].sequence + 1:
            yield entries[start:at]
            start = at
