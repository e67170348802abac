"""What people's decisions come to: pure rules, by the watchlist's policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition, PermissionDenied
from sightline.notify.alert_states import SETTLED, enter, revise
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import gallery_service_pb2 as gallery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.v1 import records_pb2

_STATE_OF = {
    pb.REVIEW_DECISION_CONFIRMED: pb.ALERT_STATE_CONFIRMED,
    pb.REVIEW_DECISION_DISMISSED: pb.ALERT_STATE_DISMISSED,
}
_TWO = 2


def reviews_wanted(policy: int) -> int:
    """How many people have to decide, as long as they agree."""
    return {gallery.REVIEW_POLICY_NONE: 0, gallery.REVIEW_POLICY_ONE: 1}.get(policy, _TWO)  # type: ignore[call-overload, no-any-return]  # the enum's values are ints


def decide(record: records_pb2.AlertRecord, review: pb.Review) -> None:
    """Adds a person's decision, and settles the alert where that is enough.

    Raises:
        FailedPrecondition: ALERT_SETTLED, REVIEW_NEWER.
        PermissionDenied: ALREADY_REVIEWED, REVIEWER_ENROLLED.
    """
    require_reviewer(record, review.reviewer)
    review.revision = record.alert.revision
    review.time.GetCurrentTime()
    record.reviews.append(review)
    state, reason = _outcome(record.alert, [each.decision for each in record.reviews])
    if state != record.alert.state:
        enter(record, state, reason)
    else:
        revise(record.alert)
    if state not in SETTLED:
        record.alert.reviews_missing = 1


def require_reviewer(record: records_pb2.AlertRecord, reviewer: str) -> None:
    """Raises as `decide` does, where this person may not decide about it."""
    alert = record.alert
    if alert.state in SETTLED:
        raise FailedPrecondition("ALERT_SETTLED", "The alert is settled already: there is nothing left to decide.")
    if any(review.decision not in _STATE_OF for review in record.reviews):
        raise FailedPrecondition(
            "REVIEW_NEWER",
            "Somebody decided as only a newer release can: decide once all of notify is of that one.",
        )
    if any(review.reviewer == reviewer for review in record.reviews):
        raise PermissionDenied("ALREADY_REVIEWED", "You have decided about this alert: it takes somebody else now.")
    if not alert.review_rules.requester_may_review and reviewer == alert.person.enrolled_by:
        raise PermissionDenied(
            "REVIEWER_ENROLLED", "You enrolled this person, so somebody else has to decide whether it is them."
        )


def expire(record: records_pb2.AlertRecord) -> None:
    """Ends an alert that was not settled in time."""
    enter(record, pb.ALERT_STATE_EXPIRED, "OVERDUE")


def _outcome(alert: pb.Alert, decisions: Sequence[pb.ReviewDecision]) -> tuple[pb.AlertState, str]:
    if alert.review_policy in {gallery.REVIEW_POLICY_NONE, gallery.REVIEW_POLICY_ONE}:
        return _STATE_OF[decisions[0]], "REVIEWED"
    if len(decisions) < _TWO:
        return pb.ALERT_STATE_UNDER_REVIEW, "REVIEWED"
    if len(set(decisions)) == 1:
        return _STATE_OF[decisions[0]], "AGREED"
    if len(decisions) > _TWO:
        return _STATE_OF[max(decisions, key=decisions.count)], "MAJORITY"
    if alert.review_rules.disagreement == gallery.DISAGREEMENT_EXPIRE:
        return pb.ALERT_STATE_EXPIRED, "DISAGREED"
    return pb.ALERT_STATE_UNDER_REVIEW, "DISAGREED"
