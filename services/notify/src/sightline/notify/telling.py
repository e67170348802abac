"""A revision of an alert is told to a subscription, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.notify.alert_body import alert_event, event_id
from sightline.notify.alert_states import STATES
from sightline.notify.attempts import attempt, entry_of
from sightline.notify.sending import Sent

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sightline.notify.courier import Courier
    from sightline.notify.presence import Presence
    from sightline.v1 import alert_service_pb2
    from sightline.v1 import delivery_records_pb2 as records
    from sightline.v1 import subscription_service_pb2 as pb


class Telling:
    """Tells people of alerts.

    Args:
        courier: takes it there.
        presence: what may be told of it by now.
        clock: the present time, aware.
    """

    def __init__(self, courier: Courier, presence: Presence, clock: Callable[[], datetime]) -> None:
        self._courier = courier
        self._presence = presence
        self._clock = clock

    async def tell(
        self, record: records.SubscriptionRecord, alert: alert_service_pb2.Alert
    ) -> tuple[Sent, pb.Delivery]:
        """One attempt, and its entry for the log. Raises Unavailable BROKER_UNAVAILABLE."""
        subscription_id = record.subscription.id
        if alert.state in STATES:
            event = alert_event(subscription_id, await self._presence.of(alert))
            sent, delivery = await attempt(self._courier, record, event, self._clock)
        else:
            sent = _of_a_newer_release(alert)
            delivery = entry_of(subscription_id, event_id(subscription_id, alert), sent, self._clock())
        delivery.alert_id, delivery.revision = alert.id, alert.revision
        return sent, delivery


def _of_a_newer_release(alert: alert_service_pb2.Alert) -> Sent:
    """It waits, as what fails does, for a process that has the word: no receiver is told of a state by its number."""
    return Sent(
        reason="ALERT_STATE_NEWER",
        message=f"The alert's state, {alert.state}, is of a newer release: a notify of that one tells it.",
    )
