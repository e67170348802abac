"""How much one person may search in a day: whoever has a reason for a search seldom has a thousand."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.bus import broker_errors
from sightline.chassis.errors import ResourceExhausted
from sightline.chassis.principal import current_principal
from sightline.v1.records_pb2 import SearchCount

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.js.kv import KeyValue


class SearchQuota:
    """Counts on the broker what each subject searches for in a day (UTC), for all replicas together.

    A search is counted before anything is read, and stays counted where it fails: what it would have found was asked.

    Args:
        bucket: `search-counts`.
        per_day: probes of one subject; None: nothing is counted.
        now: the time.
    """

    def __init__(
        self, bucket: KeyValue, per_day: int | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._bucket = bucket
        self._per_day = per_day
        self._now = now
        # Of one subject one count after the other; between replicas the broker decides.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(self, probes: int) -> None:
        """Counts so many probes of the caller.

        Our own services are not counted: they search for nobody.

        Raises:
            ResourceExhausted: SEARCH_QUOTA_EXCEEDED; then none of them is counted.
            Unavailable: BROKER_UNAVAILABLE.
        """
        subject = current_principal().subject
        if self._per_day is None or ":" in subject:
            return
        now = self._now()
        turn = self._turns[subject]
        try:
            async with turn:
                await self._count(f"{subject}.{now:%Y-%m-%d}", probes, self._per_day, now)
        finally:
            if not turn.locked():
                self._turns.pop(subject, None)

    async def _count(self, key: str, probes: int, per_day: int, now: datetime) -> None:
        counted = False
        while not counted:
            searches, revision = await self._read(key)
            if searches + probes > per_day:
                raise _exceeded(searches, per_day, now)
            counted = await self._write(key, searches + probes, revision)

    async def _read(self, key: str) -> tuple[int, int]:
        """What is counted, and the revision of that."""
        with broker_errors():
            try:
                entry = await self._bucket.get(key)
            except (KeyNotFoundError, KeyDeletedError):
                return 0, 0
        return SearchCount.FromString(entry.value or b"").searches, entry.revision or 0

    async def _write(self, key: str, searches: int, revision: int) -> bool:
        """Whether nobody else wrote in between."""
        data = SearchCount(searches=searches).SerializeToString()
        with broker_errors():
            try:
                await self._bucket.update(key, data, revision)
            except KeyWrongLastSequenceError:
                return False
        return True


def _exceeded(searches: int, per_day: int, now: datetime) -> ResourceExhausted:
    reset = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return ResourceExhausted(
        "SEARCH_QUOTA_EXCEEDED",
        f"The policy allows a person {per_day} searches a day, and you have made {searches}: the count begins anew at "
        f"{reset:%Y-%m-%d %H:%M} UTC.",
        retry_after=(reset - now).total_seconds(),
    )
