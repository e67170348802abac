"""A revision of an alert as it may be shown now: as it was, without those who were erased since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sightline.notify.redaction import is_named, unname
from sightline.v1 import alert_service_pb2

if TYPE_CHECKING:
    from sightline.notify.erasure_lane import Graveyard


class KnownAlerts(Protocol):
    """Knows what alerts are by now; see AlertProjection."""

    async def find(self, alert_id: str) -> alert_service_pb2.Alert | None:
        """One of them; None: there is none, or not any more."""


class Presence:
    """Takes names out of old revisions: ALERTS keeps each as it was said.

    Args:
        known: what the alerts' records say by now.
        graveyard: who is deleted, of those whom the record has not any more.
    """

    def __init__(self, known: KnownAlerts, graveyard: Graveyard) -> None:
        self._known = known
        self._graveyard = graveyard

    async def of(self, alert: alert_service_pb2.Alert) -> alert_service_pb2.Alert:
        """The same revision, as it may be told now; the alert itself where nobody in it was erased.

        Raises:
            Unavailable: BROKER_UNAVAILABLE, ALERTS_BEHIND.
        """
        named = {each.person_id for each in filter(is_named, (alert.person, *alert.sighting.candidates))}
        if not named:
            return alert
        now = await self._known.find(alert.id) or alert_service_pb2.Alert()
        known = {each.person_id: is_named(each) for each in (*now.sighting.candidates, now.person)}
        gone = {each for each in named if not await self._is_named(alert.watchlist_id, each, known)}
        if not gone:
            return alert
        present = alert_service_pb2.Alert()
        present.CopyFrom(alert)
        for each in (present.person, *present.sighting.candidates):
            if each.person_id in gone:
                unname(each)
        if now.HasField("redact_time"):
            present.redact_time.CopyFrom(now.redact_time)
        return present

    async def _is_named(self, watchlist_id: str, person_id: str, known: dict[str, bool]) -> bool:
        if person_id in known:
            return known[person_id]
        return not await self._graveyard.is_gone(watchlist_id, person_id)
