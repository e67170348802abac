"""`sightline status` on real endpoints of health and metrics, over TLS."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest
from free_ports import find_free_ports
from installation_certificates import new_certificates
from prometheus_client import Counter, Gauge
from secrets_for_tests import secrets_folder
from typer.testing import CliRunner

from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.chassis.health import Health, serve_health
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.model_metric import show_model
from sightline.chassis.pack import load_pack
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.topology import NOTIFY, TOPOLOGY
from sightline.cli.app import build_app
from sightline.cli.consumer_lag import ConsumerLag
from sightline.cli.installation import Installation
from sightline.cli.installation_certificates import write_files
from sightline.cli.ports import Ports, ServicePorts
from sightline.cli.status_look import Place, look_at
from sightline.v1 import events_pb2


def settings_of(name: str, folder, **where) -> ServiceSettings:
    """As of the process of this name, which shows the certificate of this folder."""

    class OwnSettings(ServiceSettings):
        service: ClassVar[str] = name

    return OwnSettings(tls="on", secrets_dir=secrets_folder().path, tls_dir=folder, **where)


@asynccontextmanager
async def process(name, registry, check, certificate=None):
    """A process with these figures, which shows its own certificate or that of another folder; gives its ports."""
    health_port, metrics_port, nobody = find_free_ports(3)
    where = {"health_port": health_port, "metrics_port": metrics_port}
    settings = settings_of(name, certificate, **where)
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
    registry, other = new_registry(), new_registry()
    Gauge("sightline_ingest_cameras", "Cameras.", registry=other).set(3)
    for each in (registry, other):
        Counter("sightline_messages_buried", "Buried.", ("stage",), registry=each).labels("embed").inc(2)
    lag = ConsumerLag(bus, TOPOLOGY.consumers, registry)
    sighting = events_pb2.Sighting(id="s" * 26)
    await bus.publish(f"sightline.sightings.{'w' * 26}.{'s' * 26}", sighting, dedup_id=sighting.id)
    await lag.look()

    async def well() -> None:
        pass

    async with process("provision", registry, well) as ports, process("ingest", other, well) as ingest:
        (nobody,) = find_free_ports(1)
        services = {"provision": ports, "ingest": ingest, "match": ServicePorts(nobody, nobody, nobody, nobody)}
        Installation(tmp_path).announce(Ports(nobody, nobody, services))
        code, text = await run("--json")
        told = json.loads(text)
        assert code == 1
        states = {each["service"]: (each["state"], each["certificate_days"]) for each in told["services"]}
        assert states["provision"] == ("ready", 397)
        assert states["match"] == ("does not answer", None)
        assert told["services"][0]["release"] == "0.1.0"
        assert told["lag"][f"{NOTIFY.stream} {NOTIFY.name}"] == 1
        assert told["figures"] == {"cameras held": 3, "messages that became dead letters": 4}
        code, text = await run()
        assert "does not answer" in text
        assert "cameras held" in text
        services.pop("match")
        Installation(tmp_path).announce(Ports(nobody, nobody, services))
        assert (await run())[0] == 0


async def test_where_nothing_answers_it_says_what_to_do(tmp_path):
    """No figure is made up for who said nothing, and a line for people has the command that starts a system."""
    (nobody,) = find_free_ports(1)
    services = {"match": ServicePorts(nobody, nobody, nobody, nobody)}
    Installation(tmp_path).announce(Ports(nobody, nobody, services))
    environment = {"SIGHTLINE_STATE_DIR": str(tmp_path), "SIGHTLINE_CA": str(secrets_folder().authority)}
    answer = await asyncio.to_thread(CliRunner().invoke, build_app(), ["status", "--json"], env=environment)
    (match,) = json.loads(answer.stdout)["services"]
    assert (answer.exit_code, match["state"], match["memory_mb"]) == (1, "does not answer", None)
    assert "sightline up" in answer.stderr


async def test_the_pack_that_runs_is_shown(run, tmp_path, starter_pack):
    """Also one that was given as a folder; without one the reason says what is missing."""
    (nobody,) = find_free_ports(1)
    shown = []
    for pack in (None, starter_pack):
        Installation(tmp_path).announce(Ports(nobody, nobody, {}), pack=pack)
        shown.append(json.loads((await run("--json"))[1])["models"])
    assert shown[0] == [{"model": "none (PACK_NOT_FOUND)", "licence": "", "fit_for": ""}]
    assert [each["model"] for each in shown[1]] == ["starter detector", "starter embedder"]


async def test_the_networks_are_those_that_the_processes_say(run, tmp_path, starter_pack):
    """Wherever they run; what lies on this machine is another matter."""
    registry = new_registry()
    show_model(registry, load_pack(starter_pack), "detector")

    async def well() -> None:
        pass

    async with process("detect", registry, well) as ports:
        Installation(tmp_path).announce(Ports(1, 1, {"detect": ports}))
        models = json.loads((await run("--json"))[1])["models"]
    assert models == [{"model": "starter detector", "licence": "MIT", "fit_for": "demonstration"}]


async def test_who_is_not_well_is_not_ready(run, tmp_path):
    """A process that answers and cannot work is another thing than one that is away, and says why."""

    async def ill() -> None:
        raise Unavailable("BROKER_UNAVAILABLE", "away")

    async with process("notify", new_registry(), ill) as ports:
        Installation(tmp_path).announce(Ports(1, 1, {"notify": ports}))
        code, text = await run("--json")
        _, screen = await run()
    service = json.loads(text)["services"][0]
    assert (code, service["state"], service["failing"]) == (1, "not ready", "broker, BROKER_UNAVAILABLE")
    assert "not ready: broker, BROKER_UNAVAILABLE" in screen


async def test_a_forwarded_port_shows_the_services_name(tmp_path):
    """A certificate of a cluster bears no name of this machine, where `kubectl port-forward` listens."""

    async def well() -> None:
        pass

    certificates = new_certificates(tmp_path)
    issued = certificates.authority.issue(["match", "match.sightline.svc"])
    folder = certificates.issue("match")
    write_files({folder.key: issued.key, folder.chain: issued.chain})
    async with process("match", new_registry(), well, folder.key.parent) as ports:
        place = Place("127.0.0.1", ports.health, ports.metrics)
        looks = await look_at({"match": place, "embed": place}, SecretsFolder(tmp_path).authority)
    assert looks["match"].labelled("sightline_build_info", "version") == {"0.1.0": 1}
    # Whoever answers for another is not believed.
    assert looks["embed"].samples == {}


@pytest.mark.parametrize(
    "where", [{"args": ["--at", "nobody=there"]}, {"env": {"SIGHTLINE_STATUS_AT": "a=b nobody=there"}}]
)
def test_a_place_has_a_name_that_there_is(where):
    """Hosts are given by the name of the process, also those that a container of the command is given."""
    result = CliRunner().invoke(build_app(), ["status", *where.get("args", ())], env=where.get("env"))
    assert isinstance(result.exception, InvalidInput)
    assert "PLACE_INVALID" in str(result.exception)
