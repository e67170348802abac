"""How far behind each stage is, for Prometheus: provision is the one that may ask after every consumer."""

from contextlib import AbstractAsyncContextManager, suppress

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from prometheus_client import CollectorRegistry, Gauge

from sightline.chassis.broker_objects import Consumer
from sightline.chassis.bus import Bus
from sightline.chassis.errors import SightlineError
from sightline.chassis.rounds import Rounds

LOOK_SECONDS = 5.0


class ConsumerLag:
    """A gauge of the messages that a consumer has not finished: waiting, and handed out."""

    def __init__(self, bus: Bus, consumers: tuple[Consumer, ...], registry: CollectorRegistry) -> None:
        self._bus = bus
        self._consumers = consumers
        self._lag = Gauge(
            "sightline_consumer_lag", "Messages that a stage has not finished.", ("stream", "stage"), registry=registry
        )

    async def look(self) -> None:
        """Ask after all of them; of one that is not there nothing is said."""
        for consumer in self._consumers:
            gone = (consumer.stream, consumer.name)
            try:
                self._lag.labels(*gone).set(await self._bus.lag(consumer))
            except (SightlineError, NatsError, JetStreamError, TimeoutError, ConnectionError):
                with suppress(KeyError):
                    self._lag.remove(*gone)

    def watched(self) -> AbstractAsyncContextManager[None]:
        """Ask again and again while the block runs."""
        return Rounds("consumer lag", self.look, LOOK_SECONDS).running()
