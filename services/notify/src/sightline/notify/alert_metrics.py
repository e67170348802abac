"""What becomes of alerts, for Prometheus: by state, and what was dismissed by its source. No names, no persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter

from sightline.notify.alert_states import STATES
from sightline.v1 import alert_service_pb2 as pb

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class AlertMetrics:
    """Counts each change of state once, in the process that made it; replicas add up."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._alerts = Counter(
            "sightline_notify_alerts", "Alerts that came into a state.", ("state",), registry=registry
        )
        self._dismissals = Counter(
            "sightline_notify_dismissals", "Alerts that people dismissed.", ("source",), registry=registry
        )
        for state in STATES.values():
            self._alerts.labels(state)

    def entered(self, alert: pb.Alert) -> None:
        """The alert has come into the state that it has."""
        self._alerts.labels(STATES[alert.state]).inc()
        if alert.state == pb.ALERT_STATE_DISMISSED:
            self._dismissals.labels(alert.source).inc()
