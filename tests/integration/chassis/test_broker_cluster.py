"""A cluster of three brokers: what is provisioned there outlives each of them."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from broker import NatsServer, find_nats_server
from broker_release import needs_new_broker
from broker_subjects import names
from free_ports import find_free_port
from nats.errors import Error as NatsError

from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import SightlineError
from sightline.chassis.ids import new_id
from sightline.chassis.provision import provision
from sightline.chassis.topology import AUDIT, TOPOLOGY, audit
from sightline.v1 import events_pb2

SERVERS = 3
ELECTIONS_SECONDS = 180.0
"""For what waits for leaders: each of some forty streams has one, and on a busy machine each may take its seconds."""


@pytest.fixture
def cluster(tmp_path):
    """Three servers that know each other."""
    routes = [find_free_port() for _ in range(SERVERS)]
    urls = ", ".join(f"nats://127.0.0.1:{port}" for port in routes)
    with ExitStack() as running:
        servers = []
        for number, port in enumerate(routes):
            lines = f'server_name: n{number}\ncluster {{ name: c, listen: "127.0.0.1:{port}", routes: [{urls}] }}'
            server = NatsServer(find_nats_server(), find_free_port(), tmp_path / f"n{number}", accounts=lines)
            server.start()
            running.callback(lambda server=server: server.process and server.kill())
            servers.append(server)
        yield servers


async def provisioned(bus, replicas) -> bool:
    """Whether everything is there with so many replicas; brokers that look for a leader answer late."""
    try:
        await provision(bus, TOPOLOGY, replicas)
    except SightlineError:
        return False
    return True


async def replicated(bus) -> bool:
    """Whether all that is provisioned is on every server.

    Asked one by one, as a list leaves out what a busy server is late with; a stream that looks for its leader is late.
    """
    try:
        return {(await bus.js.stream_info(name)).config.num_replicas for name in names()} == {SERVERS}
    except NatsError:
        return False


async def written(bus) -> int:
    """The sequence of an entry of the audit trail; 0 where the brokers could not take it."""
    try:
        return await bus.publish(audit("match", "x"), events_pb2.AuditEvent(id=new_id()), dedup_id=new_id())
    except SightlineError:
        return 0


@needs_new_broker
@pytest.mark.timeout(900)
async def test_everything_has_replicas_and_outlives_a_broker(cluster, until):
    """Streams, buckets and object stores are on three servers; one is killed, and what was written stays, and goes on.

    An installation that grows from one broker to three is given the replicas that it lacks.
    """
    async with connect_bus(cluster[0].url, "test") as bus:
        for replicas in (1, SERVERS, SERVERS):
            await until(lambda replicas=replicas: provisioned(bus, replicas), ELECTIONS_SECONDS)
        assert await until(lambda: replicated(bus), ELECTIONS_SECONDS)
        first = await until(lambda: written(bus), ELECTIONS_SECONDS)
        cluster[2].kill()

        assert await until(lambda: written(bus), ELECTIONS_SECONDS) > first
        assert (await bus.js.get_msg(AUDIT, first)).seq == first
