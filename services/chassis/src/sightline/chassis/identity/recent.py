"""Values that were used lately."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The values that were used last, each until its moment; bounded, so that nobody can fill the memory.

    Args:
        limit: so many are kept.
        clock: what the moments are compared with, in seconds.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._values: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """None where it is not kept, or its moment has come."""
        found = self._values.get(key)
        if found is None:
            return None
        value, until = found
        if self._clock() >= until:
            del self._values[key]
            return None
        self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V, until: float) -> None:
        """Keeps it until that moment at the latest."""
        self._values[key] = (value, until)
        self._values.move_to_end(key)
        if len(self._values) > self._limit:
            self._values.popitem(last=False)
