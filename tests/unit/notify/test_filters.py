from __future__ import annotations

from datetime import UTC, datetime

import pytest
from alerts_for_tests import alert_of

from sightline.notify.filters import is_due, wants
from sightline.v1 import alert_service_pb2, camera_service_pb2
from sightline.v1 import subscription_service_pb2 as pb
from sightline.v1.gallery_service_pb2 import (
    ALERT_PRIORITY_HIGH,
    ALERT_PRIORITY_NORMAL,
    ALERT_PRIORITY_URGENT,
    REVIEW_POLICY_NONE,
    REVIEW_POLICY_ONE,
    REVIEW_POLICY_TWO,
)

ALL_STATES = [state for state in alert_service_pb2.AlertState.values() if state]
CONFIRMED = alert_service_pb2.ALERT_STATE_CONFIRMED
NIGHT = camera_service_pb2.Schedule(
    time_zone="Europe/Berlin",
    hours=[camera_service_pb2.WeeklyHours(days=range(1, 8), start_minute=22 * 60, end_minute=6 * 60)],
)


def subscription(kind=pb.SUBSCRIPTION_KIND_EXTERNAL, **fields):
    return pb.Subscription(kind=kind, state=pb.SUBSCRIPTION_STATE_ACTIVE, **fields)


@pytest.mark.parametrize("policy", [0, REVIEW_POLICY_ONE, REVIEW_POLICY_TWO])
def test_with_a_review_only_what_was_confirmed_goes_outside(policy):
    """Also where no policy is given: that is two people."""
    gone = [state for state in ALL_STATES if wants(subscription(), alert_of(1, 1, state, policy))]
    assert gone == [CONFIRMED]


def test_without_a_review_every_state_goes_outside():
    """The watchlist says that nobody has to look."""
    assert all(wants(subscription(), alert_of(1, 1, state, REVIEW_POLICY_NONE)) for state in ALL_STATES)


def test_reviewers_get_everything():
    """Their own screens are where unconfirmed alerts are looked at."""
    review = subscription(pb.SUBSCRIPTION_KIND_REVIEW)
    assert all(wants(review, alert_of(1, 1, state, REVIEW_POLICY_TWO)) for state in ALL_STATES)


def test_a_filter_on_states_opens_nothing():
    """To ask for raised alerts does not get them out before they are confirmed."""
    asking = subscription(states=ALL_STATES)
    assert not wants(asking, alert_of(1, 1, alert_service_pb2.ALERT_STATE_RAISED, REVIEW_POLICY_TWO))


@pytest.mark.parametrize(
    "fields",
    [
        {"watchlist_ids": ["x" * 26]},
        {"camera_ids": ["t" * 26]},
        {"states": [CONFIRMED]},
        {"min_priority": ALERT_PRIORITY_HIGH},
    ],
)
def test_every_filter_must_be_met(fields):
    """One that is not is enough."""
    assert wants(subscription(), alert_of(1))
    assert not wants(subscription(**fields), alert_of(1))


def test_a_priority_is_the_least_that_is_sent():
    """A higher one is sent, too; where a watchlist says none it is normal."""
    alert = alert_of(1)
    assert wants(subscription(min_priority=ALERT_PRIORITY_NORMAL), alert)
    alert.priority = ALERT_PRIORITY_URGENT
    assert wants(subscription(min_priority=ALERT_PRIORITY_HIGH), alert)


def test_nothing_is_due_in_quiet_hours_when_paused_or_disabled():
    """Quiet hours are those of their own time zone, over midnight, too."""
    midnight, noon = datetime(2026, 11, 29, 23, 30, tzinfo=UTC), datetime(2026, 11, 29, 12, tzinfo=UTC)
    morning = datetime(2026, 11, 29, 5, 0, 1, tzinfo=UTC)
    quiet = subscription(quiet_hours=NIGHT)
    assert [is_due(quiet, now) for now in (midnight, noon, morning)] == [False, True, True]
    for state in (pb.SUBSCRIPTION_STATE_PAUSED, pb.SUBSCRIPTION_STATE_DISABLED):
        assert not is_due(pb.Subscription(state=state), noon)
