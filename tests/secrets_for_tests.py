"""Throw-away secrets of one test session, and callers who come with them. They open nothing but what a test starts."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from nats.js.errors import KeyWrongLastSequenceError

from sightline.chassis.identity.api_key import hash_secret, new_key
from sightline.chassis.identity.identity import ServiceCredentials
from sightline.chassis.identity.rights import PEOPLES_ROLES
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.identity.service_token import ServiceSigner
from sightline.chassis.ids import derived_id
from sightline.chassis.rpc import BearerText
from sightline.chassis.topology import ACCESS
from sightline.cli.secrets_writer import write_secrets
from sightline.v1 import records_pb2
from sightline.v1.access_service_pb2 import ApiKey, Subject

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.v1.access_service_pb2 import Grant


@cache
def _made() -> tuple[SecretsFolder, str]:
    root = Path(tempfile.mkdtemp(prefix="sightline-secrets-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    folder = root / "secrets"
    key = write_secrets(folder, "tester", PEOPLES_ROLES)
    return SecretsFolder(folder), key


def secrets_folder() -> SecretsFolder:
    """The secrets with which every service of the session starts."""
    return _made()[0]


def tester_key() -> str:
    """The API key of somebody who has every role on everything; known where `admit_tester` ran, or notify did."""
    return _made()[1]


def tester() -> BearerText:
    """Credentials of the tester."""
    return BearerText(tester_key())


def service(name: str, audience: str) -> ServiceCredentials:
    """Credentials of one of our services in a call to another."""
    return ServiceCredentials(ServiceSigner(name, secrets_folder().service_key(name)), audience)


def token_of(name: str, audience: str) -> str:
    """What one of our services says to another when it calls for itself; good for a minute."""
    return ServiceSigner(name, secrets_folder().service_key(name)).token(audience)


async def admit(bus: Bus, handle: str, *grants: Grant) -> str:
    """Puts somebody else on a provisioned broker; returns their API key."""
    made, bucket = new_key(), await bus.bucket(ACCESS)
    subject = Subject(id=derived_id("subject", handle), handle=handle, grants=grants)
    await bucket.put(f"subject.{subject.id}", records_pb2.SubjectRecord(subject=subject).SerializeToString())
    secret_hash = hash_secret(secrets_folder().callers_key(), made.secret)
    record = records_pb2.ApiKeyRecord(secret_hash=secret_hash)
    record.key.CopyFrom(ApiKey(id=made.id, subject_id=subject.id, name="test", grants=grants))
    record.key.expire_time.FromSeconds(int(time.time()) + 3600)
    await bucket.put(f"key.{made.id}", record.SerializeToString())
    return made.text


async def admit_tester(bus: Bus) -> None:
    """Puts the tester on a provisioned broker, as notify would."""
    admin = secrets_folder().first_admin()
    assert admin is not None
    subject, key = admin
    bucket = await bus.bucket(ACCESS)
    records = {
        f"subject.{subject.id}": records_pb2.SubjectRecord(subject=subject),
        f"key.{key.key.id}": key,
    }
    for name, record in records.items():
        try:
            await bucket.create(name, record.SerializeToString())
        except KeyWrongLastSequenceError:  # a notify was faster
            continue
