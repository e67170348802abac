"""The secrets of an installation: made once, for one user, and nothing said of them but the first key."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from typer.testing import CliRunner

from sightline.chassis.errors import AlreadyExists, FailedPrecondition, InvalidInput
from sightline.chassis.identity.api_key import PATTERN, hash_secret, parse
from sightline.chassis.identity.rights import Rights
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.ids import derived_id
from sightline.chassis.parties import PARTIES
from sightline.cli.init import init as command
from sightline.cli.installation_certificates import OWNERS
from sightline.cli.secrets_writer import SIGNING_SERVICES, write_first_admin, write_secrets
from sightline.v1 import access_pb2

FILES = {
    *("installation.key", "rotation.key", "cameras.key", "alerts.key", "aws.key", "callers.key", "qdrant.key"),
    *("services.json", "first-admin.json", "audit-seal.key", "audit-seal.pub"),
    *(f"{service}.key" for service in SIGNING_SERVICES),
    *("tls/ca.crt", "tls/ca.key"),
    *(f"tls/{owner}/{name}" for owner in OWNERS for name in ("tls.crt", "tls.key", "ca.crt")),
    *(f"{party}.nk" for party in PARTIES),
    "nats-accounts.conf",
}
ENDLESS = """
import itertools, pathlib, sys
from sightline.cli.secrets_writer import write_secrets
for number in itertools.count():
    write_secrets(pathlib.Path(sys.argv[1], str(number)))
"""


@pytest.fixture
def init(tmp_path):
    """A function that runs `sightline init` on a folder of the test, with what it printed on its two streams."""
    app = typer.Typer()
    app.command()(command)
    return lambda *words: CliRunner().invoke(app, [str(tmp_path / "secrets"), *words])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def finished(parent: Path) -> list[Path]:
    return [folder for folder in parent.iterdir() if not folder.name.startswith(".")]


def test_every_file_is_there_and_its_owners_alone(tmp_path):
    """The folder has mode 0700 and its files 0600 under any umask, and no draft is left beside it."""
    before = os.umask(0)
    try:
        write_secrets(tmp_path / "new" / "secrets")
    finally:
        os.umask(before)
    folder = tmp_path / "new" / "secrets"
    assert contents(folder).keys() == FILES
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (folder, *folder.rglob("*"))}
    assert modes == {(True, 0o700), (False, 0o600)}
    assert list(folder.parent.iterdir()) == [folder]


def test_services_can_read_what_was_written(tmp_path):
    """Each service's private key belongs to the public key that the others know it by; the seals' key to its own."""
    write_secrets(tmp_path / "secrets")
    folder = SecretsFolder(tmp_path / "secrets")
    trusted = folder.trusted_services()
    assert tuple(trusted) == SIGNING_SERVICES
    for service, public in trusted.items():
        public.verify(folder.service_key(service).sign(b"message"), b"message")
    seals = load_pem_public_key(folder.audit_seal_public.read_bytes())
    assert seals.public_bytes_raw() == folder.service_key("audit-seal").public_key().public_bytes_raw()


def test_the_first_key_is_known_by_its_hash_alone(tmp_path):
    """The records of the first administrator fit the key that was given out, which itself is in no file."""
    text = write_secrets(tmp_path / "secrets", "ann", lifetime=timedelta(days=2))
    folder, key = SecretsFolder(tmp_path / "secrets"), parse(text)
    subject, record = folder.first_admin()
    assert record.secret_hash == hash_secret(folder.callers_key(), key.secret)
    assert (record.key.id, record.key.subject_id, subject.id) == (key.id, subject.id, derived_id("subject", "ann"))
    life = record.key.expire_time.ToDatetime(UTC) - datetime.now(UTC)
    assert timedelta(days=2) - timedelta(minutes=1) < life <= timedelta(days=2)
    assert list(Rights.of(subject.grants).by_role) == [access_pb2.ROLE_ADMIN]
    stored = b"".join(contents(folder.path).values())
    assert key.secret.encode() not in stored
    assert not PATTERN.search(stored.decode())


def test_no_two_installations_share_anything(tmp_path):
    """Every secret of a second installation differs from the first one's: nothing is built in."""
    keys = [write_secrets(tmp_path / name) for name in ("one", "two")]
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert keys[0] != keys[1]
    assert not [name for name in FILES if one[name] == two[name]]


def test_secrets_are_never_overwritten(tmp_path):
    """A second run on the folder is refused and changes nothing; a folder with anything in it is refused, too."""
    write_secrets(tmp_path / "secrets")
    before = contents(tmp_path / "secrets")
    with pytest.raises(AlreadyExists, match="SECRETS_EXIST"):
        write_secrets(tmp_path / "secrets")
    assert contents(tmp_path / "secrets") == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine, too")
    for taken in ("other", "file"):
        with pytest.raises(AlreadyExists, match="SECRETS_EXIST"):
            write_secrets(tmp_path / taken)
    assert {path.name for path in tmp_path.iterdir()} == {"secrets", "other", "file"}


def test_a_place_that_cannot_be_written_is_named():
    """Where no folder can be made, the error says so and to name another."""
    with pytest.raises(FailedPrecondition, match=r"SECRETS_NOT_WRITTEN: /proc/secrets .*another"):
        write_secrets(Path("/proc/secrets"))


def test_at_no_moment_is_there_half_a_folder(tmp_path):
    """Whenever the writing is cut off, by `kill -9` at last: each folder is whole, or not there and can be made."""
    seen = set()
    with subprocess.Popen([sys.executable, "-c", ENDLESS, str(tmp_path)]) as writer:
        deadline = time.monotonic() + 60
        while len(seen) < 20 and time.monotonic() < deadline:
            for folder in set(finished(tmp_path)) - seen:
                assert contents(folder).keys() == FILES
                seen.add(folder)
        writer.kill()
    assert len(seen) >= 20
    assert all(contents(folder).keys() == FILES for folder in finished(tmp_path))


@pytest.mark.parametrize("handle", ["", "a", "Ann", "ann smith", "a" * 65, "x" * 26, "-ann", "ann/"])
def test_a_handle_that_could_be_something_else_is_refused(tmp_path, handle):
    """A handle has the form that the contracts ask for, and could not be an id; nothing is made with another."""
    with pytest.raises(InvalidInput, match="HANDLE_INVALID"):
        write_secrets(tmp_path / "secrets", handle)
    assert list(tmp_path.iterdir()) == []


def test_a_key_does_not_live_for_ever(tmp_path):
    """A lifetime beyond what the contracts allow any key is refused."""
    with pytest.raises(InvalidInput, match=r"LIFETIME_TOO_LONG: .*400 days"):
        write_secrets(tmp_path / "secrets", lifetime=timedelta(days=401))
    assert list(tmp_path.iterdir()) == []


def test_a_lost_key_is_replaced_without_touching_anything_else(tmp_path):
    """`write_first_admin` gives the same subject another key; all other files stay as they were."""
    write_secrets(tmp_path / "secrets", "ann")
    folder = SecretsFolder(tmp_path / "secrets")
    before, (subject, lost) = contents(folder.path), folder.first_admin()
    key = parse(write_first_admin(folder.path))
    again, record = folder.first_admin()
    assert (again.id, record.key.id) == (subject.id, key.id)
    assert record.key.id != lost.key.id
    assert record.secret_hash == hash_secret(folder.callers_key(), key.secret)
    after = contents(folder.path)
    assert [name for name in FILES if before[name] != after.get(name)] == ["first-admin.json"]
    assert after.keys() == FILES
    assert folder.first_admin_file.stat().st_mode & 0o777 == 0o600


def test_a_lost_key_is_replaced_for_whom_one_names(tmp_path):
    """Another handle, or a file that was taken away: the administrator who is named gets the key."""
    write_secrets(tmp_path / "secrets", "ann")
    folder = SecretsFolder(tmp_path / "secrets")
    write_first_admin(folder.path, "ben")
    assert folder.first_admin()[0].handle == "ben"
    folder.first_admin_file.unlink()
    write_first_admin(folder.path)
    assert folder.first_admin()[0].handle == "admin"
    with pytest.raises(FailedPrecondition, match="SECRETS_MISSING"):
        write_first_admin(tmp_path / "absent")


def test_the_key_alone_is_on_standard_output(init, tmp_path):
    """What goes through a pipe is the key; what to back up, and where not to, is told on the other stream."""
    answer = init("--admin", "ann", "--expires", "30d")
    assert answer.exit_code == 0
    assert parse(answer.stdout.strip())
    assert answer.stdout.count("\n") == 1
    assert not PATTERN.search(answer.stderr)
    assert "Back this folder up" in answer.stderr
    assert "apart from backups of the broker" in answer.stderr
    groups = {*SIGNING_SERVICES, "gateway", "audit-seal", *(f"tls/{owner}/tls" for owner in OWNERS)}
    groups |= {f"tls/{owner}/ca" for owner in OWNERS}
    assert {name for name in FILES if name in answer.stderr or name.split(".")[0] in groups} == FILES
    assert "tls/<name>/" in answer.stderr
    assert SecretsFolder(tmp_path / "secrets").first_admin()[0].handle == "ann"


def test_a_lost_key_is_replaced_by_the_command(init, tmp_path):
    """`--new-admin-key` prints another key and says when it begins to work; without secrets there it is refused."""
    assert isinstance(init("--new-admin-key").exception, FailedPrecondition)
    first = init().stdout.strip()
    answer = init("--new-admin-key")
    assert parse(answer.stdout.strip())
    assert answer.stdout.strip() != first
    assert "once notify has started again" in answer.stderr
    stored = json.loads((tmp_path / "secrets" / "first-admin.json").read_text())
    assert stored["key"]["key"]["id"] == parse(answer.stdout.strip()).id


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("rotation.key", SecretsFolder.rotation_keys),
        ("cameras.key", SecretsFolder.cameras_keys),
        ("alerts.key", SecretsFolder.alerts_keys),
        ("aws.key", SecretsFolder.aws_keys),
    ],
)
def test_what_an_older_release_did_not_know_is_added(init, tmp_path, name, read):
    """`--add-missing` makes each newer key where it is not there, for its owner alone; what is there stays."""
    write_secrets(tmp_path / "secrets")
    added = tmp_path / "secrets" / name
    added.unlink()
    before = contents(added.parent)
    with pytest.raises(FailedPrecondition, match=r"KEY_FILE_MISSING: .*init --add-missing .*secrets`"):
        read(SecretsFolder(added.parent)).keys()
    answer = init("--add-missing")
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert str(added) in answer.stderr
    assert read(SecretsFolder(added.parent)).keys()
    assert added.stat().st_mode & 0o777 == 0o600
    after = contents(added.parent)
    assert {name: after[name] for name in before} == before
    assert "has everything" in init("--add-missing").stderr
    assert contents(added.parent) == after


def test_a_qdrant_server_s_key_is_added_as_kubernetes_hands_it_on(init, tmp_path):
    """`--add-missing` makes it for older installations: text that fits into a header, and no newline after it."""
    write_secrets(tmp_path / "secrets")
    folder = SecretsFolder(tmp_path / "secrets")
    first = folder.qdrant_key()
    folder.qdrant_key_file.unlink()
    assert str(folder.qdrant_key_file) in init("--add-missing").stderr
    assert folder.qdrant_key_file.read_text() == folder.qdrant_key() != first
    assert len(folder.qdrant_key()) >= 32
    assert folder.qdrant_key_file.stat().st_mode & 0o777 == 0o600


def test_what_was_lost_is_not_made_again(init, tmp_path):
    """Without the other secrets `--add-missing` is refused, and it makes no new installation key for a lost one."""
    assert isinstance(init("--add-missing").exception, FailedPrecondition)
    write_secrets(tmp_path / "secrets")
    (tmp_path / "secrets" / "installation.key").unlink()
    init("--add-missing")
    assert "installation.key" not in contents(tmp_path / "secrets")
