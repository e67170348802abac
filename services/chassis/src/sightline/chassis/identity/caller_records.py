"""API keys and subjects as bucket `access` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from google.protobuf.message import DecodeError

from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from sightline.v1 import access_service_pb2

log = structlog.get_logger()


class CallerRecords:
    """Takes in entry after entry, and can be filled anew without a moment of emptiness.

    Attributes:
        keys: by id.
        subjects: by id.
    """

    def __init__(self) -> None:
        self.keys: dict[str, records_pb2.ApiKeyRecord] = {}
        self.subjects: dict[str, access_service_pb2.Subject] = {}
        self._unseen: set[str] = set()

    def begin(self) -> None:
        """From here on the bucket is read from its start."""
        self._unseen = {*(f"key.{each}" for each in self.keys), *(f"subject.{each}" for each in self.subjects)}

    def end(self) -> None:
        """It has been read: what did not come again since `begin` is not in it any more."""
        for name in self._unseen:
            self._forget(name)
        self._unseen = set()

    def take(self, name: str, data: bytes) -> None:
        """Takes in the entry of that name, such as `key.<id>`.

        Whoever an unreadable entry is about is not known any more, rather than known as they were before.
        """
        self._unseen.discard(name)
        try:
            self._take(name, data)
        except (DecodeError, ValueError) as error:
            self._forget(name)
            log.error("caller_record_unreadable", name=name, error=type(error).__name__)

    def _take(self, name: str, data: bytes) -> None:
        kind, _, entry_id = name.partition(".")
        if kind == "key":
            record = records_pb2.ApiKeyRecord.FromString(data)
            _require_id(record.key.id, entry_id)
            self.keys[entry_id] = record
        elif kind == "subject":
            subject = records_pb2.SubjectRecord.FromString(data).subject
            _require_id(subject.id, entry_id)
            self.subjects[entry_id] = subject

    def _forget(self, name: str) -> None:
        kind, _, entry_id = name.partition(".")
        (self.keys if kind == "key" else self.subjects).pop(entry_id, None)


def _require_id(inside: str, outside: str) -> None:
    """An entry that was copied to another's place is nobody's."""
    if inside != outside:
        raise ValueError(outside)
