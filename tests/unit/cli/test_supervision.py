"""The configuration of a local system."""

import configparser
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

from broker_release import needs_new_broker

from sightline.cli.installation import Installation
from sightline.cli.nats_server import find_nats_server
from sightline.cli.ports import SERVICES, choose_ports, with_coming_embed, without_others
from sightline.cli.secrets_writer import write_secrets
from sightline.cli.supervision import LocalPlan, nats_conf, shared_settings, supervisord_conf


def _plan(state: Path, **changes) -> LocalPlan:
    installation = Installation(state)
    installation.prepare()
    folder = changes.get("secrets_dir") or installation.secrets
    if not folder.exists():
        write_secrets(folder)
    return LocalPlan(installation, choose_ports(21000), find_nats_server().path, state / "models/starter", **changes)


def test_every_process_is_restarted_and_none_listens_beyond_this_machine(tmp_path):
    """Broker, provisioning and five services are restarted when they die, on loopback ports of their own."""
    plan = _plan(tmp_path)
    conf = configparser.RawConfigParser()
    conf.read_string(supervisord_conf(plan))
    for name in ("nats", "provision", *SERVICES):
        assert conf[f"program:{name}"]["autorestart"] == "true"
    assert shared_settings(plan)["SIGHTLINE_BIND"] == "127.0.0.1"
    assert 'listen: "127.0.0.1:21000"' in nats_conf(plan)
    assert len(plan.ports.all()) == 2 + 4 * 7


def test_a_measurement_runs_only_what_it_needs(tmp_path):
    """Of the services those that have ports run, behind broker and provisioning."""
    plan = _plan(tmp_path)
    few = replace(plan, ports=without_others(plan.ports, ("detect", "embed")))
    assert few.processes == ("nats", "provision", "detect", "embed")
    assert "SIGHTLINE_MATCH_TARGET" not in shared_settings(few)


def test_the_broker_stops_last(tmp_path):
    """Supervisor stops the highest priority first: services, provisioning, broker."""
    conf = configparser.RawConfigParser()
    conf.read_string(supervisord_conf(_plan(tmp_path)))
    order = [int(conf[f"group:{stage}"]["priority"]) for stage in ("broker", "provisioning", "services")]
    assert order == sorted(order)


def test_processes_are_told_where_the_secrets_are_and_nothing_of_them(tmp_path):
    """Services find the secrets folder by its setting; no secret is in a configuration, an argument or a variable."""
    key = write_secrets(tmp_path / "elsewhere")
    plan = _plan(tmp_path / "state", secrets_dir=tmp_path / "elsewhere")
    assert shared_settings(plan)["SIGHTLINE_SECRETS_DIR"] == str(tmp_path / "elsewhere")
    assert _plan(tmp_path).secrets == tmp_path / "secrets"
    paths = [path for path in plan.secrets.rglob("*") if path.is_file() and path.name != "nats-accounts.conf"]
    files = [path.read_text() for path in paths]
    secrets = [line for text in [key, *files] for line in text.splitlines() if len(line) >= 40]
    told = supervisord_conf(plan) + nats_conf(plan) + str(shared_settings(plan))
    assert len(secrets) > 10
    assert not [line for line in secrets if line in told]


def test_a_coming_pack_has_an_embedder_of_its_own(tmp_path):
    """It runs beside the other on ports of its own, takes no faces of cameras, and match is told where it is."""
    pack = tmp_path / "a 'coming' pack 100%"
    ports = with_coming_embed(choose_ports(21000))
    plan = replace(_plan(tmp_path), ports=ports, coming_pack=pack)
    conf = configparser.RawConfigParser()
    conf.read_string(supervisord_conf(plan))
    command = shlex.split(conf["program:migration-embed"]["command"].replace("%%", "%"))
    assert command[1:3] == [f"SIGHTLINE_PACK_DIR={pack}", "SIGHTLINE_EMBED_ROLE=calls"]
    assert command[-1] == "sightline.embed"
    assert "migration-embed" in conf["group:services"]["programs"]
    told = shared_settings(plan)
    assert told["SIGHTLINE_MIGRATION_EMBED_TARGET"] == f"127.0.0.1:{ports.services['migration-embed'].peer}"
    assert told["SIGHTLINE_EMBED_TARGET"] == f"127.0.0.1:{ports.services['embed'].peer}"
    assert len(ports.all()) == 2 + 4 * 8


@needs_new_broker
def test_odd_folder_names_survive(tmp_path):
    """Blanks, quotes and percent signs in the state folder's name reach programs and broker unchanged."""
    plan = _plan(tmp_path / 'a "b" 100%(x)s')
    conf = tmp_path / "nats.conf"
    conf.write_text(nats_conf(plan))
    subprocess.run([plan.nats_server, "-t", "-c", conf], check=True, capture_output=True)
    assert "100%%(x)s" in supervisord_conf(plan)


def test_strict_asks_the_broker_to_sync(tmp_path):
    """`strict` durability writes `sync_interval: always`; `dev` leaves it out, for brokers that do not know it."""
    assert "sync_interval: always" in nats_conf(_plan(tmp_path, durability="strict"))
    assert "sync_interval" not in nats_conf(_plan(tmp_path))
