"""`sightline certificates`, and the certificates of `sightline init`."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from certificates import self_signed
from typer.testing import CliRunner

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.tls.certificate_folder import CertificateFolder
from sightline.cli.app import build_app
from sightline.cli.installation_certificates import OWNERS
from sightline.cli.secrets_writer import write_secrets


@pytest.fixture
def sightline(tmp_path, monkeypatch):
    """A function that runs the command where `.sightline/secrets` was made."""
    monkeypatch.chdir(tmp_path)
    write_secrets(tmp_path / ".sightline" / "secrets")
    return lambda *words: CliRunner().invoke(build_app(), words)


def certificate(folder, owner):
    """What that owner shows."""
    return CertificateFolder(SecretsFolder(folder / ".sightline" / "secrets").certificates_of(owner)).current()


def test_the_list_says_whose_certificate_ends_when(sightline, tmp_path):
    """One line for each owner, with names; the exit code is 1 once one cannot be used."""
    answer = sightline("certificates", "list", "--json")
    found = {each["owner"]: each for each in json.loads(answer.stdout)}
    assert answer.exit_code == 0
    assert found.keys() == {*OWNERS}
    assert found["match"]["state"] == "good"
    assert found["match"]["end"] == f"{datetime.now(UTC) + timedelta(days=397):%Y-%m-%d}"
    assert "match.sightline.svc" in found["match"]["names"]
    (tmp_path / ".sightline/secrets/tls/match/tls.key").write_text("damaged")
    answer = sightline("certificates", "list")
    assert (answer.exit_code, "CERTIFICATE_INVALID" in answer.stdout) == (1, True)


def test_they_are_renewed_in_place(sightline, tmp_path):
    """New certificates and keys, by the same authority, with the names that the old ones had."""
    folder = tmp_path / ".sightline" / "secrets"
    before = {owner: certificate(tmp_path, owner) for owner in OWNERS}
    answer = sightline("certificates", "renew", "--of", "match", "--name", "faces.example", "--life", "20d")
    assert answer.exit_code == 0
    renewed = certificate(tmp_path, "match")
    assert renewed.key != before["match"].key
    assert renewed.authorities == (folder / "tls" / "ca.crt").read_bytes()
    assert renewed.end < datetime.now(UTC) + timedelta(days=21)
    assert "ends in 19 days" in sightline("certificates", "list").stdout
    answer = sightline("certificates", "renew", "--due")
    assert answer.stdout.split() == ["renewed", ".sightline/secrets/tls/match"]
    again = certificate(tmp_path, "match")
    assert again.names == (*before["match"].names, "faces.example")
    assert again.end > renewed.end
    assert certificate(tmp_path, "notify").key == before["notify"].key
    modes = {path.stat().st_mode & 0o777 for path in (folder / "tls" / "match").iterdir()}
    assert modes == {0o600}


def test_nothing_is_renewed_without_the_authority(sightline, tmp_path):
    """Where ca.key was taken away, as it should be, it has to be given; owners that nobody knows are refused."""
    key = tmp_path / ".sightline/secrets/tls/ca.key"
    elsewhere = tmp_path / "kept.key"
    shutil.move(key, elsewhere)
    assert isinstance(sightline("certificates", "renew").exception, FailedPrecondition)
    assert sightline("certificates", "renew", "--of", "match", "--ca-key", str(elsewhere)).exit_code == 0
    answer = sightline("certificates", "renew", "--of", "nobody").exception
    assert isinstance(answer, InvalidInput)
    assert "notify" in answer.message


def test_an_older_folder_gets_certificates(sightline, tmp_path):
    """`--add-missing` makes all of them, or those of services that are new, by the authority that is there."""
    folder = tmp_path / ".sightline" / "secrets"
    authority = (folder / "tls" / "ca.crt").read_bytes()
    shutil.rmtree(folder / "tls" / "notify")
    assert sightline("init", "--add-missing").exit_code == 0
    assert certificate(tmp_path, "notify").authorities == authority
    shutil.rmtree(folder / "tls")
    assert sightline("init", "--add-missing").exit_code == 0
    assert {certificate(tmp_path, owner).authorities for owner in OWNERS} != {authority}


def test_init_uses_an_authority_of_the_users_own(sightline, tmp_path):
    """Its key is not kept; half of what is needed is refused."""
    own = self_signed(tmp_path / "own", "Own authority")
    files = ("--ca-cert", str(own.file), "--ca-key", str(own.key_file))
    assert isinstance(sightline("init", "other", *files[:2]).exception, InvalidInput)
    assert sightline("init", "other", *files, "--name", "faces.example").exit_code == 0
    shown = CertificateFolder(tmp_path / "other" / "tls" / "match").current()
    assert shown.authorities.decode() == own.certificate
    assert shown.names[-1] == "faces.example"
    assert not (tmp_path / "other" / "tls" / "ca.key").exists()


def test_what_is_not_there_is_said_with_what_makes_it(sightline, tmp_path):
    """Each owner is listed, and one line for people says what to do."""
    shutil.rmtree(tmp_path / ".sightline")
    answer = sightline("certificates", "list")
    assert answer.exit_code == 1
    assert answer.stdout.count("CERTIFICATE_MISSING") == len(OWNERS)
    assert "sightline init" in answer.stderr
