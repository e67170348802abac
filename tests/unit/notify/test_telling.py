"""One attempt to tell a subscription of an alert, whatever goes wrong in it."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from sightline.chassis.errors import Unavailable
from sightline.notify.telling import Telling
from sightline.v1 import alert_service_pb2 as alerts_pb
from sightline.v1 import delivery_records_pb2 as records
from sightline.v1 import subscription_service_pb2 as pb

RECORD = records.SubscriptionRecord(subscription=pb.Subscription(id="s" * 26))


class Book:
    """The alert as it was."""

    async def alert(self, _):
        return SimpleNamespace(record=SimpleNamespace(alert=alerts_pb.Alert()))


def telling(error):
    """One whose way there ends so."""

    class Courier:
        async def send(self, *_):
            raise error

    return Telling(Courier(), Book(), None, lambda: datetime(2026, 1, 1, tzinfo=UTC))


async def test_what_nobody_thought_of_is_a_failed_attempt(capsys):
    """It is tried again, logged and given up as others are; it does not end what else is sent to the subscription."""
    alert = alerts_pb.Alert(id="a" * 26, revision=3, state=alerts_pb.ALERT_STATE_CONFIRMED)
    sent, delivery = await telling(RuntimeError("unforeseen")).tell(RECORD, alert)
    assert (sent.reason, delivery.reason.reason, delivery.outcome) == (
        "INTERNAL",
        "INTERNAL",
        pb.DELIVERY_OUTCOME_FAILED,
    )
    assert (delivery.alert_id, delivery.revision) == (alert.id, 3)
    assert "RuntimeError: unforeseen" in capsys.readouterr().out


async def test_a_broker_that_is_away_is_no_attempt():
    """Whoever asked begins anew once it is back."""
    alert = alerts_pb.Alert(id="a" * 26, state=alerts_pb.ALERT_STATE_CONFIRMED)
    with pytest.raises(Unavailable):
        await telling(Unavailable("BROKER_UNAVAILABLE", "It is away.")).tell(RECORD, alert)
