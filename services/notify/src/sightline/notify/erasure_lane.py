"""Hears of erasures by their receipts: every one has its own there, also of somebody who is enrolled again since."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from sightline.chassis.receipts import Erased, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.v1.erasure_service_pb2 import ReceiptEntry

SETTLE_SECONDS = 10.0
"""The tombstone comes a moment behind the receipt. Whoever has none after that is enrolled again."""
_LOOK_EVERY = 0.1


class Forgets(Protocol):
    """Who removes what is known of the erased; see PersonErasure."""

    async def person(self, erased: Erased, until: int | None) -> None:
        """Of a person; only from alerts of that moment (nanoseconds since 1970) or older, unless it is None."""

    async def watchlist(self, erased: Erased) -> None:
        """Of everybody in a watchlist."""


class Graveyard(Protocol):
    """Who is deleted; see Tombstones."""

    async def is_gone(self, watchlist_id: str, person_id: str) -> bool:
        """Whether the person, or the watchlist with them, is deleted now."""


class ErasureLane:
    """Passes erasures on to those who forget, once match has destroyed the key; other steps are passed over."""

    def __init__(self, forgets: Forgets, graveyard: Graveyard, now: Callable[[], float] = time.time) -> None:
        """`now` is in seconds since 1970."""
        self._forgets = forgets
        self._graveyard = graveyard
        self._now = now

    async def handle(self, entry: ReceiptEntry) -> None:
        """Handles one step of an erasure, as often as it comes."""
        if entry.step != Step.KEY_DESTROYED:
            return
        erased = Erased(entry.watchlist_id, entry.person_id, entry.occasion)
        if entry.person_id:
            await self._forgets.person(erased, await self._until(entry))
        else:
            await self._forgets.watchlist(erased)

    async def _until(self, entry: ReceiptEntry) -> int | None:
        """Whoever is enrolled again keeps the alerts that came since."""
        erased_at, began = entry.time.ToNanoseconds(), time.monotonic()
        while not await self._graveyard.is_gone(entry.watchlist_id, entry.person_id):
            # Match's clock may be ahead of ours, by hours: nobody else's erasure waits for that.
            waited = max(self._now() - erased_at / 1e9, time.monotonic() - began)
            if waited > SETTLE_SECONDS:
                return erased_at
            await asyncio.sleep(_LOOK_EVERY)
        return None
