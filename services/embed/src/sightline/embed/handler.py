"""The use case: turn faces in pictures into unit vectors, many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import structlog
from numpy.typing import NDArray
from prometheus_client import Counter, Histogram

from sightline.chassis.errors import Internal, SightlineError
from sightline.embed.batches import Batches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from prometheus_client import CollectorRegistry

    from sightline.embed.embedder import FaceEmbedder

log = structlog.get_logger()

Picture: TypeAlias = Callable[[], NDArray[np.uint8]]
"""Decodes when it is called: (height, width, 3) RGB, or raises InvalidInput."""
Embedded: TypeAlias = NDArray[np.float32] | SightlineError
"""A vector of length 1, or why there is none."""


@dataclass(frozen=True, eq=False)
class Crop:
    """A picture, and where in it the face is.

    Attributes:
        picture: decodes it.
        landmarks: (5, 2) x, y in ratios of the picture, in the order of `FaceEmbedder.align`.
    """

    picture: Picture
    landmarks: NDArray[np.float32]


class EmbedMetrics:
    """What an embed process counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.faces = Counter("sightline_faces_embedded", "Faces embedded.", registry=registry)
        self.seconds = Histogram("sightline_embed_seconds", "Inference time of a batch.", registry=registry)


@dataclass(frozen=True)
class Batching:
    """How faces are put together; see `Batches`."""

    workers: int = 1
    max_batch: int = 4
    linger: float = 0.0


class EmbedHandler:
    """Embeds faces in the threads of an executor, so that the event loop goes on answering.

    Faces of all callers share batches: which call one came with makes no difference.
    """

    def __init__(
        self, embedder: FaceEmbedder, executor: Executor, metrics: EmbedMetrics, batching: Batching | None = None
    ) -> None:
        """`executor` has `batching.workers` threads."""
        self._embedder = embedder
        self._metrics = metrics
        self._batches = Batches(self._embed, executor, **vars(batching or Batching()))
        self._is_suspect = True

    def submit(self, crop: Crop) -> asyncio.Future[Embedded]:
        """What a crop gives, once the batch in which it goes is done."""
        return self._batches.submit(crop)

    async def embed(self, crops: Sequence[Crop]) -> list[Embedded]:
        """One result for each crop, in order; a crop that fails fails alone."""
        return await asyncio.gather(*map(self.submit, crops))

    async def check(self) -> None:
        """Raises unless the model works: tries it at the start, and again where the last inference failed."""
        if not self._is_suspect:
            return
        chip = np.zeros((256, 256, 3), np.uint8)
        landmarks = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
        (outcome,) = await self.embed([Crop(lambda: chip, landmarks)])
        if isinstance(outcome, SightlineError):
            raise outcome
        self._is_suspect = False

    def _embed(self, crops: Sequence[Crop]) -> list[Embedded]:
        chips = [self._chip(crop) for crop in crops]
        vectors = iter(self._vectors([chip for chip in chips if not isinstance(chip, SightlineError)]))
        return [chip if isinstance(chip, SightlineError) else next(vectors) for chip in chips]

    def _chip(self, crop: Crop) -> NDArray[np.uint8] | SightlineError:
        try:
            picture = crop.picture()
            height, width = picture.shape[:2]
            return self._embedder.align(picture, crop.landmarks * np.array([width, height], np.float32))
        except SightlineError as error:
            return error
        except Exception:
            log.exception("alignment_failed")
            return Internal("ALIGNMENT_FAILED", "The face could not be cut out; the service's log says how.")

    def _vectors(self, chips: Sequence[NDArray[np.uint8]]) -> list[Embedded]:
        """Embed together; where that fails one by one, so that one chip cannot spoil the others."""
        if not chips:
            return []
        try:
            with self._metrics.seconds.time():
                vectors = self._embedder.embed(chips)
        except Exception:
            if len(chips) > 1:
                return [vector for chip in chips for vector in self._vectors([chip])]
            log.exception("embedding_failed")
            self._is_suspect = True
            return [Internal("EMBEDDING_FAILED", "The embedder failed on this face; the service's log says how.")]
        self._metrics.faces.inc(len(chips))
        return list(vectors)
