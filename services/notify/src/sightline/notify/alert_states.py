"""The states of an alert's life, and how it goes from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.etag import etag_of
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import gallery_service_pb2 as gallery

if TYPE_CHECKING:
    from sightline.v1 import records_pb2

STATES = {
    pb.ALERT_STATE_RAISED: "raised",
    pb.ALERT_STATE_UNDER_REVIEW: "under_review",
    pb.ALERT_STATE_CONFIRMED: "confirmed",
    pb.ALERT_STATE_DISMISSED: "dismissed",
    pb.ALERT_STATE_EXPIRED: "expired",
}
"""As subjects have them."""
SETTLED = frozenset({pb.ALERT_STATE_CONFIRMED, pb.ALERT_STATE_DISMISSED, pb.ALERT_STATE_EXPIRED})
_WITHOUT_EFFECT = frozenset({pb.ALERT_STATE_DISMISSED, pb.ALERT_STATE_EXPIRED})


def revise(alert: pb.Alert) -> None:
    """Counts a change."""
    alert.revision += 1
    alert.update_time.GetCurrentTime()


def enter(record: records_pb2.AlertRecord, state: pb.AlertState, reason: str) -> None:
    """Brings the alert into a state; once it is settled, everybody may see what people decided."""
    alert = record.alert
    revise(alert)
    alert.state = state
    alert.history.add(state=state, time=alert.update_time, revision=alert.revision, reason=reason)
    if state in SETTLED:
        alert.reviews_missing = 0
        alert.ClearField("expire_time")
        alert.reviews.extend(record.reviews)


def takes(record: records_pb2.AlertRecord, track_id: str) -> bool:
    """Whether a sighting of the track belongs to this alert.

    What was dismissed, or expired, was what had been seen then: whoever comes after is another alert. So is whoever
    was erased, and is enrolled again.
    """
    if is_redacted(record.alert):
        return track_id in record.tracks
    return record.alert.state not in _WITHOUT_EFFECT or track_id in record.tracks


def is_redacted(alert: pb.Alert) -> bool:
    """Whether its person was erased."""
    return alert.HasField("redact_time")


def may_leave(alert: pb.Alert) -> bool:
    """Whether anybody outside may hear of it: once it is confirmed, or where nobody is asked for a review."""
    return alert.review_policy == gallery.REVIEW_POLICY_NONE or alert.state == pb.ALERT_STATE_CONFIRMED


def priority_of(alert: pb.Alert) -> int:
    """How soon somebody should look: the greater, the sooner."""
    return alert.priority or gallery.ALERT_PRIORITY_NORMAL


def shown(alert: pb.Alert) -> pb.Alert:
    """The alert as it is given to callers, with its etag."""
    copy = pb.Alert()
    copy.CopyFrom(alert)
    copy.etag = etag_of(alert)
    return copy
