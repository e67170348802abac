"""Requests of many callers put together, and answered together."""

from collections.abc import Callable, Hashable, Sequence
from threading import BoundedSemaphore, Event, Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Batch(Generic[Item, Result]):
    def __init__(self) -> None:
        self.items: list[Item] = []
        self.results: Sequence[Result] | None = None
        self.full, self.done = Event(), Event()


class Batcher(Generic[Item, Result]):
    """Puts together what many threads ask for.

    The first caller of a batch does the work for all of it: after `linger`, or as soon as the batch is full, and not
    before one of the places is free; while it waits others join. With a limit of 1 nobody waits for anybody.

    Args:
        work: one result for each item, in order. Items of a batch have the same key.
        limit: items of a batch.
        linger: seconds that a batch waits for more items.
        places: batches at work at the same time.
    """

    def __init__(
        self, work: Callable[[Sequence[Item]], Sequence[Result]], limit: int, linger: float, places: int
    ) -> None:
        self._work = work
        self._limit = limit
        self._linger = linger
        self._places = BoundedSemaphore(places)
        self._lock = Lock()
        self._open: dict[Hashable, _Batch[Item, Result]] = {}

    def __call__(self, key: Hashable, item: Item) -> Result:
        """The result of one item; raises what `work` raises for this item alone."""
        if self._limit == 1:
            return self._work([item])[0]
        with self._lock:
            is_first = key not in self._open
            batch = self._open.setdefault(key, _Batch())
            place = len(batch.items)
            batch.items.append(item)
            if len(batch.items) == self._limit:
                del self._open[key]
                batch.full.set()
        if is_first:
            self._lead(key, batch)
        batch.done.wait()
        # One picture that the network fails on shall not fail those that happened to be beside it.
        return batch.results[place] if batch.results is not None else self._work([item])[0]

    def _lead(self, key: Hashable, batch: _Batch[Item, Result]) -> None:
        """Do the work of a batch; whatever happens, its followers are woken."""
        try:
            batch.full.wait(self._linger)
            with self._places:
                with self._lock:
                    if self._open.get(key) is batch:
                        del self._open[key]
                batch.results = self._work(batch.items)
        except Exception:
            if len(batch.items) == 1:
                raise
        finally:
            batch.done.set()
