from __future__ import annotations

import pytest

from sightline.notify.alert_states import STATES
from sightline.notify.outbox import BusAlerts
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import gallery_service_pb2 as gallery

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
