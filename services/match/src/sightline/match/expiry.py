"""Expiry: what has reached its end is deleted. That nobody finds it from that moment on is the projection's part."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.audit import Audited
from sightline.chassis.ending import end
from sightline.chassis.errors import InvalidInput, SightlineError
from sightline.chassis.identity.rights import Reach
from sightline.chassis.principal import Principal, enter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.audit import Auditor
    from sightline.match.erasure import Erasure
    from sightline.match.projection import GalleryProjection
    from sightline.v1 import gallery_service_pb2 as pb

log = structlog.get_logger()

PAUSE_SECONDS = 30.0
PERSONS_AT_ONCE = 100
SERVICE = Principal("service:match")


class Expiry:
    """Deletes expired watchlists and persons, and audits it: as match, with the purpose "expired"."""

    def __init__(
        self, projection: GalleryProjection, erasure: Erasure, auditor: Auditor, pause: float = PAUSE_SECONDS
    ) -> None:
        """`pause` is in seconds, between two looks."""
        self._projection = projection
        self._erasure = erasure
        self._auditor = auditor
        self._pause = pause

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Looks again and again while the block runs."""
        task = asyncio.create_task(self._run(), name="expiry")
        try:
            yield
        finally:
            await end(task)

    async def look(self) -> int:
        """Deletes what has expired by now, and returns how many watchlists and persons that were."""
        count = 0
        for watchlist in self._projection.expired_watchlists():
            if not self._erasure.is_at(watchlist.id):
                async with self._auditor.audit(_expired("gallery.delete_watchlist", "watchlist", watchlist.id)) as what:
                    what.detail = _faces(await self._erasure.watchlist(watchlist))
                count += 1
        for person in self._projection.expired_persons(PERSONS_AT_ONCE):
            if not self._erasure.is_at(person.id):
                async with self._auditor.audit(_expired("gallery.delete_person", "person", person.id)) as what:
                    what.detail = _faces(await self._erasure.person(person))
                count += 1
        return count

    async def _run(self) -> None:
        # Nobody calls: what is done here, match does by itself.
        enter(SERVICE, Reach())
        while True:
            try:
                count = await self.look()
            except SightlineError as error:
                # Its key or the broker is not there just now: the next look goes on where this one stopped.
                log.warning("expiry_interrupted", reason=error.reason, detail=error.message)
                count = 0
            if count < PERSONS_AT_ONCE:
                await asyncio.sleep(self._pause)


def require_future(record: pb.Watchlist | pb.Person, now: float) -> None:
    """Raises InvalidInput EXPIRE_TIME_PAST where the record would end before `now`, in seconds since 1970."""
    if record.HasField("expire_time") and record.expire_time.ToNanoseconds() <= now * 1e9:
        raise InvalidInput("EXPIRE_TIME_PAST", "It would end before it begins: give an expire_time in the future.")


def _expired(action: str, kind: str, object_id: str) -> Audited:
    return Audited(action, kind, object_id, purpose="expired")


def _faces(count: int) -> str:
    return f"{count} faces"
