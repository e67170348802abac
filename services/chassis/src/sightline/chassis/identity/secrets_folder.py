"""The folder that `sightline init` makes: everything that an installation keeps secret, one file for each thing."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from google.protobuf import json_format

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.key_file import KeyFile
from sightline.chassis.nkey import public_of
from sightline.v1 import access_service_pb2, records_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.chassis.kms import Kms

KEY_BYTES = 32
_OPEN_TO_THE_WORLD = 0o007
_WRITABLE_BY_THE_WORLD = 0o002
_VISIBLE = re.compile(rb"[!-~]+")


class SecretsFolder:
    """Reads the secrets of an installation; each service reads those that it needs.

    Every reading method raises FailedPrecondition: SECRETS_MISSING, SECRET_INVALID (what is in the file is not what
    belongs there), SECRET_EXPOSED (others on this machine could read it). Errors never repeat what is in a file.
    """

    def __init__(self, path: Path, kms: Kms | None = None) -> None:
        """`kms` unwraps keys that it wrapped."""
        self.path = path
        self._kms = kms

    @property
    def installation_key(self) -> Path:
        """Wraps the data keys: base64 lines, the first is the current one."""
        return self.path / "installation.key"

    @property
    def rotation_key(self) -> Path:
        """Turns the vectors of the index: base64 lines, the first is the current one."""
        return self.path / "rotation.key"

    @property
    def cameras_key(self) -> Path:
        """Wraps the keys of cameras' credentials: base64 lines, the first is the current one."""
        return self.path / "cameras.key"

    @property
    def alerts_key(self) -> Path:
        """Wraps the keys of what notify seals: base64 lines, the first is the current one."""
        return self.path / "alerts.key"

    @property
    def aws_key(self) -> Path:
        """Wraps access keys of AWS's clients: base64 lines, the first is the current one."""
        return self.path / "aws.key"

    @property
    def qdrant_key_file(self) -> Path:
        """What a Qdrant server asks for: text, and no newline after it."""
        return self.path / "qdrant.key"

    @property
    def callers_key_file(self) -> Path:
        """The HMAC key of API keys: one base64 line."""
        return self.path / "callers.key"

    @property
    def audit_seal_key(self) -> Path:
        """Signs seals of the audit trail: Ed25519, PEM."""
        return self.path / "audit-seal.key"

    @property
    def audit_seal_public(self) -> Path:
        """Verifies seals of the audit trail: Ed25519, PEM; no secret."""
        return self.path / "audit-seal.pub"

    @property
    def services_file(self) -> Path:
        """The services' public keys, JSON by name; no secret, but nobody else may write it."""
        return self.path / "services.json"

    @property
    def first_admin_file(self) -> Path:
        """Records of the first administrator, JSON."""
        return self.path / "first-admin.json"

    @property
    def authority(self) -> Path:
        """The certificate of the installation's own authority, which the services' are issued by: PEM; no secret."""
        return self.path / "tls" / "ca.crt"

    @property
    def authority_key(self) -> Path:
        """What that authority issues certificates with: PEM. No service reads it."""
        return self.path / "tls" / "ca.key"

    @property
    def broker_accounts(self) -> Path:
        """Who may do what at the broker, as nats-server reads it; no secret, but nobody else may write it."""
        return self.path / "nats-accounts.conf"

    def certificates_of(self, name: str) -> Path:
        """The folder of a process's own certificate; see CertificateFolder."""
        return self.path / "tls" / name

    def service_key_file(self, service: str) -> Path:
        """What a service signs its calls with: Ed25519, PEM."""
        return self.path / f"{service}.key"

    def broker_key_file(self, party: str) -> Path:
        """What proves to the broker who a party is: the seed of an nkey."""
        return self.path / f"{party}.nk"

    def broker_key(self, party: str) -> Path:
        """The same, once it was read; the broker's client opens it anew for every connection."""
        path = self.broker_key_file(party)
        seed = self._read_newer(path, f"by which the broker knows {party}").strip()
        try:
            public_of(seed)
        except ValueError:
            raise _invalid(path, "the seed of a user's nkey") from None
        return path

    def broker_public_key(self, party: str) -> str:
        """By what the broker knows a party."""
        return public_of(self.broker_key(party).read_bytes().strip())

    def qdrant_key(self) -> str:
        """What match shows to a Qdrant server."""
        path = self.qdrant_key_file
        key = self._read_newer(path, "by which a Qdrant server knows match").strip()
        if not _VISIBLE.fullmatch(key):
            raise _invalid(path, "one line of letters, digits and signs")
        return key.decode()

    def installation_keys(self) -> KeyFile:
        """The keys of `installation_key`; see KeyFile for what it raises."""
        return KeyFile(self.installation_key, kms=self._kms)

    def rotation_keys(self) -> KeyFile:
        """The keys of `rotation_key`; see KeyFile for what it raises."""
        return self._newer(self.rotation_key)

    def cameras_keys(self) -> KeyFile:
        """The keys of `cameras_key`; see KeyFile for what it raises."""
        return self._newer(self.cameras_key)

    def alerts_keys(self) -> KeyFile:
        """The keys of `alerts_key`; see KeyFile for what it raises."""
        return self._newer(self.alerts_key)

    def aws_keys(self) -> KeyFile:
        """The keys of `aws_key`; see KeyFile for what it raises."""
        return self._newer(self.aws_key)

    def callers_key(self) -> bytes:
        """The key of `api_key.hash_secret`, 32 bytes."""
        path = self.callers_key_file
        key = _decoded(self._read(path).strip(), path)
        if len(key) != KEY_BYTES:
            raise _invalid(path, f"{KEY_BYTES} bytes in base64")
        return key

    def service_key(self, service: str) -> Ed25519PrivateKey:
        """What that service signs its calls with."""
        return self._private_key(self.service_key_file(service))

    def seal_key(self) -> Ed25519PrivateKey:
        """What seals of the audit trail are signed with."""
        return self._private_key(self.audit_seal_key)

    def seal_public_key(self) -> Ed25519PublicKey | None:
        """What seals, and calibrations of this installation, are checked with; None where it was not given to us."""
        path = self.audit_seal_public
        if not path.exists():
            return None
        try:
            key = load_pem_public_key(self._read(path, _WRITABLE_BY_THE_WORLD))
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise _invalid(path, "an Ed25519 public key in PEM")
        return key

    def trusted_services(self) -> dict[str, Ed25519PublicKey]:
        """By service, the key that its tokens are verified with."""
        path = self.services_file
        data = self._read(path, _WRITABLE_BY_THE_WORLD)
        try:
            listed = json.loads(data)
            return {str(name): Ed25519PublicKey.from_public_bytes(_raw(key)) for name, key in listed.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise _invalid(path, "a JSON object of base64 Ed25519 public keys by service") from error

    def first_admin(self) -> tuple[access_service_pb2.Subject, records_pb2.ApiKeyRecord] | None:
        """The administrator that a new installation begins with; None where the file was taken away."""
        path = self.first_admin_file
        if self.path.is_dir() and not path.exists():
            return None
        data = self._read(path)
        try:
            stored = json.loads(data)
            subject = json_format.ParseDict(stored["subject"], access_service_pb2.Subject())
            record = json_format.ParseDict(stored["key"], records_pb2.ApiKeyRecord())
        except (ValueError, TypeError, KeyError, json_format.ParseError):
            raise _invalid(path, "what `sightline init` writes there") from None
        if not (subject.id and record.key.id and record.secret_hash and record.key.subject_id == subject.id):
            raise _invalid(path, "what `sightline init` writes there")
        return subject, record

    def _private_key(self, path: Path) -> Ed25519PrivateKey:
        pem = self._read(path)
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # The cause is not kept: what a parser says of a key may repeat parts of it.
            raise _invalid(path, "an Ed25519 private key in PEM") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise _invalid(path, "an Ed25519 private key in PEM")
        return key

    def _newer(self, path: Path) -> KeyFile:
        advice = f"it is newer than the other secrets; `sightline init --add-missing {self.path}` makes it."
        return KeyFile(path, advice, self._kms)

    def _read_newer(self, path: Path, use: str) -> bytes:
        """As `_read`, of a file that older releases did not make."""
        if self.path.is_dir() and not path.exists():
            raise FailedPrecondition(
                "SECRETS_MISSING",
                f"There is no {path}, {use}: it is newer than the other secrets; "
                f"`sightline init --add-missing {self.path}` makes it.",
            )
        return self._read(path)

    def _read(self, path: Path, forbidden: int = _OPEN_TO_THE_WORLD) -> bytes:
        """The file's bytes, from the very file whose mode was looked at."""
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & forbidden:
                    raise _exposed(path, forbidden)
                return file.read()
        except FileNotFoundError as error:
            raise FailedPrecondition(
                "SECRETS_MISSING",
                f"There is no {path}: make the installation's secrets with `sightline init {self.path}`, or say with "
                "SIGHTLINE_SECRETS_DIR where they are.",
            ) from error
        except OSError as error:
            raise FailedPrecondition(
                "SECRET_INVALID",
                f"{path} cannot be read ({error.strerror}): it must be a file of this user's or group's.",
            ) from error


def _raw(key: object) -> bytes:
    return base64.b64decode(str(key), validate=True)


def _decoded(text: bytes, path: Path) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _invalid(path, f"{KEY_BYTES} bytes in base64") from None


def _invalid(path: Path, wanted: str) -> FailedPrecondition:
    return FailedPrecondition(
        "SECRET_INVALID", f"{path} is damaged: it must hold {wanted}. Put it back from a backup of the secrets."
    )


def _exposed(path: Path, forbidden: int) -> FailedPrecondition:
    if forbidden == _WRITABLE_BY_THE_WORLD:
        return FailedPrecondition(
            "SECRET_EXPOSED",
            f"Every user of this machine may change {path}: `chmod o-w {path}`, and check what is in it.",
        )
    return FailedPrecondition(
        "SECRET_EXPOSED",
        f"Every user of this machine may open {path}: `chmod o-rwx {path}`, and replace it if others may have read it.",
    )
