"""Data keys in memory, for a short time: a key that was destroyed elsewhere must not live on here."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.chassis.owner_key import OwnerKey


class KeyCache:
    """Keeps each key for `seconds` from when it was read, used or not, and at most `limit` of them."""

    def __init__(self, seconds: float, limit: int) -> None:
        self._seconds = seconds
        self._limit = limit
        # All are kept equally long, so the order of insertion is that of expiry.
        self._kept: dict[str, tuple[OwnerKey, float]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, owner: str) -> OwnerKey | None:
        """The owner's key, unless its time is over."""
        key, expiry = self._kept.get(owner, (None, 0.0))
        return key if time.monotonic() < expiry else None

    def put(self, owner: str, key: OwnerKey) -> None:
        """Keeps a key that was read just now; called in the event loop."""
        self.drop(owner)
        if len(self._kept) >= self._limit:
            self.drop(next(iter(self._kept)))
        self._kept[owner] = (key, time.monotonic() + self._seconds)
        self._wake()

    def drop(self, owner: str) -> None:
        """Forgets the owner's key."""
        self._kept.pop(owner, None)

    def _wake(self) -> None:
        """Sees to it that the oldest goes when its time is over, even if nobody asks for anything any more."""
        if self._timer is None and self._kept:
            _, expiry = next(iter(self._kept.values()))
            self._timer = asyncio.get_running_loop().call_later(expiry - time.monotonic(), self._expire)

    def _expire(self) -> None:
        self._timer, now = None, time.monotonic()
        for owner, (_, expiry) in list(self._kept.items()):
            if expiry > now:
                break
            self.drop(owner)
        self._wake()
