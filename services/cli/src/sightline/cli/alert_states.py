"""States of alerts, as people say them."""

from enum import StrEnum
from typing import cast

from sightline.v1 import alert_service_pb2 as pb


class StateName(StrEnum):
    """What has become of an alert so far."""

    RAISED = "raised"
    UNDER_REVIEW = "under-review"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    EXPIRED = "expired"

    @property
    def number(self) -> pb.AlertState:
        """The contract's value."""
        return cast("pb.AlertState", pb.AlertState.Value(f"ALERT_STATE_{self.name}"))
