"""What the gateway itself has to remember: small JSON documents in a bucket, changed by compare-and-set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.errors import AlreadyExists, Conflict

if TYPE_CHECKING:
    from nats.js.kv import KeyValue


@dataclass(frozen=True)
class Document:
    """A document with the revision that a change has to name."""

    content: dict[str, Any]
    revision: int


class Shelf:
    """Documents by key. Tokens of keys are opaque ids or hex digests, never callers' names.

    Args:
        bucket: of the topology table.
    """

    def __init__(self, bucket: KeyValue) -> None:
        self._bucket = bucket

    async def get(self, key: str) -> Document | None:
        """The document; None: there is none."""
        try:
            entry = await self._bucket.get(key)
        except (KeyNotFoundError, KeyDeletedError):
            return None
        return Document(json.loads(entry.value or b"{}"), entry.revision or 0)

    async def create(self, key: str, content: dict[str, Any]) -> int:
        """Puts a document where there is none; gives its revision. Raises AlreadyExists DOCUMENT_EXISTS."""
        try:
            return await self._bucket.create(key, json.dumps(content).encode())
        except KeyWrongLastSequenceError as error:
            raise AlreadyExists("DOCUMENT_EXISTS", "It is there already.") from error

    async def replace(self, key: str, content: dict[str, Any], revision: int) -> int:
        """Changes a document that is as it was read; gives its new revision. Raises Conflict DOCUMENT_CHANGED."""
        try:
            return await self._bucket.update(key, json.dumps(content).encode(), last=revision)
        except KeyWrongLastSequenceError as error:
            raise Conflict("DOCUMENT_CHANGED", "It was changed meanwhile: try again.") from error

    async def delete(self, key: str) -> None:
        """Removes a document; one that is not there is no error."""
        await self._bucket.delete(key)

    async def keys(self, prefix: str) -> list[str]:
        """Keys with that beginning (`processor.`), in order."""
        # The client's own list takes filters for parts of names.
        watcher = await self._bucket.watch(f"{prefix}>", ignore_deletes=True, meta_only=True)
        found = []
        try:
            # None comes behind all that is there now.
            async for entry in watcher:
                if entry is None:
                    break
                found.append(entry.key)
        finally:
            await watcher.stop()  # type: ignore[no-untyped-call]  # theirs has no types
        return sorted(found)
