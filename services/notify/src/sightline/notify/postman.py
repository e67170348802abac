"""Delivers one subscription's alerts: at least once, each alert's revisions in their order, for as long as it takes.

The broker keeps the place and brings back what failed (nak with a delay); the bucket `undelivered` says which revision
of an alert goes first. So both outlive this process. Different alerts do not wait for each other.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from google.protobuf.message import DecodeError
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from sightline.chassis import tracing
from sightline.chassis.ending import end
from sightline.chassis.errors import Conflict, SightlineError
from sightline.chassis.pull import ConsumerLost, Pull
from sightline.chassis.topology import ALERTS
from sightline.notify.delivery_places import ensure_place
from sightline.notify.filters import is_due, wants
from sightline.notify.webhook_sender import LONGEST_RETRY_AFTER
from sightline.v1 import alert_service_pb2 as alerts_pb
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from nats.aio.msg import Msg

    from sightline.chassis.broker_objects import Consumer
    from sightline.chassis.bus import Bus
    from sightline.chassis.lease import Lease
    from sightline.notify.backoff import Backoff
    from sightline.notify.course import Course
    from sightline.notify.delivery_log import DeliveryLog
    from sightline.notify.lost_deliveries import LostDeliveries
    from sightline.notify.sending import Sent
    from sightline.notify.telling import Telling
    from sightline.notify.undelivered import Undelivered
    from sightline.v1 import delivery_records_pb2 as records

log = structlog.get_logger()

AT_ONCE = 8
"""Alerts of one subscription that are on their way side by side."""
FETCH_SECONDS = 0.5
LOOK_SECONDS = 0.5
REBIND_PAUSE = 0.5
LONGEST_WAIT_SECONDS = 1.25 * LONGEST_RETRY_AFTER
BEHIND_SECONDS = 0.05
"""What waits for another comes so much later."""


@dataclass(frozen=True)
class PostmanTools:
    """What every postman of a process uses."""

    bus: Bus
    telling: Telling
    log: DeliveryLog
    lost: LostDeliveries
    backoff: Backoff
    clock: Callable[[], datetime]


class _Interrupted(Exception):
    """Nothing is to be sent any more, in the middle of it: what is left begins anew, in its order."""


class Postman:
    """Works for one subscription, under its lease.

    Args:
        record: gives the subscription's record as it is now; None once it is gone.
        lease: of the subscription.
        undelivered: what of it has failed.
        course: how it goes, in its record.
        tools: what all share.
    """

    def __init__(
        self,
        record: Callable[[], records.SubscriptionRecord | None],
        lease: Lease,
        undelivered: Undelivered,
        course: Course,
        tools: PostmanTools,
    ) -> None:
        self._record = record
        self._lease = lease
        self._undelivered = undelivered
        self._course = course
        self._tools = tools
        self._stopping = False

    def stop(self) -> None:
        """Ends soon: what is on its way is finished first."""
        self._stopping = True

    async def run(self) -> None:
        """Delivers until it is stopped or the subscription is gone. Raises Conflict LEASE_LOST."""
        while (record := self._record()) is not None and not self._stopping:
            try:
                if is_due(record.subscription, self._tools.clock()):
                    await self._deliver(await ensure_place(self._tools.bus, record), record.generation)
                else:
                    await asyncio.sleep(LOOK_SECONDS)
            except Conflict:
                raise
            except _Interrupted:
                log.info("delivery_interrupted")
            except (ConsumerLost, NatsError, JetStreamError, SightlineError, TimeoutError, ConnectionError) as error:
                log.warning("delivery_rebinding", error=type(error).__name__, detail=str(error))
                await asyncio.sleep(REBIND_PAUSE)

    async def _deliver(self, place: Consumer, generation: int) -> None:
        """Pulls as long as anything is to be sent from that place."""
        await self._take_over(place)
        pull = Pull(self._tools.bus.client, place.stream, place.name, AT_ONCE)
        async with pull.bound():
            while (record := self._record()) is not None and record.generation == generation:
                if self._stopping or not is_due(record.subscription, self._tools.clock()):
                    break
                if batch := await pull.fetch(AT_ONCE, seconds=FETCH_SECONDS):
                    async with _kept_alive(batch, pull, place.ack_wait):
                        await self._work(batch)
            for message in pull.waiting():
                await message.nak()

    async def _take_over(self, place: Consumer) -> None:
        """What was handed out before and is not settled comes first: otherwise a later revision might overtake it."""
        stream = await self._tools.bus.js.stream_info(ALERTS)
        await self._undelivered.load(stream.state.first_seq)
        if (await self._tools.bus.js.consumer_info(place.stream, place.name)).num_ack_pending:
            await asyncio.sleep(place.ack_wait + BEHIND_SECONDS)

    async def _work(self, batch: list[Msg]) -> None:
        """Different alerts side by side, revisions of one in order."""
        chains: dict[str, list[tuple[Msg, alerts_pb.Alert]]] = defaultdict(list)
        for message in sorted(batch, key=_sequence):
            if alert := _readable(message.data):
                chains[alert.id].append((message, alert))
            else:
                log.error("alert_unreadable", sequence=_sequence(message))
                await message.term()
        results = await asyncio.gather(*map(self._work_on, chains.values()), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _work_on(self, chain: list[tuple[Msg, alerts_pb.Alert]]) -> None:
        for message, alert in chain:
            await self._handle(message, alert)

    async def _handle(self, message: Msg, alert: alerts_pb.Alert) -> None:
        record = self._record()
        if record is None or not is_due(record.subscription, self._tools.clock()):
            raise _Interrupted
        sequence = _sequence(message)
        if not wants(record.subscription, alert):
            await self._undelivered.settle(alert.id, sequence)
            await message.ack()
            return
        if wait := await self._wait(alert.id, sequence):
            await message.nak(delay=wait)
            return
        if not self._lease.held:
            raise Conflict("LEASE_LOST", "Another process delivers for this subscription by now; this one stops.")
        with tracing.within(tracing.received((message.headers or {}).get(tracing.HEADER))):
            await self._send(message, alert, record)

    async def _wait(self, alert_id: str, sequence: int) -> float:
        """Seconds until this one may be tried; 0: now."""
        known = self._undelivered.of(alert_id)
        behind = bool(known.sequences) and known.sequences[0] < sequence
        if behind:
            await self._undelivered.hold(alert_id, sequence)
        elif sequence not in known.sequences:
            return 0.0
        remaining = (known.next_attempt_time.ToDatetime(UTC) - self._tools.clock()).total_seconds()
        if remaining > LONGEST_WAIT_SECONDS:
            # The clock was set back since: no receiver may ask for so long.
            remaining = 0.0
        return max(remaining, 0.0) + BEHIND_SECONDS if behind else max(remaining, 0.0)

    async def _send(self, message: Msg, alert: alerts_pb.Alert, record: records.SubscriptionRecord) -> None:
        sent, delivery = await self._tools.telling.tell(record, alert)
        known = self._undelivered.of(alert.id)
        delivery.attempt = known.attempts + 1 if _sequence(message) in known.sequences else 1
        if sent.delivered:
            await self._tools.log.write(delivery)
            # Forgotten before it is acknowledged: otherwise the later ones might wait for what never comes again.
            await self._undelivered.settle(alert.id, _sequence(message))
            await message.ack()
            await self._course.went_well(self._tools.clock())
        else:
            await self._failed(message, sent, delivery)
            await self._course.failed(sent, self._tools.clock())

    async def _failed(self, message: Msg, sent: Sent, delivery: pb.Delivery) -> None:
        now, sequence = self._tools.clock(), _sequence(message)
        known = await self._undelivered.failed(delivery.alert_id, sequence, now)
        if self._tools.backoff.is_over(known.first_failure_time.ToDatetime(UTC), now):
            delivery.outcome = pb.DELIVERY_OUTCOME_GIVEN_UP
            await self._tools.lost.bury(message.subject, sequence, delivery)
            await self._tools.log.write(delivery)
            await self._undelivered.settle(delivery.alert_id, sequence)
            await message.term()
            return
        pause = self._tools.backoff.pause(known.attempts, sent.retry_after)
        delivery.next_attempt_time.FromDatetime(now + timedelta(seconds=pause))
        await self._tools.log.write(delivery)
        await self._undelivered.wait_until(delivery.alert_id, now + timedelta(seconds=pause))
        await message.nak(delay=pause)


def _readable(data: bytes) -> alerts_pb.Alert | None:
    """The alert; None of what cannot be told to anybody, and would come again and again."""
    try:
        alert = alerts_pb.AlertEvent.FromString(data).alert
    except DecodeError:
        return None
    return alert if alert.id and alert.state else None


def _sequence(message: Msg) -> int:
    return int(message.metadata.sequence.stream)


@asynccontextmanager
async def _kept_alive(batch: list[Msg], pull: Pull, ack_wait: float) -> AsyncIterator[None]:
    """Nothing of the batch, and of what waits behind it, comes again while the block runs."""
    unsettled = list(batch)

    async def beat() -> None:
        while True:
            await asyncio.sleep(ack_wait / 3)
            for message in [*unsettled, *pull.waiting()]:
                if not message.is_acked:
                    await message.in_progress()

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        await end(task)
