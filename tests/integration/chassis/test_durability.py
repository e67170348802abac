from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from os import environ
from pathlib import Path

import pytest
import structlog
from broker_release import version_of

from sightline.chassis.bus import connect_bus
from sightline.chassis.durability import FLOORS, check_durability
from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.settings import ServiceSettings

ROOT = Path(__file__).parents[3]
# Where `make nats` and `go install` put one, and where packages do.
FOLDERS = (ROOT / "bin" / "current", ROOT / "bin", Path.home() / "go" / "bin", Path("/usr/sbin"))


class Settings(ServiceSettings):
    """Settings of a service without any of its own."""

    service = "test"


def is_current(binary: str) -> bool:
    """Whether it is of a release that `strict` may run on."""
    *line, patch = version_of(binary)
    return tuple(line) >= (2, 14) or patch >= FLOORS.get(tuple(line), patch + 1)


def find_binary(*, current: bool) -> str | None:
    """The first nats-server of this machine that is new enough for `strict`, or that is not."""
    candidates = [environ.get("SIGHTLINE_TEST_NATS_SERVER"), shutil.which("nats-server")]
    candidates += [shutil.which("nats-server", path=folder) for folder in FOLDERS]
    return next((binary for binary in candidates if binary and is_current(binary) is current), None)


@pytest.fixture(scope="module")
def current_binary() -> str:
    """A nats-server that is new enough for `strict`."""
    return find_binary(current=True) or pytest.skip(
        "NOT TESTED: no nats-server >= 2.11.16 here; name one in SIGHTLINE_TEST_NATS_SERVER"
    )


@pytest.fixture(scope="module")
def old_binary() -> str:
    """A nats-server below the floor, such as Debian's."""
    return find_binary(current=False) or pytest.skip("NOT TESTED: no nats-server below the floor of `strict` here")


@pytest.fixture
def connect(nats_server_with, free_port):
    """A function that starts a broker with monitoring, connects, and gives the settings to check it by."""

    @asynccontextmanager
    async def connect_to(binary=None, config="", durability="strict"):
        server = nats_server_with(config, binary=binary, monitoring=free_port)
        monitoring = f"http://127.0.0.1:{free_port}"
        settings = Settings(nats_url=server.url, nats_monitoring_url=monitoring, durability=durability)
        async with connect_bus(server.url, "test") as bus:
            yield bus, settings

    return connect_to


async def test_dev_takes_any_broker_and_says_so(connect):
    """In `dev` one warning says what may be lost."""
    async with connect(durability="dev") as (bus, settings):
        with structlog.testing.capture_logs() as lines:
            await check_durability(bus, settings)
    assert [(line["log_level"], line["event"]) for line in lines] == [("warning", "durability_dev")]


async def test_strict_refuses_an_old_broker(connect, old_binary):
    """Debian's nats-server has known faults: `strict` names the versions without them."""
    async with connect(old_binary) as (bus, settings):
        with pytest.raises(FailedPrecondition, match=r"BROKER_TOO_OLD: .*2\.11\.16, 2\.12\.7 or 2\.14\.0"):
            await check_durability(bus, settings)


async def test_strict_refuses_a_broker_that_syncs_later(connect, current_binary):
    """A broker that acknowledges before it syncs is refused, with the line that its configuration lacks."""
    async with connect(current_binary) as (bus, settings):
        with pytest.raises(FailedPrecondition, match=r"BROKER_NOT_SYNCED: .*sync_interval: always"):
            await check_durability(bus, settings)


async def test_strict_takes_a_broker_that_syncs(connect, current_binary):
    """A current broker with `sync_interval: always` passes without a word."""
    async with connect(current_binary, "sync_interval: always") as (bus, settings):
        with structlog.testing.capture_logs() as lines:
            await check_durability(bus, settings)
    assert lines == []


async def test_strict_does_not_trust_what_it_cannot_read(connect, current_binary):
    """Without the monitoring endpoint nothing is known, so nothing is ready."""
    async with connect(current_binary, "sync_interval: always") as (bus, settings):
        blind = settings.model_copy(update={"nats_monitoring_url": "http://127.0.0.1:1"})
        with pytest.raises(Unavailable, match=r"BROKER_MONITORING: .*SIGHTLINE_NATS_MONITORING_URL"):
            await check_durability(bus, blind)


async def test_a_monitoring_address_is_no_file(connect, current_binary):
    """Only http(s) is asked; a file: address would read this machine's files."""
    async with connect(current_binary, "sync_interval: always") as (bus, settings):
        wrong = settings.model_copy(update={"nats_monitoring_url": "file:///etc/passwd"})
        with pytest.raises(FailedPrecondition, match=r"BROKER_MONITORING: .*http"):
            await check_durability(bus, wrong)
