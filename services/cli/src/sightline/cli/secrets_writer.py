"""Makes the secrets of an installation, which services read through SecretsFolder."""

import base64
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from google.protobuf.json_format import MessageToDict

from sightline.chassis.errors import AlreadyExists, FailedPrecondition, InvalidInput
from sightline.chassis.identity.api_key import hash_secret, new_key
from sightline.chassis.identity.rights import ALL
from sightline.chassis.identity.secrets_folder import KEY_BYTES, SecretsFolder
from sightline.chassis.ids import derived_id, is_id
from sightline.chassis.nkey import new_seed, public_of
from sightline.chassis.parties import PARTIES
from sightline.cli.broker_conf import accounts_conf, check_reader, public_keys
from sightline.cli.certificate_authority import CertificateAuthority
from sightline.cli.installation_certificates import all_files, missing_files, write_files
from sightline.cli.private_files import write_private, write_private_folder
from sightline.v1 import access_pb2, access_service_pb2, records_pb2

SIGNING_SERVICES = ("ingest", "detect", "embed", "match", "notify")
FIRST_HANDLE = "admin"
FIRST_KEY_LIFETIME = timedelta(days=90)
# As CreateApiKeyRequest.lifetime has it.
LONGEST_LIFETIME = timedelta(days=400)
_FIRST_KEY_NAME = "made by sightline init"
# As SetGrantsRequest.subject has it.
_HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}[a-z0-9]")


def write_secrets(
    folder: Path,
    handle: str = FIRST_HANDLE,
    roles: Iterable[int] = (access_pb2.ROLE_ADMIN,),
    lifetime: timedelta = FIRST_KEY_LIFETIME,
    authority: CertificateAuthority | None = None,
    names: Iterable[str] = (),
) -> str:
    """Make the secrets of a new installation in a folder that is not there yet, or empty.

    Args:
        folder: gets mode 0700, the files in it 0600.
        handle: of the first subject.
        roles: what the first subject may do, on all watchlists and cameras.
        lifetime: of the first subject's key.
        authority: issues the certificates; None: one is made, too.
        names: that certificates bear beside those of containers and of this machine.

    Returns:
        The first subject's API key, which is written nowhere.

    Raises:
        AlreadyExists: SECRETS_EXIST; nothing was changed.
        FailedPrecondition: SECRETS_NOT_WRITTEN.
        InvalidInput: HANDLE_INVALID, LIFETIME_TOO_LONG.
    """
    callers_key = secrets.token_bytes(KEY_BYTES)
    key, first_admin = _first_admin(handle, roles, callers_key, lifetime)
    path_of = SecretsFolder(folder)
    files = {
        path_of.installation_key: _line(secrets.token_bytes(KEY_BYTES)),
        path_of.rotation_key: _line(secrets.token_bytes(KEY_BYTES)),
        path_of.cameras_key: _line(secrets.token_bytes(KEY_BYTES)),
        path_of.alerts_key: _line(secrets.token_bytes(KEY_BYTES)),
        path_of.aws_key: _line(secrets.token_bytes(KEY_BYTES)),
        path_of.qdrant_key_file: _text(),
        path_of.callers_key_file: _line(callers_key),
        path_of.first_admin_file: first_admin,
        **_seal_keys(path_of),
        **_service_keys(path_of),
        **_broker_keys(path_of),
        **all_files(path_of, authority, names),
    }
    with _writing(folder):
        write_private_folder(folder, {str(path.relative_to(folder)): content for path, content in files.items()})
    return key


def add_missing(folder: Path, authority: CertificateAuthority | None = None, names: Iterable[str] = ()) -> list[Path]:
    """Make those secrets that an older release did not know; all others stay as they are.

    Nothing that was lost is made again: a new installation key, for example, would open nobody's template.

    Args:
        folder: the secrets of the installation.
        authority: see `write_secrets`.
        names: see `write_secrets`.

    Returns:
        The files that were made.

    Raises:
        FailedPrecondition: SECRETS_MISSING, SECRET_INVALID, SECRET_EXPOSED, SECRETS_NOT_WRITTEN.
    """
    known = SecretsFolder(folder)
    known.callers_key()  # says where this is no folder of secrets
    made = {
        path: _line(secrets.token_bytes(KEY_BYTES))
        for path in (known.rotation_key, known.cameras_key, known.alerts_key, known.aws_key)
        if not path.exists()
    }
    made |= {path: _text() for path in (known.qdrant_key_file,) if not path.exists()}
    made |= {path: new_seed() + b"\n" for path in map(known.broker_key_file, PARTIES) if not path.exists()}
    certificates = missing_files(known, authority, names)
    with _writing(folder):
        for path, content in made.items():
            write_private(path, content)
        write_files(certificates)
    write_accounts(folder)
    return [*made, *certificates]


def write_reader(folder: Path, name: str) -> Path:
    """Make a key for another system, with which it reads the public topics.

    Returns:
        Its file; the broker knows it once it has the accounts anew.

    Raises:
        InvalidInput: READER_NAME_INVALID.
        AlreadyExists: READER_EXISTS.
        FailedPrecondition: SECRETS_MISSING, SECRET_INVALID, SECRET_EXPOSED, SECRETS_NOT_WRITTEN.
    """
    path = SecretsFolder(folder).broker_key_file(check_reader(name))
    if path.exists():
        raise AlreadyExists("READER_EXISTS", f"{path} is there already; name another, or delete it to make it anew")
    SecretsFolder(folder).callers_key()  # says where this is no folder of secrets
    with _writing(folder):
        write_private(path, new_seed() + b"\n")
    write_accounts(folder)
    return path


def write_accounts(folder: Path) -> Path:
    """Write who may do what at the broker, from the keys in the folder and the table of this release.

    Raises:
        FailedPrecondition: SECRETS_MISSING, SECRET_INVALID, SECRET_EXPOSED, SECRETS_NOT_WRITTEN.
    """
    known = SecretsFolder(folder)
    conf = accounts_conf(public_keys(known))
    with _writing(folder):
        write_private(known.broker_accounts, conf.encode())
    return known.broker_accounts


def write_first_admin(folder: Path, handle: str = "", lifetime: timedelta = FIRST_KEY_LIFETIME) -> str:
    """Make another key for an administrator, for when all of theirs are lost. Notify takes it up when it starts.

    Args:
        folder: the secrets of the installation.
        handle: whose key; a subject that the installation does not know becomes an administrator. Empty: of the
            subject that the folder was made with.
        lifetime: of the key.

    Returns:
        The API key, which is written nowhere.

    Raises:
        FailedPrecondition: SECRETS_MISSING, SECRET_INVALID, SECRET_EXPOSED, SECRETS_NOT_WRITTEN.
        InvalidInput: HANDLE_INVALID, LIFETIME_TOO_LONG.
    """
    known = SecretsFolder(folder)
    callers_key, first = known.callers_key(), known.first_admin()
    whose = handle or (first[0].handle if first else FIRST_HANDLE)
    key, first_admin = _first_admin(whose, [access_pb2.ROLE_ADMIN], callers_key, lifetime)
    with _writing(folder):
        write_private(known.first_admin_file, first_admin)
    return key


def _first_admin(handle: str, roles: Iterable[int], callers_key: bytes, lifetime: timedelta) -> tuple[str, bytes]:
    """Give the text of a new key, and the file that tells notify of it: the subject, and the key's hash."""
    if lifetime > LONGEST_LIFETIME:
        raise InvalidInput("LIFETIME_TOO_LONG", f"a key lives {LONGEST_LIFETIME.days} days at most")
    subject, now = _subject(handle, roles), datetime.now(UTC)
    key = new_key()
    record = records_pb2.ApiKeyRecord(secret_hash=hash_secret(callers_key, key.secret))
    record.key.id, record.key.name = key.id, _FIRST_KEY_NAME
    record.key.subject_id = record.key.creator_id = subject.id
    record.key.lifetime.FromTimedelta(lifetime)
    for field, time in ((subject.create_time, now), (subject.update_time, now), (record.key.create_time, now)):
        field.FromDatetime(time)
    record.key.expire_time.FromDatetime(now + lifetime)
    return key.text, _json({"subject": MessageToDict(subject), "key": MessageToDict(record)})


def _subject(handle: str, roles: Iterable[int]) -> access_service_pb2.Subject:
    if not _HANDLE.fullmatch(handle) or is_id(handle):
        raise InvalidInput(
            "HANDLE_INVALID",
            f"'{handle}' is no handle; give it 2 to 64 of a-z, 0-9, '.', '_' and '-', and another form than an id's",
        )
    subject = access_service_pb2.Subject(id=derived_id("subject", handle), handle=handle)
    for role in roles:
        grant = access_service_pb2.Grant(watchlist_ids=[ALL], camera_ids=[ALL])
        grant.role = role  # type: ignore[assignment]  # the stub wants the enum's own type, which is an int
        subject.grants.append(grant)
    return subject


def _service_keys(path_of: SecretsFolder) -> dict[Path, bytes]:
    keys = {service: Ed25519PrivateKey.generate() for service in SIGNING_SERVICES}
    public = {
        service: base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
        for service, key in keys.items()
    }
    private = {path_of.service_key_file(service): _pem(key) for service, key in keys.items()}
    return {**private, path_of.services_file: _json(public)}


def _broker_keys(path_of: SecretsFolder) -> dict[Path, bytes]:
    seeds = {party: new_seed() for party in PARTIES}
    conf = accounts_conf({party: public_of(seed) for party, seed in seeds.items()})
    private = {path_of.broker_key_file(party): seed + b"\n" for party, seed in seeds.items()}
    return {**private, path_of.broker_accounts: conf.encode()}


def _seal_keys(path_of: SecretsFolder) -> dict[Path, bytes]:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {path_of.audit_seal_key: _pem(key), path_of.audit_seal_public: public}


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _line(key: bytes) -> bytes:
    return base64.b64encode(key) + b"\n"


def _text() -> bytes:
    """A key of others' programs. Kubernetes hands a file on as it is, so that a newline would be a part of the key."""
    return secrets.token_urlsafe(KEY_BYTES).encode()


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise AlreadyExists(
            "SECRETS_EXIST", f"{folder} is there already, and secrets are never overwritten; name a new folder"
        ) from error
    except OSError as error:
        raise FailedPrecondition(
            "SECRETS_NOT_WRITTEN", f"{folder} cannot be written ({error.strerror}); name another folder"
        ) from error
