"""`sightline broker`: the broker's accounts, and keys of other systems."""

import subprocess

import pytest
import typer
from typer.testing import CliRunner

from sightline.chassis.errors import AlreadyExists, FailedPrecondition, InvalidInput
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.topology import NOTIFY_COMPLETIONS
from sightline.cli.broker import app
from sightline.cli.broker_conf import STORE, adopt_streams
from sightline.cli.nats_server import find_nats_server
from sightline.cli.secrets_writer import add_missing, write_secrets


@pytest.fixture
def secrets(tmp_path):
    """A folder of secrets."""
    write_secrets(tmp_path / "secrets")
    return SecretsFolder(tmp_path / "secrets")


def broker(*words):
    """Run the command."""
    outer = typer.Typer()
    outer.add_typer(app, name="broker")
    return CliRunner().invoke(outer, ["broker", *map(str, words)])


def test_a_reader_is_in_the_accounts_that_nats_server_accepts(secrets, tmp_path):
    """A new key, its owner's alone, is known by its public part in a file that the broker reads; names are unique."""
    out = tmp_path / "accounts.conf"
    assert broker("reader", "control-room", secrets.path, "--out", out).exit_code == 0
    key = secrets.path / "reader-control-room.nk"
    assert key.stat().st_mode & 0o777 == 0o600
    assert f"nkey: {secrets.broker_public_key('reader-control-room')}," in out.read_text()
    assert key.read_text().strip() not in out.read_text()
    (tmp_path / "nats.conf").write_text(f'jetstream {{store_dir: "{tmp_path}/js"}}\ninclude "accounts.conf"\n')
    server = find_nats_server().path
    subprocess.run([server, "-t", "-c", tmp_path / "nats.conf"], check=True, capture_output=True)
    assert isinstance(broker("reader", "control-room", secrets.path).exception, AlreadyExists)
    assert isinstance(broker("reader", "../match", secrets.path).exception, InvalidInput)
    assert isinstance(broker("reader", NOTIFY_COMPLETIONS.name, secrets.path).exception, InvalidInput)


def test_the_accounts_follow_from_the_secrets(secrets):
    """A file that is gone or old is written anew, as it was made with the secrets; a missing key is made by init."""
    made = secrets.broker_accounts.read_text()
    secrets.broker_accounts.write_text("old")
    assert broker("config", secrets.path).exit_code == 0
    assert secrets.broker_accounts.read_text() == made
    secrets.broker_key_file("embed").unlink()
    failed = broker("config", secrets.path).exception
    assert isinstance(failed, FailedPrecondition)
    assert failed.reason == "SECRETS_MISSING"
    assert "init --add-missing" in failed.message
    assert add_missing(secrets.path) == [secrets.broker_key_file("embed")]
    assert secrets.broker_public_key("embed") in secrets.broker_accounts.read_text()


def test_streams_of_one_account_for_all_are_taken_over(tmp_path):
    """They are found under the account that has them now; where it has any, nothing is moved."""
    old = tmp_path / "jetstream" / "$G" / "streams"
    old.mkdir(parents=True)
    adopt_streams(tmp_path)
    assert (tmp_path / "jetstream" / STORE / "streams").is_dir()
    old.mkdir(parents=True)
    adopt_streams(tmp_path)
    assert old.is_dir()
