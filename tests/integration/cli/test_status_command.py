"""`sightline status` on real endpoints of health and metrics, over TLS."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest
from free_ports import find_free_ports
from prometheus_client import Counter, Gauge
from secrets_for_tests import secrets_folder
from typer.testing import CliRunner

from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.chassis.health import Health, serve_health
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.topology import NOTIFY, TOPOLOGY
from sightline.cli.app import build_app
from sightline.cli.consumer_lag import ConsumerLag
from sightline.cli.installation import Installation
from sightline.cli.ports import Ports, ServicePorts
from sightline.v1 import events_pb2


class ProvisionSettings(ServiceSettings):
    """As of the process that provisions."""

    service: ClassVar[str] = "provision"


@asynccontextmanager
async def process(registry, check):
    """A process with these figures; gives its ports."""
    health_port, metrics_port, nobody = find_free_ports(3)
    where = {"health_port": health_port, "metrics_port": metrics_port}
    settings = ProvisionSettings(tls="on", secrets_dir=secrets_folder().path, **where)
    health = Health(registry)
    async with serve_metrics(settings, registry), serve_health(settings, health), health.watching({"broker": check}):
        yield ServicePorts(nobody, health_port, metrics_port, nobody)


@pytest.fixture
def run(tmp_path):
    """A function that runs the command in a state folder; gives the exit code and what it printed."""

    async def invoke(*arguments: str):
        environment = {
            "SIGHTLINE_STATE_DIR": str(tmp_path),
            "SIGHTLINE_CA": str(secrets_folder().authority),
            "COLUMNS": "200",
        }
        command = ["status", *arguments]
        result = await asyncio.to_thread(CliRunner().invoke, build_app(), command, env=environment)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.stdout

    return invoke


async def test_a_system_is_on_one_screen(bus, run, tmp_path):
    """Who is ready, of which release, when certificates end, how far behind stages are; 1 while somebody is away."""
    registry = new_registry()
    Gauge("sightline_ingest_cameras", "Cameras.", registry=registry).set(3)
    Counter("sightline_messages_buried", "Buried.", ("stage",), registry=registry).labels("embed").inc(2)
    lag = ConsumerLag(bus, TOPOLOGY.consumers, registry)
    sighting = events_pb2.Sighting(id="s" * 26)
    await bus.publish(f"sightline.sightings.{'w' * 26}.{'s' * 26}", sighting, dedup_id=sighting.id)
    await lag.look()

    async def well() -> None:
        pass

    async with process(registry, well) as ports:
        (nobody,) = find_free_ports(1)
        services = {"provision": ports, "ingest": ports, "match": ServicePorts(nobody, nobody, nobody, nobody)}
        Installation(tmp_path).announce(Ports(nobody, nobody, services))
        code, text = await run("--json")
        told = json.loads(text)
        assert code == 1
        states = {each["service"]: (each["state"], each["certificate_days"]) for each in told["services"]}
        assert states["provision"] == ("ready", 397)
        assert states["match"] == ("does not answer", None)
        assert told["services"][0]["release"] == "0.1.0"
        assert told["lag"][f"{NOTIFY.stream} {NOTIFY.name}"] == 1
        # One process plays two, and each says its own.
        assert told["figures"] == {"cameras held": 3, "messages that became dead letters": 4}
        code, text = await run()
        assert "does not answer" in text
        assert "cameras held" in text
        services.pop("match")
        Installation(tmp_path).announce(Ports(nobody, nobody, services))
        assert (await run())[0] == 0


async def test_the_pack_that_runs_is_shown(run, tmp_path, starter_pack):
    """Also one that was given as a folder; without one the reason says what is missing."""
    (nobody,) = find_free_ports(1)
    shown = []
    for pack in (None, starter_pack):
        Installation(tmp_path).announce(Ports(nobody, nobody, {}), pack=pack)
        shown.append(json.loads((await run("--json"))[1])["models"])
    assert shown[0] == [{"model": "none", "licence": "PACK_NOT_FOUND", "fit_for": ""}]
    assert [each["model"] for each in shown[1]] == ["starter detector", "starter embedder"]


async def test_who_is_not_well_is_not_ready(run, tmp_path):
    """A process that answers and cannot work is another thing than one that is away, and says why."""

    async def ill() -> None:
        raise Unavailable("BROKER_UNAVAILABLE", "away")

    async with process(new_registry(), ill) as ports:
        Installation(tmp_path).announce(Ports(1, 1, {"notify": ports}))
        code, text = await run("--json")
        _, screen = await run()
    service = json.loads(text)["services"][0]
    assert (code, service["state"], service["failing"]) == (1, "not ready", "broker, BROKER_UNAVAILABLE")
    assert "not ready: broker, BROKER_UNAVAILABLE" in screen


def test_a_place_has_a_name_that_there_is():
    """Hosts are given by the name of the process."""
    result = CliRunner().invoke(build_app(), ["status", "--at", "nobody=there"])
    assert isinstance(result.exception, InvalidInput)
    assert "PLACE_INVALID" in str(result.exception)
