"""Secrets are read by whoever needs them, refused where others could, and never repeated."""

from __future__ import annotations

import base64
import json
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.protobuf import json_format

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.ids import derived_id, new_id
from sightline.v1 import access_pb2, access_service_pb2, records_pb2

CALLERS_KEY = secrets.token_bytes(32)
SERVICE_KEY = Ed25519PrivateKey.generate()
ADMIN = access_service_pb2.Subject(
    id=derived_id("subject", "admin"), handle="admin", grants=[access_service_pb2.Grant(role=access_pb2.ROLE_ADMIN)]
)
ADMIN_KEY = records_pb2.ApiKeyRecord(
    key=access_service_pb2.ApiKey(id=new_id(), subject_id=ADMIN.id), secret_hash=secrets.token_bytes(32)
)
READERS = {
    "callers.key": SecretsFolder.callers_key,
    "match.key": lambda folder: folder.service_key("match"),
    "services.json": SecretsFolder.trusted_services,
    "first-admin.json": SecretsFolder.first_admin,
}


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def folder(tmp_path):
    """A folder as `sightline init` makes it, as far as services read it through this class."""
    first_admin = {"subject": json_format.MessageToDict(ADMIN), "key": json_format.MessageToDict(ADMIN_KEY)}
    public = base64.b64encode(SERVICE_KEY.public_key().public_bytes_raw()).decode()
    files = {
        "callers.key": base64.b64encode(CALLERS_KEY) + b"\n",
        "match.key": pem(SERVICE_KEY),
        "services.json": json.dumps({"match": public}).encode(),
        "first-admin.json": json.dumps(first_admin).encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    return SecretsFolder(tmp_path)


def test_what_was_written_is_read(folder):
    """Every secret comes back as what it is."""
    assert folder.callers_key() == CALLERS_KEY
    assert folder.service_key("match").private_bytes_raw() == SERVICE_KEY.private_bytes_raw()
    trusted = folder.trusted_services()
    assert {name: key.public_bytes_raw() for name, key in trusted.items()} == {
        "match": SERVICE_KEY.public_key().public_bytes_raw()
    }
    assert folder.first_admin() == (ADMIN, ADMIN_KEY)


@pytest.mark.parametrize("mode", [0o440, 0o400, 0o660])
@pytest.mark.parametrize("name", READERS)
def test_a_group_may_read(folder, name, mode):
    """Kubernetes mounts secrets for a group: that is no exposure."""
    (folder.path / name).chmod(mode)
    assert READERS[name](folder) is not None


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o666])
@pytest.mark.parametrize("name", [name for name in READERS if name != "services.json"])
def test_a_secret_that_others_may_open_is_refused(folder, name, mode):
    """What every user of the machine can read or write is no secret any more: the service says so and stops."""
    (folder.path / name).chmod(mode)
    with pytest.raises(FailedPrecondition, match=rf"SECRET_EXPOSED: .*{name}.*chmod"):
        READERS[name](folder)


def test_public_keys_may_be_read_but_not_written(folder):
    """The list of trusted services is no secret, but whoever could change it could be any service."""
    file = folder.path / "services.json"
    file.chmod(0o644)
    assert list(folder.trusted_services()) == ["match"]
    file.chmod(0o646)
    with pytest.raises(FailedPrecondition, match="SECRET_EXPOSED"):
        folder.trusted_services()


@pytest.mark.parametrize("name", [name for name in READERS if name != "first-admin.json"])
def test_a_missing_secret_is_named(folder, name):
    """A service without its secret says which file and how to make it."""
    (folder.path / name).unlink()
    with pytest.raises(FailedPrecondition, match=rf"SECRETS_MISSING: .*{name}.*sightline init"):
        READERS[name](folder)


@pytest.mark.parametrize("name", READERS)
def test_a_missing_folder_is_named(tmp_path, name):
    """Without a folder nothing starts, not even with a first administrator left out."""
    with pytest.raises(FailedPrecondition, match=r"SECRETS_MISSING: .*sightline init"):
        READERS[name](SecretsFolder(tmp_path / "nowhere"))


def test_a_first_administrator_may_be_taken_away(folder):
    """Once the installation has administrators the file is not needed any more."""
    (folder.path / "first-admin.json").unlink()
    assert folder.first_admin() is None


DAMAGED = [b"", b"\xff\xfe", b"precious-secret", b'"precious"', b'["precious"]', b'{"match": "precious"}', b"c2hvcnQ="]
DAMAGED += [b'{"subject": [], "key": {}}', b'{"subject": {"precious": 1}, "key": {}}', pem(X25519PrivateKey.generate())]


@pytest.mark.parametrize("content", DAMAGED)
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_secret_is_named_and_not_repeated(folder, name, content):
    """Whatever stands in the file instead: the error names the file, and nothing of its content or cause is told."""
    (folder.path / name).write_bytes(content)
    with pytest.raises(FailedPrecondition, match=f"SECRET_INVALID: .*{name}") as caught:
        READERS[name](folder)
    assert "precious" not in str(caught.value)
    assert "precious" not in repr(caught.value.__cause__)


def test_a_folder_in_a_files_place_is_refused(folder):
    """Docker makes a folder where a mounted file is missing: it is refused as no secret."""
    (folder.path / "callers.key").unlink()
    (folder.path / "callers.key").mkdir(mode=0o700)
    with pytest.raises(FailedPrecondition, match=r"SECRET_INVALID: .*callers\.key"):
        folder.callers_key()


def test_the_key_of_a_qdrant_server_is_one_line_of_text(folder):
    """Whatever somebody put there for their own server, but nothing that no header carries or that others can see."""
    path = folder.qdrant_key_file
    path.write_bytes(b"of-one-s.own_+/=\n")
    path.chmod(0o640)
    assert folder.qdrant_key() == "of-one-s.own_+/="
    for spoilt in (b"", b"\n", b"precious two", b"precious\ntwo", b"precious\xff"):
        path.write_bytes(spoilt)
        with pytest.raises(FailedPrecondition, match=r"SECRET_INVALID: .*qdrant\.key") as caught:
            folder.qdrant_key()
        assert "precious" not in str(caught.value)
    path.chmod(0o604)
    with pytest.raises(FailedPrecondition, match=r"SECRET_EXPOSED: .*qdrant\.key"):
        folder.qdrant_key()
