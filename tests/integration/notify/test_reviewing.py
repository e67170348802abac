"""Decisions of people, on real records, and what becomes of alerts that nobody decides about."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import timedelta

import pytest
from fakes import sighting_of
from prometheus_client import CollectorRegistry

from sightline.chassis.errors import Conflict, PermissionDenied, Unavailable
from sightline.notify.alert_metrics import AlertMetrics
from sightline.notify.outbox import BusAlerts, Outbox
from sightline.notify.projection import AlertProjection
from sightline.notify.reviewing import Reviewing
from sightline.notify.upkeep import PAUSE_SECONDS, Upkeep
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import gallery_service_pb2 as gallery

TRACK = "a" * 26
CONFIRMED = pb.REVIEW_DECISION_CONFIRMED


class Dying:
    """A sink that fails as long as it is told to: the process dies between a record and its message."""

    def __init__(self, sink) -> None:
        self._sink = sink
        self.dying = True

    async def publish(self, alert):
        if self.dying:
            raise Unavailable("BROKER_UNAVAILABLE", "It is away.")
        await self._sink.publish(alert)


@pytest.fixture
def raised(alerting, bus):
    """A function that raises an alert and gives its id."""

    async def run(**fields):
        await alerting(sighting_of(TRACK, 0, **fields))
        (alert_id,) = await bus.keys("alerts")
        return alert_id

    return run


@pytest.fixture
def registry():
    """What is counted."""
    return CollectorRegistry()


@pytest.fixture
def reviewing(bus, book, registry):
    """What people decide, with messages that arrive."""
    return Reviewing(book, Outbox(book, BusAlerts(bus)), AlertMetrics(registry))


@pytest.fixture
async def projection(bus, tmp_path):
    """The copy that the upkeep looks at."""
    with closing(AlertProjection(tmp_path / "alerts.db", bus)) as copy:
        async with copy.following():
            yield copy


def review(reviewer, decision=CONFIRMED):
    """A decision."""
    return pb.Review(reviewer=reviewer, decision=decision, reason="the scar", confidence=pb.REVIEW_CONFIDENCE_HIGH)


async def test_nothing_leaves_before_two_people_have_confirmed(raised, reviewing, stored):
    """The second agreement is the first that the world hears, and it hears who decided what."""
    alert_id = await raised()
    first = await reviewing.review(alert_id, review("ann"), "")
    assert (first.state, first.reviews_missing, list(first.reviews)) == (pb.ALERT_STATE_UNDER_REVIEW, 1, [])
    assert await stored("EVENTS", pb.AlertEvent) == []
    second = await reviewing.review(alert_id, review("bob"), "")
    [(event, _)] = await stored("EVENTS", pb.AlertEvent)
    assert event.alert == second
    assert [each.reviewer for each in second.reviews] == ["ann", "bob"]
    states = [event.alert.state for event, _ in await stored("ALERTS", pb.AlertEvent)]
    assert states[-2:] == [pb.ALERT_STATE_UNDER_REVIEW, pb.ALERT_STATE_CONFIRMED]


async def test_two_who_decide_at_once_are_two(raised, reviewing):
    """Neither decision is lost, and one person who clicks twice at once has decided once."""
    alert_id = await raised()
    twice = await asyncio.gather(
        *(reviewing.review(alert_id, review("ann"), "") for _ in range(2)), return_exceptions=True
    )
    assert [type(answer) for answer in twice if isinstance(answer, Exception)] == [PermissionDenied]
    alert_id = await raised()
    alert = await reviewing.review(alert_id, review("bob"), "")
    assert sorted(each.reviewer for each in alert.reviews) == ["ann", "bob"]


async def test_a_decision_can_be_bound_to_what_was_seen(raised, reviewing):
    """With the etag of a state that is over it is refused, and counts nothing."""
    alert_id = await raised()
    seen = await reviewing.review(alert_id, review("ann"), "")
    await raised(revision=2, cosine=0.99)
    with pytest.raises(Conflict, match="ETAG_DIFFERS"):
        await reviewing.review(alert_id, review("bob"), seen.etag)
    assert (await reviewing.review(alert_id, review("bob"), "")).state == pb.ALERT_STATE_CONFIRMED


async def test_what_a_dead_process_left_unsent_is_sent(raised, bus, book, projection, stored):
    """A decision that was recorded by a process that died over its message is said by the upkeep, once."""
    alert_id = await raised()
    sink = Dying(BusAlerts(bus))
    dying = Reviewing(book, Outbox(book, sink), AlertMetrics(CollectorRegistry()))
    with pytest.raises(Unavailable):
        await dying.review(alert_id, review("ann"), "")
    before = len(await stored("ALERTS", pb.AlertEvent))
    sink.dying = False
    await projection.caught_up()
    now = (await book.alert(alert_id)).record.alert.update_time.ToNanoseconds() / 1e9
    await Upkeep(projection, dying, lambda: now).look()
    assert len(await stored("ALERTS", pb.AlertEvent)) == before  # it may still be on its way
    for _ in range(2):
        # A microsecond later: seconds as a float are not exact to the nanosecond.
        await Upkeep(projection, dying, lambda: now + PAUSE_SECONDS + 1e-6).look()
        await projection.caught_up()
    said = await stored("ALERTS", pb.AlertEvent)
    assert [event.alert.state for event, _ in said[before:]] == [pb.ALERT_STATE_UNDER_REVIEW]


async def test_each_state_is_counted_once_and_a_dismissal_by_its_camera(raised, reviewing, registry):
    """A decision that settles nothing enters no state; who dismisses counts against the camera, by its id."""
    alert_id = await raised()
    for reviewer in ("ann", "bob"):
        await reviewing.review(alert_id, review(reviewer, pb.REVIEW_DECISION_DISMISSED), "")

    def alerts(state):
        return registry.get_sample_value("sightline_notify_alerts_total", {"state": state})

    assert [alerts(state) for state in ("under_review", "dismissed", "confirmed")] == [1, 1, 0]
    assert registry.get_sample_value("sightline_notify_dismissals_total", {"source": "s" * 26}) == 1


async def test_an_alert_that_nobody_settles_expires(raised, reviewing, projection, book, stored):
    """After its watchlist's time, not before, and nothing of it leaves; who settled theirs in time is left alone."""
    rules = gallery.ReviewRules()
    rules.expire_after.FromTimedelta(timedelta(hours=1))
    alert_id = await raised(review_rules=rules)
    await projection.caught_up()
    # A microsecond later: seconds as a float are not exact to the nanosecond.
    due = (await book.alert(alert_id)).record.alert.expire_time.ToNanoseconds() / 1e9 + 1e-6
    await Upkeep(projection, reviewing, lambda: due - 1).look()
    assert (await book.alert(alert_id)).record.alert.state == pb.ALERT_STATE_RAISED
    await Upkeep(projection, reviewing, lambda: due).look()
    alert = (await stored("ALERTS", pb.AlertEvent))[-1][0].alert
    assert (alert.state, alert.history[-1].reason) == (pb.ALERT_STATE_EXPIRED, "OVERDUE")
    assert await stored("EVENTS", pb.AlertEvent) == []
    await projection.caught_up()
    assert projection.overdue(due, 10) == []
