"""The administrator that a new installation begins with; everybody else is granted their rights by somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from nats.js.errors import KeyWrongLastSequenceError

from sightline.chassis.bus import broker_errors
from sightline.notify.access_records import key_of_api_key, key_of_subject
from sightline.notify.subjects import stamp
from sightline.v1.access_service_pb2 import Subject
from sightline.v1.records_pb2 import SubjectRecord

if TYPE_CHECKING:
    from nats.js.kv import KeyValue

    from sightline.v1.records_pb2 import ApiKeyRecord

log = structlog.get_logger()


async def seed(bucket: KeyValue, first: tuple[Subject, ApiKeyRecord] | None) -> None:
    """Stores the first administrator and their key in bucket `access`, each where it was never stored.

    What is there stays as it is: a first key that was revoked remains so after a restart. Several replicas may do
    this at once. Raises Unavailable BROKER_UNAVAILABLE.
    """
    if first is None:
        return
    subject, key = Subject(), first[1]
    subject.CopyFrom(first[0])
    stamp(subject)
    await _create(bucket, key_of_subject(subject.id), SubjectRecord(subject=subject).SerializeToString())
    await _create(bucket, key_of_api_key(key.key.id), key.SerializeToString())


async def _create(bucket: KeyValue, key: str, record: bytes) -> None:
    with broker_errors():
        try:
            await bucket.create(key, record)
        except KeyWrongLastSequenceError:
            return
    log.info("first_administrator_stored", key=key)
