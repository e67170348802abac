"""A revision of an alert is told to a subscription, once: as it was, without those who were erased since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.notify.alert_body import alert_event, event_id
from sightline.notify.alert_states import STATES
from sightline.notify.attempts import attempt, entry_of
from sightline.notify.redaction import is_named, unname
from sightline.notify.sending import Sent
from sightline.v1 import alert_service_pb2

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sightline.notify.alert_book import AlertBook
    from sightline.notify.courier import Courier
    from sightline.notify.erasure_lane import Graveyard
    from sightline.v1 import delivery_records_pb2 as records
    from sightline.v1 import subscription_service_pb2 as pb


class Telling:
    """Tells people of alerts.

    Args:
        courier: takes it there.
        book: what the alerts' records say by now; ALERTS keeps each revision as it was said.
        graveyard: who is deleted, of those whom the record has not any more.
        clock: the present time, aware.
    """

    def __init__(self, courier: Courier, book: AlertBook, graveyard: Graveyard, clock: Callable[[], datetime]) -> None:
        self._courier = courier
        self._book = book
        self._graveyard = graveyard
        self._clock = clock

    async def tell(
        self, record: records.SubscriptionRecord, alert: alert_service_pb2.Alert
    ) -> tuple[Sent, pb.Delivery]:
        """One attempt, and its entry for the log. Raises Unavailable BROKER_UNAVAILABLE."""
        subscription_id = record.subscription.id
        if alert.state in STATES:
            event = alert_event(subscription_id, await self._present(alert))
            sent, delivery = await attempt(self._courier, record, event, self._clock)
        else:
            sent = _of_a_newer_release(alert)
            delivery = entry_of(subscription_id, event_id(subscription_id, alert), sent, self._clock())
        delivery.alert_id, delivery.revision = alert.id, alert.revision
        return sent, delivery

    async def _present(self, alert: alert_service_pb2.Alert) -> alert_service_pb2.Alert:
        """The same revision, as it may be told now."""
        now = (await self._book.alert(alert.id)).record.alert
        known = {each.person_id: each for each in (*now.sighting.candidates, now.person)}
        present = alert_service_pb2.Alert()
        present.CopyFrom(alert)
        for each in filter(is_named, (present.person, *present.sighting.candidates)):
            if each.person_id in known:
                gone = not is_named(known[each.person_id])
            else:
                gone = await self._graveyard.is_gone(alert.watchlist_id, each.person_id)
            if gone:
                unname(each)
        return present


def _of_a_newer_release(alert: alert_service_pb2.Alert) -> Sent:
    """It waits, as what fails does, for a process that has the word: no receiver is told of a state by its number."""
    return Sent(
        reason="ALERT_STATE_NEWER",
        message=f"The alert's state, {alert.state}, is of a newer release: a notify of that one tells it.",
    )
