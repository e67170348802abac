"""A revision that is told long after it was said: what has changed since counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alerts_for_tests import alert_of

from sightline.chassis import topology
from sightline.chassis.errors import FailedPrecondition, NotFound
from sightline.chassis.gallery_subjects import GalleryKind, gallery
from sightline.chassis.ids import new_id
from sightline.notify.outbox import BusAlerts, Outbox
from sightline.v1 import alert_service_pb2 as alerts_pb
from sightline.v1 import camera_service_pb2, events_pb2, records_pb2
from sightline.v1 import dead_letter_service_pb2 as letters_pb
from sightline.v1 import subscription_service_pb2 as pb

ANN, BEN = "p" * 26, "q" * 26
NEWER = 77


@pytest.fixture
def give_up(bus):
    """A function that gives an alert's first message up for a subscription, and gives the dead letter's number."""

    async def write(subscription_id, sequence=1):
        letter = events_pb2.DeadLetter(
            stage="deliveries", stream="ALERTS", sequence=sequence, deliveries=9, subscription_id=subscription_id
        )
        return await bus.publish(topology.dead_letters("deliveries"), letter, dedup_id=new_id())

    return write


@pytest.fixture
def named(bus, book):
    """A function that raises an alert on Ann, whom Ben resembles, as notify does; it gives the alert."""

    async def raised():
        alert = alert_of(1)
        alert.person.display_name = "name of Ann"
        del alert.sighting.candidates[:]
        alert.sighting.candidates.append(alert.person)
        alert.sighting.candidates.add(person_id=BEN, external_id="case of Ben")
        stored = await book.alert(alert.id)
        stored.record.CopyFrom(records_pb2.AlertRecord(alert=alert))
        await Outbox(book, BusAlerts(bus)).send(stored)
        return alert

    return raised


async def count(receiver, number) -> bool:
    return len(receiver.accepted) >= number


async def again(replica, number):
    await replica.call("RetryDeadLetter", letters_pb.RetryDeadLetterRequest(number=number))


async def replay(replica, subscription_id):
    request = pb.ReplaySubscriptionRequest(subscription_id=subscription_id)
    request.start_time.GetCurrentTime()
    request.start_time.FromSeconds(request.start_time.seconds - 3600)
    await replica.call("ReplaySubscription", request)


async def test_a_dead_letter_names_nobody_who_was_erased_since(told, receiver, named, give_up, erasure):
    """Who was deleted after the alert was given up leaves by no retry; their id does, as by their redacted alert."""
    replica, alert = await told(), await named()
    made = await replica.subscribe(receiver.url)
    number = await give_up(made.subscription.id)
    await erasure.unname(alert.id, ANN)
    await again(replica, number)
    taken = next(each for each in receiver.taken if each.alert == (alert.id, 1))
    assert taken.json["alert"]["person"]["person"] == ANN
    assert "name of Ann" not in taken.body.decode()
    assert "case of Ben" in taken.body.decode()


async def test_a_replay_names_nobody_who_was_erased_since(told, receiver, named, until, erasure, book, bus):
    """Nor does what is sent anew; of a candidate whom the alert lost since, the ledger says that they are gone."""
    replica, alert = await told(), await named()
    made = await replica.subscribe(receiver.url)
    await erasure.unname(alert.id, ANN)
    await book.change(alert.id, lambda record: not record.alert.sighting.ClearField("candidates"))
    tombstone = records_pb2.LedgerEntry()
    tombstone.delete_time.GetCurrentTime()
    await bus.publish(gallery(alert.watchlist_id, GalleryKind.PERSON, BEN), tombstone, dedup_id=new_id())
    await replay(replica, made.subscription.id)
    await until(lambda: count(receiver, 2))
    assert {taken.alert for taken in receiver.accepted} == {(alert.id, 1), (alert.id, 2)}
    told_first = next(taken for taken in receiver.accepted if taken.alert == (alert.id, 1))
    assert [each["person"] for each in told_first.json["alert"]["candidates"]] == [ANN, BEN]
    assert not any(name in told_first.body.decode() for name in ("name of Ann", "case of Ben"))


async def test_a_dead_letter_goes_only_where_it_would_go_by_itself(told, receiver, say, give_up, clock):
    """Not to a subscription that is paused, in its quiet hours, for other alerts by now, or gone."""
    replica = await told()
    await say(alert_of(1))
    made = (await replica.subscribe(receiver.url)).subscription
    number = await give_up(made.id)
    await replica.update(made.id, "paused", paused=True)
    with pytest.raises(FailedPrecondition, match=r"SUBSCRIPTION_PAUSED.*paused: resume it"):
        await again(replica, number)
    await replica.update(made.id, "paused", paused=False)
    always = camera_service_pb2.Schedule(hours=[{"days": range(1, 8), "end_minute": 1440}])
    await replica.update(made.id, "quiet_hours", quiet_hours=always)
    with pytest.raises(FailedPrecondition, match=r"SUBSCRIPTION_PAUSED.*in its quiet hours"):
        await again(replica, number)
    await replica.update(made.id, "quiet_hours")
    await replica.update(made.id, "states", states=[alerts_pb.ALERT_STATE_CONFIRMED])
    with pytest.raises(FailedPrecondition, match="ALERT_NOT_WANTED"):
        await again(replica, number)
    await replica.call("DeleteSubscription", pb.DeleteSubscriptionRequest(subscription_id=made.id))
    with pytest.raises(NotFound, match="SUBSCRIPTION_NOT_FOUND"):
        await again(replica, number)
    assert receiver.taken == []


async def test_a_state_of_a_newer_release_waits_for_it(told, receiver, say, until, clock, stored):
    """Nobody is told of it by its number, and no later revision overtakes it; at last it is a dead letter."""
    replica = await told()
    made = (await replica.subscribe(receiver.url)).subscription
    await say(alert_of(1, 1, NEWER), alert_of(1, 2))
    log = await replica.deliveries(made.id, least=2)
    assert {(each.revision, each.outcome, each.reason.reason) for each in log} == {
        (1, pb.DELIVERY_OUTCOME_FAILED, "ALERT_STATE_NEWER")
    }
    assert receiver.taken == []
    clock.ahead = timedelta(hours=13)
    await until(lambda: count(receiver, 1))
    assert [taken.alert for taken in receiver.taken] == [(alert_of(1).id, 2)]
    [(letter, _)] = await stored("DLQ", events_pb2.DeadLetter)
    assert (letter.reason, letter.subscription_id) == ("ALERT_STATE_NEWER", made.id)
