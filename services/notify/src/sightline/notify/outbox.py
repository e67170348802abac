"""Alerts on their way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis import topology
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import gallery_service_pb2

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus

STATES = {
    pb.ALERT_STATE_RAISED: "raised",
    pb.ALERT_STATE_UNDER_REVIEW: "under_review",
    pb.ALERT_STATE_CONFIRMED: "confirmed",
    pb.ALERT_STATE_DISMISSED: "dismissed",
    pb.ALERT_STATE_EXPIRED: "expired",
}


class BusAlerts:
    """An AlertSink on the ALERTS and EVENTS streams."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, alert: pb.Alert) -> None:
        """See AlertSink. What nobody has confirmed leaves the system only where the policy asks for no review."""
        state, event = STATES[alert.state], pb.AlertEvent(alert=alert)
        dedup_id = f"{alert.id}.{alert.revision}"
        await self._bus.publish(topology.alerts(alert.watchlist_id, state), event, dedup_id=dedup_id)
        unseen = alert.state == pb.ALERT_STATE_RAISED
        if not unseen or alert.review_policy == gallery_service_pb2.REVIEW_POLICY_NONE:
            await self._bus.publish(topology.alert_events(state, alert.watchlist_id), event, dedup_id=dedup_id)
