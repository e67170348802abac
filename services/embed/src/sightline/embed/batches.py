"""What many callers ask for at the same time, done together."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class Batches(Generic[_In, _Out]):
    """Hands items to the threads of an executor; a free one takes its share of everything that waits.

    Nobody waits for a batch to fill while a thread is free, unless `linger` says so; under load batches grow by
    themselves.

    Args:
        run: one result for each item, in order; called in a thread.
        executor: with `workers` threads.
        workers: batches at the same time.
        max_batch: items in one of them.
        linger: seconds to wait for more once there is a first item.
    """

    def __init__(
        self,
        run: Callable[[Sequence[_In]], Sequence[_Out]],
        executor: Executor,
        *,
        workers: int,
        max_batch: int,
        linger: float = 0.0,
    ) -> None:
        self._run = run
        self._executor = executor
        self._free = workers
        self._max_batch = max_batch
        self._linger = linger
        self._waiting: deque[tuple[_In, asyncio.Future[_Out]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def submit(self, item: _In) -> asyncio.Future[_Out]:
        """The result of an item, once its batch is done; an error of `run` is the error of every item of the batch."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Out] = loop.create_future()
        self._waiting.append((item, future))
        if self._timer is None:
            # Even without linger the other items of the same call come first.
            self._timer = loop.call_later(self._linger, self._deal)
        return future

    def _deal(self) -> None:
        self._timer = None
        while self._waiting and self._free:
            share = -(-len(self._waiting) // self._free)
            size = min(share, self._max_batch)
            batch = [self._waiting.popleft() for _ in range(size)]
            self._free -= 1
            items = [item for item, _ in batch]
            done = asyncio.get_running_loop().run_in_executor(self._executor, self._run, items)
            done.add_done_callback(partial(self._settle, [future for _, future in batch]))

    def _settle(self, futures: Sequence[asyncio.Future[_Out]], done: asyncio.Future[Sequence[_Out]]) -> None:
        self._free += 1
        error = done.exception()
        results = [None] * len(futures) if error else done.result()
        for future, result in zip(futures, results, strict=True):
            if future.done():  # its caller has gone
                continue
            if error:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]  # None only beside an error
        if self._timer is None:
            self._deal()
