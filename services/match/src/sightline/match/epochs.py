"""Which process reads a source by now: what another one says of it, that was stopped or cut off, is dropped.

So is what is said of a job that was deleted: it was on its way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import compress
from typing import TYPE_CHECKING, TypeAlias

import structlog
from prometheus_client import Counter

from sightline.chassis import tracing
from sightline.chassis.bucket_copy import BucketCopy
from sightline.chassis.errors import SightlineError
from sightline.chassis.topology import CAMERAS, JOBS
from sightline.v1 import events_pb2, records_pb2

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from sightline.chassis.bus import Bus

log = structlog.get_logger()

Handle: TypeAlias = Callable[
    [Sequence[events_pb2.EmbeddingEvent], Sequence[tracing.Span]], Awaitable[Sequence[SightlineError | None]]
]

MOST_SOURCES = 10_000


class Epochs:
    """The highest epoch of each source.

    That of a camera stands in its record, so that every process of match knows it from its first message on, whatever
    it has seen itself; of other sources, whose records are not read here, the highest that was seen counts.

    Args:
        bus: to the broker that has the records, also of jobs, by which deleted ones are known.
        registry: where dropped events are counted.
    """

    def __init__(self, bus: Bus, registry: CollectorRegistry) -> None:
        self._records = BucketCopy(bus, CAMERAS, lambda data: records_pb2.CameraRecord.FromString(data).epoch)
        self._jobs = BucketCopy(
            bus, JOBS, lambda data: records_pb2.VideoJobRecord.FromString(data).HasField("delete_time")
        )
        self._seen: dict[str, int] = {}
        self._dropped = Counter(
            "sightline_match_stale_events", "Face events of a process that had lost its source.", registry=registry
        )

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follows the records while the block runs; enters it once they are known. Raises Unavailable COPY_UNREAD."""
        async with self._records.following(), self._jobs.following():
            yield

    async def check(self) -> None:
        """Raises Unavailable COPY_UNREAD while the records are not known; for health."""
        await self._records.check()
        await self._jobs.check()

    def fresh_only(self, handle: Handle) -> Handle:
        """A handler that passes on what is said under the highest epoch; the rest is done with."""

        async def handle_fresh(
            events: Sequence[events_pb2.EmbeddingEvent], spans: Sequence[tracing.Span]
        ) -> list[SightlineError | None]:
            fresh = [self._is_fresh(event.face) for event in events]
            outcomes = iter(await handle([*compress(events, fresh)], [*compress(spans, fresh)]))
            return [next(outcomes) if is_fresh else None for is_fresh in fresh]

        return handle_fresh

    def _is_fresh(self, face: events_pb2.FaceEvent) -> bool:
        if (job := self._jobs.entries.get(face.source)) and job.value:
            log.info("deleted_job_dropped", source=face.source, track=face.track_id)
            return False
        record = self._records.entries.get(face.source)
        highest = max(record.value if record else 0, self._seen.pop(face.source, 0), face.epoch)
        self._seen[face.source] = highest  # as the newest one; the one that was not heard of for longest goes
        if len(self._seen) > MOST_SOURCES:
            del self._seen[next(iter(self._seen))]
        if face.epoch < highest:
            self._dropped.inc()
            log.warning("stale_epoch_dropped", source=face.source, epoch=face.epoch, highest=highest)
        return face.epoch == highest
