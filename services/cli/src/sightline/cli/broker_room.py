"""How full the broker's stores are, for Prometheus: once the one on disk is full, nothing is acknowledged any more."""

import asyncio
from contextlib import AbstractAsyncContextManager

from prometheus_client import CollectorRegistry, Gauge

from sightline.chassis.durability import read_jetstream
from sightline.chassis.errors import SightlineError
from sightline.chassis.rounds import Rounds
from sightline.chassis.settings import ServiceSettings

LOOK_SECONDS = 15.0
# What the broker calls its stores: of their limits, and of what lies in them.
_STORES = (("file", "max_storage", "storage"), ("memory", "max_memory", "memory"))


class BrokerRoom:
    """Gauges of the bytes in the stores of the broker that answers, and of how many there may be."""

    def __init__(self, settings: ServiceSettings, registry: CollectorRegistry) -> None:
        self._where = (settings.nats_monitoring_url, settings.authorities)
        self._used = Gauge("sightline_broker_store_bytes", "Bytes in a store.", ("store",), registry=registry)
        self._limit = Gauge("sightline_broker_store_limit_bytes", "Bytes that fit.", ("store",), registry=registry)

    async def look(self) -> None:
        """Ask the broker's monitoring; while it does not answer, nothing is said."""
        try:
            jetstream = await asyncio.to_thread(read_jetstream, *self._where)
        except SightlineError:
            jetstream = {}
        if not {"config", "stats"} <= jetstream.keys():
            self._used.clear()
            self._limit.clear()
            return
        for store, limit, used in _STORES:
            self._limit.labels(store).set(jetstream["config"][limit])
            self._used.labels(store).set(jetstream["stats"][used])

    def watched(self) -> AbstractAsyncContextManager[None]:
        """Ask again and again while the block runs."""
        return Rounds("broker room", self.look, LOOK_SECONDS).running()
