from __future__ import annotations

import pytest

from sightline.notify.alert_states import STATES
from sightline.notify.outbox import BusAlerts
from sightline.notify.subscription_outbox import send_changes
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import delivery_records_pb2 as records
from sightline.v1 import gallery_service_pb2 as gallery
from sightline.v1 import subscription_service_pb2 as subscriptions

WATCHLIST = "w" * 26


class MemoryBus:
    """A bus that keeps subjects and dedup ids."""

    def __init__(self) -> None:
        self.published: list[tuple[str, str]] = []

    async def publish(self, subject, _, *, dedup_id):
        self.published.append((subject, dedup_id))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("policy", gallery.ReviewPolicy.values())
async def test_what_is_not_confirmed_stays_inside(state, policy):
    """Every alert goes to the reviewers; out goes what they confirmed, and all where nobody is asked for a review."""
    bus = MemoryBus()
    await BusAlerts(bus).publish(
        pb.Alert(id="a", revision=3, watchlist_id=WATCHLIST, state=state, review_policy=policy)
    )
    inside, outside = (
        f"sightline.alerts.{WATCHLIST}.{STATES[state]}",
        f"sightline.events.alert.{STATES[state]}.{WATCHLIST}",
    )
    leaves = state == pb.ALERT_STATE_CONFIRMED or policy == gallery.REVIEW_POLICY_NONE
    assert bus.published == [(inside, "a.3"), *([(outside, "a.3")] if leaves else [])]


def test_every_state_has_a_subject():
    """Each state of the contract has its token, so that none can fail on its way out."""
    assert set(STATES) == set(pb.AlertState.values()) - {pb.ALERT_STATE_UNSPECIFIED}


async def test_a_state_of_a_newer_release_goes_under_its_number():
    """What that release left unsent holds nothing up: an erasure, for example, which has to say its alerts."""
    bus = MemoryBus()
    alert = pb.Alert(id="a", revision=3, watchlist_id=WATCHLIST, state=77, review_policy=gallery.REVIEW_POLICY_NONE)
    await BusAlerts(bus).publish(alert)
    subjects = [f"sightline.alerts.{WATCHLIST}.77", f"sightline.events.alert.77.{WATCHLIST}"]
    assert [subject for subject, _ in bus.published] == subjects


class OneRecord:
    """A book that has the record of one subscription."""

    def __init__(self, record) -> None:
        self.record = record

    async def change(self, _, edit):
        edit(self.record)


async def test_a_subscriptions_does_so_too():
    """And the change behind it is sent."""
    bus, record = MemoryBus(), records.SubscriptionRecord()
    record.subscription.id = WATCHLIST
    for change, state in enumerate((77, subscriptions.SUBSCRIPTION_STATE_PAUSED), 1):
        record.unsent.add(subscription_id=WATCHLIST, state=state, change=change)
    await send_changes(bus, OneRecord(record), record)
    assert [subject for subject, _ in bus.published] == [
        f"sightline.events.subscription.{word}.{WATCHLIST}" for word in ("77", "paused")
    ]
    assert not record.unsent
