"""The files of a JetStream stream, read and written anew by somebody who has the disk: checksums made right again.

As nats-server's filestore.go has it: a record is its length (the highest bit says that there are headers), sequence,
time, the subject's length, the subject, the headers' length, the headers, the body, and a checksum over all but the
lengths.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from highway_hash import highway_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HEADER = struct.Struct("<IQQH")
_HEADERS_BIT = 1 << 31
_CHECKSUM = 8


@dataclass(frozen=True)
class StoredMessage:
    """A message as it lies on the disk; `headers` with their first line and the empty last one."""

    sequence: int
    time: int
    subject: bytes
    headers: bytes
    body: bytes

    def moved_to(self, sequence: int) -> StoredMessage:
        """The same at another place."""
        return replace(self, sequence=sequence)

    def record(self, key: bytes) -> bytes:
        """As it is written."""
        parts = (
            self.subject + (struct.pack("<I", len(self.headers)) + self.headers if self.headers else b"") + self.body
        )
        size = _HEADER.size + len(parts) + _CHECKSUM
        begin = _HEADER.pack(size | (_HEADERS_BIT if self.headers else 0), self.sequence, self.time, len(self.subject))
        return begin + parts + self.checksum(key)

    def checksum(self, key: bytes) -> bytes:
        """Over everything but lengths."""
        begin = struct.pack("<QQ", self.sequence, self.time)
        return highway_hash(key, begin + self.subject + self.headers + self.body)


class StreamStore:
    """The stream of that name in a server's store; the server must not run."""

    def __init__(self, store: Path, name: str) -> None:
        self._name = name
        self._folder = store / "js" / "jetstream" / "$G" / "streams" / name / "msgs"
        (self._block,) = self._folder.glob("*.blk")  # what a test writes fits into one
        self._key = hashlib.sha256(f"{name}-{self._block.stem}".encode()).digest()

    def messages(self) -> list[StoredMessage]:
        """All messages, each with the checksum that it should have."""
        data, at, found = self._block.read_bytes(), 0, []
        while at < len(data):
            size, sequence, moment, subject_size = _HEADER.unpack_from(data, at)
            record, has_headers = data[at : at + (size & ~_HEADERS_BIT)], bool(size & _HEADERS_BIT)
            at += len(record)
            content, headers = record[_HEADER.size : -_CHECKSUM], b""
            subject, content = content[:subject_size], content[subject_size:]
            if has_headers:
                (length,) = struct.unpack_from("<I", content)
                headers, content = content[4 : 4 + length], content[4 + length :]
            message = StoredMessage(sequence, moment, subject, headers, content)
            assert record[-_CHECKSUM:] == message.checksum(self._key), "this is not how the server writes blocks"
            found.append(message)
        return found

    def rewrite(self, change: Callable[[list[StoredMessage]], list[StoredMessage]]) -> None:
        """Writes other messages instead, and takes away what the server remembers of the block."""
        changed = change(self.messages())
        self._block.write_bytes(b"".join(message.record(self._key) for message in changed))
        (self._folder / "index.db").unlink(missing_ok=True)
