from __future__ import annotations

import pytest
from fakes import sighting_of

from sightline.chassis.errors import FailedPrecondition, PermissionDenied
from sightline.notify.alert_growth import absorb
from sightline.notify.alert_states import SETTLED
from sightline.notify.review import decide, expire
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import gallery_service_pb2 as gallery
from sightline.v1 import records_pb2

CONFIRMED, DISMISSED = pb.REVIEW_DECISION_CONFIRMED, pb.REVIEW_DECISION_DISMISSED
TWO = gallery.REVIEW_POLICY_TWO
THIRD, EXPIRE = gallery.DISAGREEMENT_THIRD, gallery.DISAGREEMENT_EXPIRE


def raised(policy=TWO, disagreement=THIRD, *, enrolled_by="", requester_may_review=False):
    """The record of a new alert."""
    record = records_pb2.AlertRecord()
    rules = gallery.ReviewRules(disagreement=disagreement, requester_may_review=requester_may_review)
    sighting = sighting_of("a", 0, review_policy=policy, review_rules=rules)
    sighting.candidates[0].enrolled_by = enrolled_by
    absorb(record, "a" * 26, sighting, 1)
    return record


def reviewed(record, *decisions):
    """The record after these decisions, each of another person."""
    for number, decision in enumerate(decisions):
        decide(record, pb.Review(reviewer=f"person {number}", decision=decision, reason="looked"))
    return record


@pytest.mark.parametrize(
    ("policy", "disagreement", "decisions", "state", "reason"),
    [
        (gallery.REVIEW_POLICY_NONE, THIRD, [DISMISSED], "DISMISSED", "REVIEWED"),
        (gallery.REVIEW_POLICY_ONE, THIRD, [CONFIRMED], "CONFIRMED", "REVIEWED"),
        (gallery.REVIEW_POLICY_ONE, THIRD, [DISMISSED], "DISMISSED", "REVIEWED"),
        (0, THIRD, [CONFIRMED], "UNDER_REVIEW", "REVIEWED"),
        (TWO, THIRD, [CONFIRMED, CONFIRMED], "CONFIRMED", "AGREED"),
        (TWO, THIRD, [DISMISSED, DISMISSED], "DISMISSED", "AGREED"),
        (TWO, THIRD, [CONFIRMED, DISMISSED], "UNDER_REVIEW", "REVIEWED"),
        (TWO, 0, [CONFIRMED, DISMISSED], "UNDER_REVIEW", "REVIEWED"),
        (TWO, THIRD, [CONFIRMED, DISMISSED, CONFIRMED], "CONFIRMED", "MAJORITY"),
        (TWO, THIRD, [CONFIRMED, DISMISSED, DISMISSED], "DISMISSED", "MAJORITY"),
        (TWO, EXPIRE, [CONFIRMED, DISMISSED], "EXPIRED", "DISAGREED"),
    ],
)
def test_what_decisions_come_to(policy, disagreement, decisions, state, reason):
    """By the policy: one, two who agree, a third where they do not, or an end without a decision."""
    alert = reviewed(raised(policy, disagreement), *decisions).alert
    assert pb.AlertState.Name(alert.state) == f"ALERT_STATE_{state}"
    assert alert.history[-1].reason == reason
    assert alert.reviews_missing == (0 if alert.state in SETTLED else 1)


def test_nobody_sees_a_decision_before_the_alert_is_settled():
    """An open alert shows no review, nor who gave it; a settled one shows all, with the revision that was looked at."""
    record = reviewed(raised(), CONFIRMED)
    assert not record.alert.reviews
    assert "person 0" not in str(record.alert)
    decide(record, pb.Review(reviewer="another", decision=CONFIRMED, reason="looked"))
    assert [(review.reviewer, review.revision) for review in record.alert.reviews] == [("person 0", 1), ("another", 2)]


def test_the_same_person_decides_once():
    """Whoever has decided is refused, whatever they say now, and the alert waits for somebody else."""
    record = reviewed(raised(), CONFIRMED)
    with pytest.raises(PermissionDenied, match="ALREADY_REVIEWED"):
        decide(record, pb.Review(reviewer="person 0", decision=DISMISSED))
    assert len(record.reviews) == 1


def test_whoever_enrolled_the_person_does_not_review():
    """Unless the rules let them."""
    own = pb.Review(reviewer="clerk", decision=CONFIRMED)
    with pytest.raises(PermissionDenied, match="REVIEWER_ENROLLED"):
        decide(raised(enrolled_by="clerk"), own)
    allowed = raised(enrolled_by="clerk", requester_may_review=True)
    decide(allowed, own)
    assert allowed.alert.state == pb.ALERT_STATE_UNDER_REVIEW


def test_what_is_settled_stays_settled():
    """A decision that comes later is refused, also after an alert has expired."""
    expired = raised()
    expire(expired)
    assert (expired.alert.state, expired.alert.history[-1].reason) == (pb.ALERT_STATE_EXPIRED, "OVERDUE")
    for record in (expired, reviewed(raised(), CONFIRMED, CONFIRMED)):
        with pytest.raises(FailedPrecondition, match="ALERT_SETTLED"):
            decide(record, pb.Review(reviewer="late", decision=DISMISSED))


def test_a_decision_of_a_newer_release_is_not_counted_by_an_older_one():
    """What it comes to, only that release knows: nobody decides here until all of notify is of it."""
    record = raised()
    record.reviews.add(reviewer="person 0", decision=77)
    with pytest.raises(FailedPrecondition, match="REVIEW_NEWER"):
        decide(record, pb.Review(reviewer="person 1", decision=CONFIRMED, reason="looked"))
    assert record.alert.state == pb.ALERT_STATE_RAISED
