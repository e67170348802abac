"""A real broker for the tests that need one, and services beside it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING

import pytest
from broker import NatsServer, killed, run_nats_server
from free_ports import find_free_port
from nats.js.manager import JetStreamManager
from processes import Service, start
from secrets_for_tests import admit_tester

from sightline.chassis import bus as buses
from sightline.chassis.bus import PUBLISH_TIMEOUT, Bus, connect_bus
from sightline.chassis.provision import provision
from sightline.chassis.topology import TOPOLOGY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

BROKER_SECONDS = 30.0
"""How long a broker that runs may take for an answer: the machine may stand still for some time."""


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A test's own requests wait for a broker that runs; for one that was killed, no longer than a service's."""

    def seconds(asking: JetStreamManager) -> float:
        asked: float = vars(asking)["_timeout"]
        return BROKER_SECONDS if asked == PUBLISH_TIMEOUT and not killed else asked

    def keep(asking: JetStreamManager, asked: float) -> None:
        vars(asking)["_timeout"] = asked

    with pytest.MonkeyPatch.context() as patched:  # of its own: a test's is undone before its fixtures end
        patched.setattr(JetStreamManager, "_timeout", property(seconds, keep), raising=False)
        yield


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A real broker for one test."""
    with run_nats_server(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def nats_server_with(tmp_path: Path) -> Iterator[Callable[..., NatsServer]]:
    """A function that starts a real broker, with these lines in its jetstream block."""
    with ExitStack() as servers:
        yield lambda *args, **kwargs: servers.enter_context(run_nats_server(tmp_path / "nats", *args, **kwargs))


@pytest.fixture
def free_port() -> int:
    """A port at which nobody listens."""
    return find_free_port()


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    """A connection to a provisioned broker, which knows the tester."""
    async with AsyncExitStack() as connected:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(buses, "FIRST_CONNECTION_SECONDS", BROKER_SECONDS)
            patched.setattr(buses, "CONNECT_TIMEOUT", BROKER_SECONDS)
            connection = await connected.enter_async_context(connect_bus(nats_server.url, "test"))
        await provision(connection, TOPOLOGY)
        await admit_tester(connection)
        yield connection


@pytest.fixture
def service_process(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """A function that starts a service with these settings, beside `dev` and the session's secrets."""
    with ExitStack() as running:

        def run(name: str, **settings: object) -> Service:
            env = {f"SIGHTLINE_{key.upper()}": str(value) for key, value in settings.items()}
            log = tmp_path / f"{name}-{len(list(tmp_path.glob(f'{name}-*.log')))}.log"
            return running.enter_context(start(f"sightline.{name}", env, log))

        yield run


@pytest.fixture
def until():
    """A function that waits for a condition, and fails the test without it: late, for the machine may be busy.

    It returns what the condition returned at last.
    """

    async def wait(condition, seconds: float = 60.0):
        async with asyncio.timeout(seconds):
            while not (met := await condition()):
                await asyncio.sleep(0.02)
            return met

    return wait
