"""Decoding pictures that strangers send, in processes of their own."""

from __future__ import annotations

import asyncio
from queue import LifoQueue
from threading import Lock
from typing import TYPE_CHECKING, Self

import numpy as np
import structlog
from prometheus_client import Counter

from sightline.chassis.cpu import available_cpus
from sightline.chassis.errors import InvalidInput, SightlineError, Unavailable
from sightline.chassis.picture import check_length, encode_jpeg
from sightline.chassis.picture_worker import Bounds, Lost, PictureWorker

if TYPE_CHECKING:
    from types import TracebackType

    from prometheus_client import CollectorRegistry

    from sightline.chassis.picture import SeenPicture, UsefulScale

log = structlog.get_logger()


class PictureDecoders:
    """Some decoder processes that many threads share; a context manager, with which they end.

    One that crashes, hangs or takes too much is replaced at once and counted; who sent that picture gets an error, and
    nobody else notices.

    Args:
        registry: where lost decoders are counted.
        count: processes; 0: one for each processor.
        bounds: what each may take.
    """

    def __init__(self, registry: CollectorRegistry, count: int = 0, bounds: Bounds | None = None) -> None:
        self._lost = Counter(
            "sightline_picture_decoders_lost", "Picture decoders that were replaced.", ("why",), registry=registry
        )
        self._bounds = bounds or Bounds()
        self._workers = [PictureWorker(self._bounds) for _ in range(count or available_cpus())]
        self._lock = Lock()
        # The one that was used last comes first: its libraries are loaded, and its memory is there.
        self._idle: LifoQueue[PictureWorker] = LifoQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._is_suspect = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            for worker in self._workers:
                worker.end()

    def see(self, data: bytes, useful_scale: UsefulScale) -> SeenPicture:
        """As `see_picture`, in another process; blocks its thread.

        Raises:
            InvalidInput: what `see_picture` raises; DECODER_TIME, the picture takes too much of it.
            Unavailable: DECODER_DIED.
        """
        check_length(data)
        worker = self._idle.get()
        try:
            return worker.see(data, useful_scale)
        except Lost as lost:
            worker = self._replaced(worker, lost)
            raise _error(lost) from lost
        finally:
            self._idle.put(worker)

    async def check(self) -> None:
        """Raises unless pictures are decoded: tries it at the start, and again after one was lost."""
        if self._is_suspect:
            await asyncio.to_thread(self.see, _trial(), lambda _: 1.0)
            self._is_suspect = False

    def _replaced(self, worker: PictureWorker, lost: Lost) -> PictureWorker:
        self._lost.labels(lost.why).inc()
        log.warning("picture_decoder_lost", why=lost.why, status=lost.status)
        self._is_suspect = True
        new = PictureWorker(self._bounds)
        with self._lock:
            self._workers[self._workers.index(worker)] = new
        return new


def _trial() -> bytes:
    return encode_jpeg(np.zeros((8, 8, 3), np.uint8), 90)


def _error(lost: Lost) -> SightlineError:
    if lost.why == "time":
        return InvalidInput("DECODER_TIME", "the picture takes too long to decode; convert it to a plain JPEG")
    return Unavailable(
        "DECODER_DIED",
        f"the decoder of this picture died (exit status {lost.status}); if it happens again the picture is harmful: "
        "convert it",
    )
