"""How large a part of a shard each watchlist is: a search for most of it need not ask each face whose it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

KEEP_S = 5.0


class Shares:
    """Remembers what it counted for some seconds.

    Args:
        count: about how many faces a watchlist has, and all together (None).
        clock: seconds.
    """

    def __init__(self, count: Callable[[str | None], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._clock = clock
        self._counted: dict[str, float] = {}
        self._until = 0.0

    def of(self, watchlist_id: str) -> float:
        """Of all faces, 0..1; some seconds old, and about."""
        if self._clock() >= self._until:
            self._counted.clear()
            self._until = self._clock() + KEEP_S
        if watchlist_id not in self._counted:
            faces = self._count(None)
            self._counted[watchlist_id] = self._count(watchlist_id) / faces if faces else 0.0
        return self._counted[watchlist_id]
