"""Expiry: what has reached its end is deleted. That nobody finds it from that moment on is the projection's part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.audit import Audited
from sightline.chassis.errors import InvalidInput
from sightline.chassis.principal import Principal
from sightline.chassis.rounds import Rounds, one_of_several

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from sightline.chassis.audit import Auditor
    from sightline.match.erasure import Erasure
    from sightline.match.projection import GalleryProjection
    from sightline.v1 import gallery_service_pb2 as pb

PAUSE_SECONDS = 30.0
PERSONS_AT_ONCE = 100
SERVICE = Principal("service:match")
_TASK = "expiry"


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

    def running(self) -> AbstractAsyncContextManager[None]:
        """Looks again and again while the block runs."""
        return Rounds(_TASK, self._look, self._pause, service=SERVICE).running()

    async def look(self) -> int:
        """Deletes what has expired by now, and returns how many watchlists and persons that were."""
        count = 0
        for watchlist in self._projection.expired_watchlists():
            if not self._erasure.is_at(watchlist.id):
                with one_of_several(_TASK, watchlist.id):
                    async with self._auditor.audit(_expired("watchlist", watchlist.id)) as what:
                        what.detail = _faces(await self._erasure.watchlist(watchlist))
                    count += 1
        for person in self._projection.expired_persons(PERSONS_AT_ONCE):
            if not self._erasure.is_at(person.id):
                with one_of_several(_TASK, person.id):
                    async with self._auditor.audit(_expired("person", person.id)) as what:
                        what.detail = _faces(await self._erasure.person(person))
                    count += 1
        return count

    async def _look(self) -> bool:
        return await self.look() >= PERSONS_AT_ONCE


def has_ended(record: pb.Watchlist | pb.Person, now: float) -> bool:
    """Whether its end has passed at `now`, in seconds since 1970: it is deleted soon, or just now."""
    return record.HasField("expire_time") and record.expire_time.ToNanoseconds() <= now * 1e9


def require_future(record: pb.Watchlist | pb.Person, now: float) -> None:
    """Raises InvalidInput EXPIRE_TIME_PAST where the record would end before `now`, in seconds since 1970."""
    if has_ended(record, now):
        raise InvalidInput("EXPIRE_TIME_PAST", "It would end before it begins: give an expire_time in the future.")


def _expired(kind: str, object_id: str) -> Audited:
    return Audited(f"gallery.delete_{kind}", kind, object_id, purpose="expired")


def _faces(count: int) -> str:
    return f"{count} faces"
