"""The `access` bucket: the truth about subjects and API keys, changed by compare-and-set and never deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import structlog

from sightline.chassis.errors import Conflict, InvalidInput, Unavailable
from sightline.notify.record_book import RecordBook, Stored
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from nats.js.kv import KeyValue

    from sightline.chassis.identity.callers import CallerBook

log = structlog.get_logger()

# A quarter of what the broker takes in one message, so that the audit trail can say what was and what is, in full.
MAX_BYTES = 256 * 1024

R = TypeVar("R", records_pb2.SubjectRecord, records_pb2.ApiKeyRecord)


class AccessRecords:
    """Reads and writes the records of callers; `book` is this process's own copy of them."""

    def __init__(self, bucket: KeyValue, book: CallerBook) -> None:
        self._bucket = bucket
        self._subjects = RecordBook(bucket, records_pb2.SubjectRecord)
        self._api_keys = RecordBook(bucket, records_pb2.ApiKeyRecord)
        self._book = book

    async def subject(self, subject_id: str) -> Stored[records_pb2.SubjectRecord]:
        """The record of a subject; a new one where there is none. Raises Unavailable BROKER_UNAVAILABLE."""
        return await self._subjects.get(key_of_subject(subject_id))

    async def api_key(self, key_id: str) -> Stored[records_pb2.ApiKeyRecord]:
        """The record of an API key; a new one where there is none. Raises Unavailable BROKER_UNAVAILABLE."""
        return await self._api_keys.get(key_of_api_key(key_id))

    def new_api_key(self, key_id: str) -> Stored[records_pb2.ApiKeyRecord]:
        """A record that is nowhere yet."""
        return Stored(key_of_api_key(key_id), records_pb2.ApiKeyRecord())

    async def put(self, stored: Stored[R]) -> None:
        """Writes a record, and returns once it shows in the lists of this process.

        Raises:
            Conflict: ACCESS_CHANGED, somebody else wrote it since it was read.
            InvalidInput: GRANTS_TOO_LONG, the grants name more objects than a record can hold.
            Unavailable: BROKER_UNAVAILABLE; it may be stored all the same.
        """
        if stored.record.ByteSize() > MAX_BYTES:
            raise InvalidInput("GRANTS_TOO_LONG", f"The grants take more than {MAX_BYTES} bytes: grant on all ('*').")
        try:
            await RecordBook(self._bucket, type(stored.record)).put(stored)
        except Conflict as error:
            raise Conflict("ACCESS_CHANGED", "Somebody else changed it in between: read it again.") from error
        await self._shown(stored)

    async def _shown(self, stored: Stored[R]) -> None:
        try:
            await self._book.reached(stored.revision)
        except Unavailable as error:
            # It is stored: an error would make the caller do it again, and a second key be made.
            log.warning("access_not_shown_yet", key=stored.key, reason=error.reason)


def key_of_subject(subject_id: str) -> str:
    """Where the bucket keeps a subject."""
    return f"subject.{subject_id}"


def key_of_api_key(key_id: str) -> str:
    """Where the bucket keeps an API key."""
    return f"key.{key_id}"
