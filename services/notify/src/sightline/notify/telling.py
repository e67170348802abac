"""A revision of an alert is told to a subscription, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import SightlineError
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


log = structlog.get_logger()

_UNFORESEEN = Sent(reason="INTERNAL", message="Something failed here; the log of notify has the details.")


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
        if alert.state in STATES:
            sent, delivery = await self._told(record, await self._presence.of(alert))
        else:
            sent, delivery = self._untold(record, alert, _of_a_newer_release(alert))
        delivery.alert_id, delivery.revision = alert.id, alert.revision
        return sent, delivery

    async def _told(
        self, record: records.SubscriptionRecord, alert: alert_service_pb2.Alert
    ) -> tuple[Sent, pb.Delivery]:
        try:
            event = alert_event(record.subscription.id, alert)
            return await attempt(self._courier, record, event, self._clock)
        except SightlineError:
            raise
        except Exception:
            # It is tried again as what fails is, and given up in the end: the subscription's other alerts go on.
            log.exception("delivery_failed", alert=alert.id)
            return self._untold(record, alert, _UNFORESEEN)

    def _untold(
        self, record: records.SubscriptionRecord, alert: alert_service_pb2.Alert, sent: Sent
    ) -> tuple[Sent, pb.Delivery]:
        subscription_id = record.subscription.id
        return sent, entry_of(subscription_id, event_id(subscription_id, alert), sent, self._clock())


def _of_a_newer_release(alert: alert_service_pb2.Alert) -> Sent:
    """It waits, as what fails does, for a process that has the word: no receiver is told of a state by its number."""
    return Sent(
        reason="ALERT_STATE_NEWER",
        message=f"The alert's state, {alert.state}, is of a newer release: a notify of that one tells it.",
    )
