"""The pull-consumer runner: fetches batches, keeps them alive while they are worked on, and decides their fate.

A handler gets a batch and answers one verdict a message. Errors come back after a pause, at most five times, or, where
the error says so, after its own pause for longer; what can never succeed goes to the dead letters at once; what our own
installation forbids is held, and no delivery counts for it, until it is allowed. A stage that crashes is another
matter: the broker counts those deliveries, and `sightline.chassis.deadletters` takes over.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from prometheus_client import Counter, Histogram

from sightline.chassis import tracing
from sightline.chassis.deadletters import bury
from sightline.chassis.ending import end
from sightline.chassis.errors import Internal, SightlineError, Verdict
from sightline.chassis.handling import Delivery
from sightline.chassis.pull import ConsumerLost, Pull

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from nats.aio.msg import Msg
    from prometheus_client import CollectorRegistry

    from sightline.chassis.broker_objects import Consumer
    from sightline.chassis.bus import Bus
    from sightline.chassis.handling import BatchHandler, Outcome

log = structlog.get_logger()

MAX_ERRORS = 5
RETRY_PAUSES = (0.2, 0.5, 1.0, 2.0)
FETCH_SECONDS = 0.5
REBIND_PAUSE = 0.5
HOLD_SECONDS = 2.0
"""Between two tries of what is held: more often than health forgets what the broker denied."""


class WorkerMetrics:
    """What the runners of one process count."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("stage",)
        self.handled = Counter("sightline_messages_handled", "Messages acknowledged.", labels, registry=registry)
        self.retried = Counter("sightline_messages_retried", "Messages given back.", labels, registry=registry)
        self.held = Counter("sightline_messages_held", "Tries that our setup forbids.", labels, registry=registry)
        self.buried = Counter("sightline_messages_buried", "Messages sent to the DLQ.", labels, registry=registry)
        self.rebinds = Counter("sightline_consumer_rebinds", "Consumers bound again.", labels, registry=registry)
        self.batch = Histogram(
            "sightline_batch_size",
            "Messages in a batch.",
            labels,
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )
        self.seconds = Histogram("sightline_batch_seconds", "Time to handle a batch.", labels, registry=registry)


class Worker:
    """Runs one durable consumer until it is cancelled; what is in flight is finished and acknowledged first."""

    def __init__(
        self,
        bus: Bus,
        consumer: Consumer,
        handle: BatchHandler,
        metrics: WorkerMetrics,
        *,
        max_batch: int = 1,
        linger: float = 0.0,
        hold: float = HOLD_SECONDS,
    ) -> None:
        """`linger`: seconds to wait for a batch to fill once it has its first message; `hold`: between two tries."""
        self._bus = bus
        self._consumer = consumer
        self._handle = handle
        self._metrics = metrics
        self._max_batch = max_batch
        self._linger = linger
        self._hold = hold
        self._stage = f"{consumer.name}:{consumer.stream}"
        self._alive = False

    async def check(self) -> None:
        """Raises Internal unless the consumer has answered lately; for health."""
        if not self._alive:
            raise Internal("CONSUMER_UNBOUND", f"The consumer {self._stage} does not answer.")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Pulls while the block runs; at its end finishes the batch in flight."""
        stopping = asyncio.Event()
        task = asyncio.create_task(self._run(stopping), name=self._stage)
        try:
            yield
        finally:
            stopping.set()
            await task

    async def _run(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                pull = Pull(self._bus.client, self._consumer.stream, self._consumer.name, self._max_batch)
                async with pull.bound():
                    await self._pull(pull, stopping)
            except (ConsumerLost, SightlineError, NatsError, JetStreamError, TimeoutError, ConnectionError) as error:
                log.warning("consumer_rebinding", stage=self._stage, error=type(error).__name__, detail=str(error))
                await self._unbound(stopping)
            except Exception:
                log.exception("consumer_failed", stage=self._stage)
                await self._unbound(stopping)

    async def _unbound(self, stopping: asyncio.Event) -> None:
        self._alive = False
        self._metrics.rebinds.labels(self._stage).inc()
        await _sleep(REBIND_PAUSE, stopping)

    async def _pull(self, pull: Pull, stopping: asyncio.Event) -> None:
        watchdog = _Watchdog(self._bus, self._consumer)
        while not stopping.is_set():
            batch = await pull.fetch(self._max_batch, seconds=FETCH_SECONDS, linger=self._linger)
            self._alive = True
            if batch:
                watchdog.delivered()
                self._metrics.batch.labels(self._stage).observe(len(batch))
                await self._work(batch, pull, stopping)
            else:
                await watchdog.look()
        for msg in pull.waiting():
            await msg.nak()

    async def _work(self, batch: list[Msg], pull: Pull, stopping: asyncio.Event) -> None:
        """Handles a batch, and again what is held of it: given back, it would run out of deliveries."""
        while held := await self._handled(batch, pull):
            async with self._kept_alive(held, pull):
                await _sleep(self._hold, stopping)
            if stopping.is_set():
                for msg in held:
                    await msg.nak()
                return
            batch = held

    async def _handled(self, batch: list[Msg], pull: Pull) -> list[Msg]:
        """Handles messages once, settles them, and gives those that are held."""
        deliveries = [self._delivery(msg) for msg in batch]
        with self._metrics.seconds.labels(self._stage).time():
            async with self._kept_alive(batch, pull):
                outcomes = await _outcomes(self._handle, deliveries)
        held = []
        for msg, delivery, outcome in zip(batch, deliveries, outcomes, strict=True):
            with tracing.within(delivery.span):
                if outcome and outcome.verdict is Verdict.HOLD:
                    log.error("message_held", stage=self._stage, sequence=delivery.sequence, reason=outcome.reason)
                    self._metrics.held.labels(self._stage).inc()
                    held.append(msg)
                else:
                    await self._settle(msg, delivery, outcome)
            tracing.finish(delivery.span, outcome.reason if outcome else "")
        return held

    def _delivery(self, msg: Msg) -> Delivery:
        metadata = msg.metadata
        sequence, deliveries = metadata.sequence.stream, metadata.num_delivered or 1
        span = tracing.begin(
            f"process {self._stage}",
            tracing.SpanKind.CONSUMER,
            parent=tracing.received((msg.headers or {}).get(tracing.HEADER)),
            stage=self._stage,
            sequence=sequence,
            deliveries=deliveries,
        )
        return Delivery(msg.subject, msg.data, sequence, deliveries, span)

    async def _settle(self, msg: Msg, delivery: Delivery, outcome: Outcome) -> None:
        if outcome is None:
            await msg.ack()
            self._metrics.handled.labels(self._stage).inc()
            return
        facts = {"stage": self._stage, "sequence": delivery.sequence, "reason": outcome.reason}
        if (pause := _pause(outcome, delivery.deliveries)) is not None:
            log.warning("message_retried", deliveries=delivery.deliveries, detail=outcome.message, **facts)
            await msg.nak(delay=pause)
            self._metrics.retried.labels(self._stage).inc()
            return
        log.error("message_buried", deliveries=delivery.deliveries, detail=outcome.message, **facts)
        await bury(self._bus, self._consumer, delivery.subject, delivery.sequence, delivery.deliveries, outcome)
        await msg.term()
        self._metrics.buried.labels(self._stage).inc()

    @asynccontextmanager
    async def _kept_alive(self, batch: list[Msg], pull: Pull) -> AsyncIterator[None]:
        # What waits behind the batch is ours, too: were it given to another worker, it would be handled twice.
        async def beat() -> None:
            while True:
                await asyncio.sleep(self._consumer.ack_wait / 3)
                for msg in [*batch, *pull.waiting()]:
                    await msg.in_progress()

        task = asyncio.create_task(beat())
        try:
            yield
        finally:
            await end(task)


class _Watchdog:
    """Sees a consumer that has messages and delivers none: a known JetStream failure that only a new binding heals."""

    def __init__(self, bus: Bus, consumer: Consumer) -> None:
        self._bus = bus
        self._consumer = consumer
        self._quiet_since: float | None = None

    def delivered(self) -> None:
        self._quiet_since = None

    async def look(self) -> None:
        """Raises ConsumerLost where messages have waited for 2 x ack_wait, NotFoundError where there is no consumer."""
        info = await self._bus.js.consumer_info(self._consumer.stream, self._consumer.name)
        now = asyncio.get_running_loop().time()
        if not info.num_pending:
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = now
        elif now - self._quiet_since > 2 * self._consumer.ack_wait:
            raise ConsumerLost("stalled")


async def _sleep(seconds: float, stopping: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


async def _outcomes(handle: BatchHandler, batch: Sequence[Delivery]) -> Sequence[Outcome]:
    try:
        return await handle(batch)
    except SightlineError as error:
        return [error] * len(batch)
    except Exception:
        log.exception("handler_failed", first=batch[0].sequence, size=len(batch))
        failure = Internal("HANDLER_FAILED", "The handler failed unexpectedly; the service's log has the details.")
        return [failure] * len(batch)


def _pause(error: SightlineError, deliveries: int) -> float | None:
    """Seconds after which a message that failed so comes again; None: it does not."""
    if error.verdict is Verdict.LATER and error.retry_after is not None:
        return error.retry_after
    if error.verdict is Verdict.RETRY and deliveries < MAX_ERRORS:
        return RETRY_PAUSES[min(deliveries, len(RETRY_PAUSES)) - 1]
    return None
