"""What a subscription gets, when and in which order, through the real stream to a real receiver."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from alerts_for_tests import alert_of
from standardwebhooks.webhooks import WebhookVerificationError

from sightline.v1 import alert_service_pb2 as alerts_pb
from sightline.v1 import camera_service_pb2, events_pb2
from sightline.v1 import subscription_service_pb2 as pb
from sightline.v1.gallery_service_pb2 import REVIEW_POLICY_NONE, REVIEW_POLICY_TWO

SCHEMA = json.loads((Path(__file__).parents[4] / "protos/schemas/alert-event.schema.json").read_text())
RAISED, CONFIRMED = alerts_pb.ALERT_STATE_RAISED, alerts_pb.ALERT_STATE_CONFIRMED
STATES = (RAISED, alerts_pb.ALERT_STATE_UNDER_REVIEW, CONFIRMED, alerts_pb.ALERT_STATE_DISMISSED)


def check_body(taken):
    """As a receiver with the published schema does."""
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(taken.json)


async def count(receiver, number) -> bool:
    return len(receiver.accepted) >= number


async def test_an_alert_comes_signed_and_says_what_it_is(told, receiver, say, until):
    """Standard Webhooks and CloudEvents headers, a body by the published schema, without pixels and templates."""
    replica = await told()
    made = await replica.subscribe(receiver.url)
    alert = alert_of(1)
    await say(alert)
    await until(lambda: count(receiver, 1))
    [taken] = receiver.taken
    taken.verify(made.signing_secret)
    with pytest.raises(WebhookVerificationError):
        taken.verify("whsec_" + "A" * 43 + "=")
    check_body(taken)
    said = {
        "webhook-id": f"{alert.id}.1.{made.subscription.id}",
        "ce-id": f"{alert.id}.1.{made.subscription.id}",
        "ce-specversion": "1.0",
        "ce-type": "sightline.alert.raised",
        "ce-subject": alert.id,
    }
    assert {name: taken.headers[name] for name in said} == said
    assert taken.headers["ce-dataschema"] == SCHEMA["$id"]
    assert taken.headers["content-type"] == "application/json"
    assert taken.json["alert"]["gallery"] == {"size": 7, "hash": "0102"}
    assert "crop" not in taken.body.decode().replace('"evidence":"', "")


async def test_nothing_unconfirmed_leaves_but_to_reviewers(told, receiver, other_receiver, say, until):
    """With a review, outside there is what was confirmed; inside every state. Without one, every state everywhere."""
    replica = await told()
    await replica.subscribe(receiver.url)
    await replica.subscribe(other_receiver.url, pb.SUBSCRIPTION_KIND_REVIEW)
    for number, state in enumerate(STATES):
        await say(alert_of(number, 1, state, REVIEW_POLICY_TWO), alert_of(10 + number, 1, state, REVIEW_POLICY_NONE))
    await until(lambda: count(other_receiver, 8))
    await until(lambda: count(receiver, 5))
    outside = {(taken.json["alert"]["review_policy"], taken.json["alert"]["state"]) for taken in receiver.taken}
    assert outside == {
        ("two", "confirmed"),
        *(("none", state) for state in ("raised", "under_review", "confirmed", "dismissed")),
    }
    for taken in (*receiver.taken, *other_receiver.taken):
        check_body(taken)


async def test_a_filter_lets_through_what_it_names(told, receiver, say, until):
    """Watchlists, cameras and states, all of them at once; what else comes is passed over."""
    replica = await told()
    made = await replica.subscribe(receiver.url, watchlist_ids=["w" * 26], camera_ids=["s" * 26], states=[CONFIRMED])
    foreign = alert_of(1, 1, CONFIRMED)
    foreign.watchlist_id = "x" * 26
    elsewhere = alert_of(2, 1, CONFIRMED)
    elsewhere.source = "t" * 26
    await say(foreign, elsewhere, alert_of(3), alert_of(4, 1, CONFIRMED))
    await until(lambda: count(receiver, 1))
    assert [taken.alert[0] for taken in receiver.taken] == [alert_of(4).id]
    await replica.update(made.subscription.id, "states")
    later = itertools.count(5)

    async def another_arrives():
        """A changed filter is one for what comes once every replica has heard of it."""
        await say(alert_of(next(later)))
        return await count(receiver, 2)

    await until(another_arrives)
    assert receiver.taken[1].json["alert"]["state"] == "raised"


async def test_a_failed_revision_holds_back_its_alert_and_no_other(told, receiver, say, until):
    """Revision 2 waits until 1 is through; another alert does not wait. Every attempt at one has the same id."""
    first, other = alert_of(1), alert_of(2)
    refused = 3

    def answer(taken):
        tried = [each.alert for each in receiver.taken]
        failing = taken.alert == (first.id, 1) and (tried.count(taken.alert) < refused or (other.id, 1) not in tried)
        return (500 if failing else 204), {}

    receiver.answer = answer
    replica = await told(delivery_retry_seconds=0.3)
    made = await replica.subscribe(receiver.url)
    await say(first, alert_of(1, 2), other, alert_of(1, 3))
    await until(lambda: count(receiver, 4))
    assert [taken.alert for taken in receiver.accepted] == [
        (other.id, 1),
        (first.id, 1),
        (first.id, 2),
        (first.id, 3),
    ]
    assert len({taken.headers["webhook-id"] for taken in receiver.taken if taken.alert == (first.id, 1)}) == 1
    log = await replica.deliveries(made.subscription.id, size=2, least=7)
    attempts = [d.attempt for d in reversed(log) if (d.alert_id, d.revision) == (first.id, 1)]
    assert attempts == list(range(1, len(attempts) + 1))
    assert len(attempts) > refused
    failed = [d for d in log if d.outcome == pb.DELIVERY_OUTCOME_FAILED]
    assert {(d.http_status, d.reason.reason) for d in failed} == {(500, "WEBHOOK_REFUSED")}
    assert all(d.next_attempt_time.ToNanoseconds() > d.time.ToNanoseconds() for d in failed)


async def test_a_slow_or_dead_receiver_delays_nobody_else(told, receiver, other_receiver, say, until, free_port):
    """While one takes long for each and another is not there at all, the third has every alert before the first has."""
    receiver.delay = 10.0
    replica = await told()
    await replica.subscribe(receiver.url)
    await replica.subscribe(f"http://127.0.0.1:{free_port}/")
    await replica.subscribe(other_receiver.url)
    await say(*(alert_of(number) for number in range(5)))
    await until(lambda: count(other_receiver, 5))
    await say(*(alert_of(number) for number in range(5, 25)))
    await until(lambda: count(other_receiver, 25))
    assert len(receiver.accepted) < 20
    receiver.hurried.set()


async def test_retry_after_is_respected(told, receiver, say, until):
    """Who asks for two seconds is left alone for two seconds, though the pause would be shorter."""
    receiver.status(429, retry_after="2")
    replica = await told()
    await replica.subscribe(receiver.url)
    await say(alert_of(1))
    await until(lambda: _taken(receiver, 1))
    receiver.status(204)
    await until(lambda: count(receiver, 1))
    refused, accepted = receiver.taken
    assert accepted.at - refused.at > 1.9


async def _taken(receiver, number) -> bool:
    return len(receiver.taken) >= number


async def test_what_comes_in_quiet_hours_comes_after_them(told, receiver, say, until, clock):
    """Nothing is sent in them, and nothing is lost: all of it comes when they end."""
    now = clock()
    minute = now.hour * 60 + now.minute
    hours = camera_service_pb2.WeeklyHours(
        days=range(1, 8), start_minute=(minute - 60) % 1440, end_minute=(minute + 60) % 1440
    )
    replica = await told()
    await replica.subscribe(receiver.url, quiet_hours=camera_service_pb2.Schedule(hours=[hours]))
    await say(alert_of(1), alert_of(2))
    with pytest.raises(TimeoutError):
        await until(lambda: _taken(receiver, 1), seconds=2.0)
    clock.ahead = timedelta(hours=2)
    await until(lambda: count(receiver, 2))


async def test_a_paused_subscription_waits_and_loses_nothing(told, receiver, say, until):
    """What comes meanwhile is sent when it is resumed."""
    replica = await told()
    made = await replica.subscribe(receiver.url)
    paused = await replica.update(made.subscription.id, "paused", paused=True)
    assert paused.state == pb.SUBSCRIPTION_STATE_PAUSED
    await say(alert_of(1))
    with pytest.raises(TimeoutError):
        await until(lambda: _taken(receiver, 1), seconds=2.0)
    await replica.update(made.subscription.id, "paused")
    await until(lambda: count(receiver, 1))


async def test_nothing_but_failures_for_a_day_disables(told, receiver, say, until, clock, stored, changes):
    """It says why, in the audit trail and on the public topic, too; made active again it sends what is waiting."""
    receiver.status(500)
    replica = await told(delivery_retry_hours=48)
    made = await replica.subscribe(receiver.url)
    await say(alert_of(1))
    await until(lambda: _taken(receiver, 2))
    assert (await replica.get(made.subscription.id)).HasField("failing_since")
    clock.ahead = timedelta(hours=25)
    await until(lambda: _is_in(replica, made.subscription.id, pb.SUBSCRIPTION_STATE_DISABLED))
    disabled = await replica.get(made.subscription.id)
    assert disabled.reason.reason == "WEBHOOK_REFUSED"
    trail = [event for event, _ in await stored("AUDIT", events_pb2.AuditEvent)]
    notice = [(e.principal, e.object_id) for e in trail if e.action == "subscriptions.disable"]
    assert notice == [("service:notify", made.subscription.id)]
    await until(lambda: _announced(changes, 2))
    assert await changes() == [
        (f"sightline.events.subscription.active.{made.subscription.id}", 1),
        (f"sightline.events.subscription.disabled.{made.subscription.id}", 2),
    ]
    receiver.status(204)
    before = len(receiver.taken)
    again = await replica.update(made.subscription.id, "paused")
    assert again.state == pb.SUBSCRIPTION_STATE_ACTIVE
    clock.ahead = timedelta(hours=50)
    await until(lambda: count(receiver, 1))
    assert len(receiver.taken) == before + 1


async def _announced(changes, number) -> bool:
    return len(await changes()) >= number


async def _is_in(replica, subscription_id, state) -> bool:
    return (await replica.get(subscription_id)).state == state


async def test_a_receiver_that_is_gone_for_good_is_not_asked_again(told, receiver, say, until):
    """410 disables at once."""
    receiver.status(410)
    replica = await told()
    made = await replica.subscribe(receiver.url)
    await say(alert_of(1))
    await until(lambda: _is_in(replica, made.subscription.id, pb.SUBSCRIPTION_STATE_DISABLED))
    assert (await replica.get(made.subscription.id)).reason.reason == "WEBHOOK_GONE"


async def test_what_is_given_up_is_a_dead_letter_of_ids(told, receiver, say, until, clock, stored):
    """After twelve hours of failures the alert is in the DLQ, with the reason; its next revision goes on."""
    first = alert_of(1)
    receiver.answer = lambda taken: (500 if taken.alert[1] == 1 else 204, {})
    replica = await told()
    made = await replica.subscribe(receiver.url)
    await say(first, alert_of(1, 2))
    await until(lambda: _taken(receiver, 2))
    clock.ahead = timedelta(hours=13)
    await until(lambda: count(receiver, 1))
    assert receiver.accepted[0].alert == (first.id, 2)
    [(letter, _)] = await stored("DLQ", events_pb2.DeadLetter)
    assert (letter.stage, letter.stream, letter.reason) == ("deliveries", "ALERTS", "WEBHOOK_REFUSED")
    assert (letter.subscription_id, letter.alert_id) == (made.subscription.id, first.id)
    log = await replica.deliveries(made.subscription.id, least=3)
    assert [d.outcome for d in log[:2]] == [pb.DELIVERY_OUTCOME_DELIVERED, pb.DELIVERY_OUTCOME_GIVEN_UP]


async def test_a_replay_sends_again_under_the_same_ids(told, receiver, say, until, clock):
    """From a time on; a replay from now skips what had piled up and failed."""
    replica = await told()
    made = await replica.subscribe(receiver.url)
    await say(alert_of(1))
    await until(lambda: count(receiver, 1))
    between = clock()
    await say(alert_of(2))
    await until(lambda: count(receiver, 2))
    request = pb.ReplaySubscriptionRequest(subscription_id=made.subscription.id)
    request.start_time.FromDatetime(between)
    await replica.call("ReplaySubscription", request)
    await until(lambda: count(receiver, 3))
    assert receiver.taken[2].headers["webhook-id"] == receiver.taken[1].headers["webhook-id"]
    receiver.status(500)
    await say(alert_of(3))
    await until(lambda: _taken(receiver, 4))
    request.start_time.FromDatetime(clock())
    await replica.call("ReplaySubscription", request)
    receiver.status(204)
    await say(alert_of(4))
    await until(lambda: count(receiver, 4))
    assert receiver.accepted[-1].alert[0] == alert_of(4).id


async def test_what_nobody_can_read_holds_up_nothing(told, receiver, say, until, bus):
    """A message that is no alert, and one in a state that is none, are passed over."""
    replica = await told()
    await replica.subscribe(receiver.url)
    subject = f"sightline.alerts.{'w' * 26}.raised"
    await bus.js.publish(subject, b"\xff\xff\xff")
    await bus.js.publish(subject, alerts_pb.AlertEvent(alert=alert_of(1, 1, 0)).SerializeToString())
    await say(alert_of(2))
    await until(lambda: count(receiver, 1))
    assert [taken.alert for taken in receiver.taken] == [(alert_of(2).id, 1)]
