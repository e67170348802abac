"""How full the broker's stores are, as a real broker tells."""

from __future__ import annotations

from typing import ClassVar

from prometheus_client import CollectorRegistry

from sightline.chassis.bus import connect_bus
from sightline.chassis.settings import ServiceSettings
from sightline.cli.broker_room import BrokerRoom

LIMITS = {"file": 4_000_000.0, "memory": 2_000_000.0}


class ProvisionSettings(ServiceSettings):
    """As of the process that provisions."""

    service: ClassVar[str] = "provision"


async def test_the_room_in_both_stores_is_told_while_the_broker_answers(nats_server_with, free_port):
    """What lies in each and what fits, from the same broker; of one that is away nothing is said."""
    server = nats_server_with("max_mem: 2000000, max_file: 4000000", monitoring=free_port)
    registry = CollectorRegistry()
    settings = ProvisionSettings(nats_monitoring_url=f"http://127.0.0.1:{free_port}")
    room = BrokerRoom(settings, registry)

    def told(name: str) -> dict[str, float | None]:
        return {store: registry.get_sample_value(name, {"store": store}) for store in LIMITS}

    async with connect_bus(server.url, "test") as bus:
        await bus.js.add_stream(name="S", subjects=["s"], storage="file")
        await room.look()
        assert told("sightline_broker_store_limit_bytes") == LIMITS
        assert told("sightline_broker_store_bytes") == {"file": 0, "memory": 0}
        await bus.js.publish("s", bytes(100_000))
        await room.look()
        assert 100_000 < told("sightline_broker_store_bytes")["file"] < 110_000
    server.kill()
    await room.look()
    assert told("sightline_broker_store_bytes") == told("sightline_broker_store_limit_bytes") == dict.fromkeys(LIMITS)
