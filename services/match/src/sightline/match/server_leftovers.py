"""Collections on a Qdrant server that were being made by a process which was killed: they never answer, and go.

What was deleted from the index since is still in them.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from qdrant_client import AsyncQdrantClient

LEFT_SECONDS = 12 * 3600.0
"""No build takes so long; and what was deleted is off the disk within a day."""
_LOOK_SECONDS = 60.0


class Leftovers:
    """Of one embedder's index.

    Args:
        client: of the server; what it raises is raised here.
        base: of the collections' names, behind which an id of each one's own follows.
        clock: seconds.
    """

    def __init__(self, client: AsyncQdrantClient, base: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._ours = re.compile(f"{re.escape(base)}_[a-z0-9]{{26}}")
        self._clock = clock
        self._look_at = 0.0
        self._seen: dict[str, float] = {}

    async def remove(self) -> list[str]:
        """Removes those that this process has seen without an alias for half a day, and says which."""
        if (now := self._clock()) < self._look_at:
            return []
        self._look_at = now + _LOOK_SECONDS
        there = {each.name for each in (await self._client.get_collections()).collections}
        answering = {each.collection_name for each in (await self._client.get_aliases()).aliases}
        left = filter(self._ours.fullmatch, there - answering)
        self._seen = {name: self._seen.get(name, now) for name in left}
        gone = [name for name, since in self._seen.items() if now - since > LEFT_SECONDS]
        for name in gone:
            await self._client.delete_collection(name)
        return gone
