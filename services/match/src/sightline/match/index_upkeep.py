"""When an index in this process is built anew: new faces want to be in the graph, deleted ones off the disk."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import structlog

from sightline.chassis.ending import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.match.index_options import IndexOptions
    from sightline.match.index_status import IndexStatus

log = structlog.get_logger()

LOOK_EVERY = 5.0
# After a failure, seconds.
PAUSE = 300.0
# A build that comes before the tail is long waits so many times as long as the last one took.
REST = 4
# A gallery that gains such a share of itself between two looks is being filled, and what is built of it is soon old.
FILLING = 0.01


class Rebuilt(Protocol):
    """What is kept up; see EdgeIndex."""

    async def status(self) -> IndexStatus:
        """How it is."""

    def oldest_removal(self) -> datetime | None:
        """Since when a removed face's vector has been on the disk."""

    async def rebuild(self) -> None:
        """Builds it anew."""


def reason_to_build(
    status: IndexStatus, oldest_removal: datetime | None, options: IndexOptions, now: datetime, gained: int = 0
) -> str | None:
    """Why the index should be built now: "tail", "deleted", or None.

    A tail outside the graph is compared face by face. It may grow to a share of all while much is enrolled; where
    little is, builds are no more than a fifth of the time. While a gallery is being filled it is not built at all: the
    build would take processor time from the import, and be followed by another one.

    Args:
        status: of the index.
        oldest_removal: since when a removed face's vector has been on the disk.
        options: of the index.
        now: the time.
        gained: faces since the last look.
    """
    if status.building is not None:
        return None
    if oldest_removal and now - oldest_removal > timedelta(seconds=options.rewrite_after):
        return "deleted"
    tail = status.size - status.indexed
    if status.size < options.exact_below or tail < options.tail or gained > FILLING * status.size:
        return None
    built = status.built
    rested = built is None or (now - built.time).total_seconds() > REST * built.seconds
    return "tail" if rested or tail > options.tail_share * status.size else None


@asynccontextmanager
async def keeping_up(index: Rebuilt, options: IndexOptions) -> AsyncIterator[None]:
    """Builds the index anew whenever there is reason to, while the block runs."""
    task = asyncio.create_task(_keep_up(index, options), name="index upkeep")
    try:
        yield
    finally:
        await end(task)


async def _keep_up(index: Rebuilt, options: IndexOptions) -> None:
    seen = 0
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            status = await index.status()
            gained, seen = status.size - seen, status.size
            reason = reason_to_build(status, index.oldest_removal(), options, datetime.now(UTC), gained)
            if reason:
                log.info("index_build", reason=reason)
                await index.rebuild()
        except Exception:
            # Whatever it was, the index goes on as it is, and the next try may do better.
            log.exception("index_build_failed")
            await asyncio.sleep(PAUSE)
