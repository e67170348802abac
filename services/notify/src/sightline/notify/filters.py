"""Which alerts a subscription gets, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.weekly_hours import is_open
from sightline.notify.alert_states import may_leave, priority_of
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from datetime import datetime

    from sightline.v1 import alert_service_pb2


def wants(subscription: pb.Subscription, alert: alert_service_pb2.Alert) -> bool:
    """Whether this revision is for it.

    Nothing leaves the system before it is confirmed, but where the watchlist asks for no review, or to the reviewers.
    """
    return (subscription.kind == pb.SUBSCRIPTION_KIND_REVIEW or may_leave(alert)) and (
        (not subscription.watchlist_ids or alert.watchlist_id in subscription.watchlist_ids)
        and (not subscription.camera_ids or alert.source in subscription.camera_ids)
        and (not subscription.states or alert.state in subscription.states)
        and priority_of(alert) >= subscription.min_priority
    )


def is_due(subscription: pb.Subscription, now: datetime) -> bool:
    """Whether anything is sent now: it is active, and these are not its quiet hours."""
    quiet = subscription.HasField("quiet_hours") and is_open(subscription.quiet_hours, now)
    return subscription.state == pb.SUBSCRIPTION_STATE_ACTIVE and not quiet
