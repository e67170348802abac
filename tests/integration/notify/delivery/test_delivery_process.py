"""notify as the process that it is, killed while its receiver fails."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from alerts_for_tests import alert_of
from processes import new_service
from secrets_for_tests import tester

from sightline.chassis.rpc import open_channel
from sightline.v1 import subscription_service_pb2 as pb
from sightline.v1.subscription_service_pb2_grpc import SubscriptionServiceStub

HUNDREDTH = 0.05
"""Pauses of a hundredth of what they are: the ten minutes for which the receiver fails take six seconds."""
FAILS_SECONDS = 6.0
ALERTS, REVISIONS = 12, 3
HIDDEN = "of-nobody"


@pytest.fixture
def notify(bus, nats_server, tmp_path):
    """A notify that sends to this machine; not started yet."""
    env = {
        "SIGHTLINE_NATS_URL": nats_server.url,
        "SIGHTLINE_STATE_DIR": str(tmp_path / "state"),
        "SIGHTLINE_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
        "SIGHTLINE_WEBHOOK_ALLOW_HTTP": "true",
        "SIGHTLINE_DELIVERY_RETRY_SECONDS": str(HUNDREDTH),
    }
    service = new_service("sightline.notify", env, tmp_path / "notify.log")
    service.start()
    yield service
    service.kill()


@asynccontextmanager
async def calling(service):
    """A client of its subscriptions."""
    await service.ready()
    async with open_channel(service.target, tester()) as channel:
        yield SubscriptionServiceStub(channel)


async def restarted(service):
    """Killed, and started again."""
    await asyncio.to_thread(service.kill)
    service.start()
    await service.ready()


@pytest.mark.timeout(180)
async def test_every_alert_arrives_in_order_though_receiver_and_notify_fail(notify, receiver, say, until):
    """The receiver refuses for ten minutes (at a hundredth), notify is killed twice meanwhile: nothing is missing.

    Each revision of each alert arrives, signed, the revisions of one alert in their order, always under the same id.
    """
    receiver.status(503)
    async with calling(notify) as client:
        subscription = pb.Subscription(name="control room", kind=pb.SUBSCRIPTION_KIND_EXTERNAL)
        subscription.webhook.url = f"{receiver.url}?token={HIDDEN}"
        made = await client.CreateSubscription(pb.CreateSubscriptionRequest(subscription=subscription), timeout=60)
    began = time.monotonic()
    await say(*(alert_of(number) for number in range(ALERTS)))
    await until(lambda: _reached(receiver, ALERTS // 2))
    await restarted(notify)
    await say(*(alert_of(number, 2) for number in range(ALERTS)))
    before = len(receiver.taken)
    await until(lambda: _reached(receiver, before + ALERTS))
    await restarted(notify)
    await say(*(alert_of(number, 3) for number in range(ALERTS)))
    await asyncio.sleep(max(0.0, began + FAILS_SECONDS - time.monotonic()))
    receiver.status(204)
    await until(lambda: _complete(receiver), seconds=90)
    assert receiver.first_acceptances() == {alert_of(number).id: [1, 2, 3] for number in range(ALERTS)}
    for taken in receiver.taken:
        taken.verify(made.signing_secret)
        alert_id, revision = taken.alert
        assert taken.headers["webhook-id"] == f"{alert_id}.{revision}.{made.subscription.id}"
    async with calling(notify) as client:
        request = pb.ListDeliveriesRequest(subscription_id=made.subscription.id, page_size=1000)
        log = (await client.ListDeliveries(request, timeout=60)).deliveries
        shown = await client.GetSubscription(pb.GetSubscriptionRequest(subscription_id=made.subscription.id))
    assert {d.outcome for d in log} == {pb.DELIVERY_OUTCOME_FAILED, pb.DELIVERY_OUTCOME_DELIVERED}
    assert shown.subscription.state == pb.SUBSCRIPTION_STATE_ACTIVE
    assert not shown.subscription.HasField("failing_since")
    assert {taken.path for taken in receiver.taken} == {f"/alerts?token={HIDDEN}"}
    assert HIDDEN not in notify.log.read_text()


async def _reached(receiver, count) -> bool:
    return len(receiver.taken) >= count


async def _complete(receiver) -> bool:
    return sum(map(len, receiver.first_acceptances().values())) == ALERTS * REVISIONS
