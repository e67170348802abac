"""The configuration of a local system."""

import configparser
import subprocess
from pathlib import Path

from sightline.cli.installation import Installation
from sightline.cli.nats_server import find_nats_server
from sightline.cli.ports import SERVICES, choose_ports
from sightline.cli.supervision import LocalPlan, nats_conf, shared_settings, supervisord_conf


def _plan(state: Path, **changes) -> LocalPlan:
    installation = Installation(state)
    installation.prepare()
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
    assert len(plan.ports.all()) == 2 + 3 * 6


def test_the_broker_stops_last(tmp_path):
    """Supervisor stops the highest priority first: services, provisioning, broker."""
    conf = configparser.RawConfigParser()
    conf.read_string(supervisord_conf(_plan(tmp_path)))
    order = [int(conf[f"group:{stage}"]["priority"]) for stage in ("broker", "provisioning", "services")]
    assert order == sorted(order)


def test_secrets_are_in_no_configuration_and_readable_by_the_owner_only(tmp_path):
    """The token goes to the processes by their environment; its file has mode 0600."""
    plan = _plan(tmp_path)
    token = plan.installation.token()
    assert len(token) >= 32
    assert token not in supervisord_conf(plan) + nats_conf(plan)
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    plan.installation.prepare()
    assert plan.installation.token() == token


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
