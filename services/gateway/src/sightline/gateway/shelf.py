"""What the gateway itself has to remember: small JSON documents in a bucket, changed by compare-and-set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.bus import answering, broker_errors
from sightline.chassis.errors import AlreadyExists, Conflict
from sightline.chassis.removal import remove

if TYPE_CHECKING:
    from nats.js.kv import KeyValue

    from sightline.chassis.bus import Bus


@dataclass(frozen=True)
class Document:
    """A document with the revision that a change has to name."""

    content: dict[str, Any]
    revision: int


class Shelf:
    """Documents by key. Tokens of keys are opaque ids or hex digests, never callers' names.

    Every method raises Unavailable BROKER_UNAVAILABLE.
    """

    def __init__(self, bus: Bus, name: str, bucket: KeyValue) -> None:
        self._bus = bus
        self._name = name
        self._bucket = bucket

    @classmethod
    async def opened(cls, bus: Bus, name: str) -> Shelf:
        """That of a bucket of the topology table. Raises FailedPrecondition NOT_PROVISIONED."""
        return cls(bus, name, await bus.bucket(name))

    async def get(self, key: str) -> Document | None:
        """The document; None: there is none."""
        with broker_errors():
            try:
                entry = await self._bucket.get(key)
            except (KeyNotFoundError, KeyDeletedError):
                return None
        return Document(json.loads(entry.value or b"{}"), entry.revision or 0)

    async def create(self, key: str, content: dict[str, Any]) -> int:
        """Puts a document where there is none; gives its revision. Raises AlreadyExists DOCUMENT_EXISTS."""
        with broker_errors():
            try:
                return await self._bucket.create(key, json.dumps(content).encode())
            except KeyWrongLastSequenceError as error:
                raise AlreadyExists("DOCUMENT_EXISTS", "It is there already.") from error

    async def replace(self, key: str, content: dict[str, Any], revision: int) -> int:
        """Changes a document that is as it was read; gives its new revision. Raises Conflict DOCUMENT_CHANGED."""
        with broker_errors():
            try:
                return await self._bucket.update(key, json.dumps(content).encode(), last=revision)
            except KeyWrongLastSequenceError as error:
                raise _changed() from error

    async def delete(self, key: str, revision: int = 0) -> None:
        """Removes a document; one that is not there is no error.

        Raises:
            Conflict: DOCUMENT_CHANGED, it is not as it was at that revision, where one is named.
        """
        with broker_errors():
            try:
                await remove(self._bucket, key, revision)
            except KeyWrongLastSequenceError as error:
                raise _changed() from error

    async def keys(self, prefix: str) -> list[str]:
        """Keys with that beginning (`processor.`), in order; of some the document may be gone."""
        with answering():
            return await self._bus.keys(self._name, prefix)


def _changed() -> Conflict:
    return Conflict("DOCUMENT_CHANGED", "It was changed meanwhile: try again.")
