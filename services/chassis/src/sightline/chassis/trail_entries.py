"""The entries of a trail as they are read for a check: one after the other, and a look at what comes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.seals import digest_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sightline.v1.audit_seal_pb2 import AuditEntry


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check needs of an entry; `stored` in nanoseconds since 1970."""

    sequence: int
    digest: bytes
    stored: int


class TrailEntries:
    """Reads entries once, in the order in which they come.

    Args:
        entries: the trail.
        misplaced: told of an entry that stands behind a later one, or twice; those are left out.
        progress: told of every entry.
    """

    def __init__(
        self, entries: AsyncIterator[AuditEntry], misplaced: Callable[[int], None], progress: Callable[[], None]
    ) -> None:
        self._entries = entries
        self._misplaced = misplaced
        self._progress = progress
        self._held: deque[Seen] = deque()
        self._highest = 0
        self.count = 0

    async def through(self, sequence: int) -> list[Seen]:
        """Takes the entries up to that sequence."""
        taken = []
        while await self._fill(1) and self._held[0].sequence <= sequence:
            taken.append(self._held.popleft())
        return taken

    async def take(self, count: int) -> list[Seen]:
        """Takes so many entries, or those that there are."""
        await self._fill(count)
        return [self._held.popleft() for _ in range(min(count, len(self._held)))]

    def give_back(self, entries: list[Seen]) -> None:
        """Puts entries that were taken last before those that come."""
        self._held.extendleft(reversed(entries))

    async def ended(self) -> bool:
        """Whether nothing comes any more."""
        return not await self._fill(1)

    async def _fill(self, count: int) -> bool:
        while len(self._held) < count:
            entry = await anext(self._entries, None)
            if entry is None:
                break
            self.count += 1
            self._progress()
            if entry.sequence <= self._highest:
                self._misplaced(entry.sequence)
                continue
            self._highest = entry.sequence
            self._held.append(Seen(entry.sequence, digest_of(entry), entry.stored_time.ToNanoseconds()))
        return bool(self._held)
