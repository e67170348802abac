"""Buckets of wrapped keys, one for each owner, and no trace of those that were erased.

A purge of the bucket, as clients have it, only hides what was there: the bytes stay in the broker's files. So a
revision is deleted as a message of the bucket's stream, in the way that erases it: nats-server 2.9 writes over the
bytes, and 2.14 writes the whole file anew without them, which makes every erasure cost as much as the file is large
(8 MB at most). Two things are out of reach: the blocks that a file system freed, for which the store belongs on an
encrypted disk; and, were the stream to have replicas, the log by which they agree, until the broker compacts it.
"""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nats.errors import Error as NatsError
from nats.js.api import Header, RawStreamMsg
from nats.js.errors import APIError, NotFoundError

from sightline.chassis.burst import publish_burst, request_burst
from sightline.chassis.bus import PUBLISH_TIMEOUT
from sightline.chassis.errors import FailedPrecondition, InvalidInput, Unavailable
from sightline.chassis.ids import is_id
from sightline.chassis.topology import KEYS
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Iterator, Mapping, Sequence

    from nats.js.api import StreamState

    from sightline.chassis.bus import Bus

# JetStream's codes: the stream is there and the message is not; somebody else wrote first (old and new servers).
_NO_MESSAGE = 10037
_WRONG_LAST_SEQUENCE = (10071, 10164)
_API = "$JS.API"
_NOT_FOUND = 404
# Requests that are on their way together.
_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Revision:
    """One stored entry of an owner; it is empty where it says that the entry was deleted."""

    owner: str
    sequence: int
    wrapped: records_pb2.WrappedKey

    @property
    def is_key(self) -> bool:
        """Whether there is a key in it."""
        return bool(self.wrapped.ciphertext)


class WrappedKeys:
    """Reads, writes and erases the entries of one bucket.

    Everything raises Unavailable BROKER_UNAVAILABLE or BROKER_REFUSED, and FailedPrecondition NOT_PROVISIONED.
    """

    def __init__(self, bus: Bus, bucket: str = KEYS) -> None:
        self._bus = bus
        self._stream = f"KV_{bucket}"
        self._prefix = f"$KV.{bucket}."

    async def newest(self, owner: str) -> Revision | None:
        """The owner's entry that counts; None where there is none."""
        return await self._found(self._bus.js.get_last_msg(self._stream, self._subject(owner)))

    async def newest_of(self, owners: Sequence[str]) -> dict[str, Revision]:
        """The entries that count, by owner; whoever has none is missing."""
        found = await self._ask("GET", [{"last_by_subj": self._subject(owner)} for owner in owners])
        return {revision.owner: revision for revision in map(self._told, found) if revision is not None}

    async def write(self, owner: str, wrapped: records_pb2.WrappedKey, *, after: int) -> bool:
        """Stores an entry behind that sequence (0: where there is none); False where somebody else wrote first."""
        headers = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(after)}
        with _answering():
            try:
                await self._bus.js.publish(self._subject(owner), wrapped.SerializeToString(), headers=headers)
            except APIError as error:
                if not _is_late(error):
                    raise
                return False
        return True

    async def write_new(self, wrapped: Mapping[str, records_pb2.WrappedKey]) -> set[str]:
        """Stores the first entries of many owners, by owner, all on their way together.

        Returns:
            Those that were stored; of the others there is an entry already.
        """
        owners, headers = list(wrapped), {Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: "0"}
        stored: set[str] = set()
        for start in range(0, len(owners), _AT_ONCE):
            block = owners[start : start + _AT_ONCE]
            entries = [(self._subject(owner), wrapped[owner].SerializeToString()) for owner in block]
            with _answering():
                refusals = await publish_burst(self._bus.client, entries, headers, PUBLISH_TIMEOUT)
                for refusal in refusals:
                    if refusal is not None and not _is_late(refusal):
                        raise refusal
            stored |= {owner for owner, refusal in zip(block, refusals, strict=True) if refusal is None}
        return stored

    async def erase(self, owner: str) -> None:
        """Leaves nothing of the owner on the broker. Interrupted, it has to be repeated. Raises as `erase_revision`."""
        # The oldest first: nats-server 2.9 would lose sight of the older ones without the newest.
        while revision := await self._first(1, self._subject(owner)):
            await self.erase_revision(revision.sequence)

    async def retire(self, owner: str) -> None:
        """Leaves an empty entry of the owner's alone, which says to those who follow the bucket that the key is gone.

        Nothing happens where there is none. Raises as `erase_revision`.
        """
        while (newest := await self.newest(owner)) is not None and newest.is_key:
            await self.write(owner, records_pb2.WrappedKey(), after=newest.sequence)
        while (revision := await self._first(1, self._subject(owner))) is not None and revision.is_key:
            await self.erase_revision(revision.sequence)

    async def erase_all(self, owners: Sequence[str], within: str = "") -> None:
        """As `erase`, of many owners.

        Entries that lie within that other owner's key are deleted and no more, which is a hundred times as fast:
        their bytes are worthless once that key is erased.
        """
        while owners:
            first = await self._ask("GET", [{"seq": 1, "next_by_subj": self._subject(owner)} for owner in owners])
            revisions = [revision for revision in map(self._told, first) if revision is not None]
            answers = await self._ask("DELETE", [_deletion(revision, within) for revision in revisions])
            for revision, answer in zip(revisions, answers, strict=True):
                if answer.get("error"):
                    # It says what that means.
                    await self.erase_revision(revision.sequence)
            owners = [revision.owner for revision in revisions]

    async def erase_revision(self, sequence: int) -> None:
        """Deletes one revision, and its bytes in the broker's files; nothing happens where it is gone already.

        Raises:
            FailedPrecondition: KEY_NOT_ERASED, the broker refused.
        """
        with _answering():
            try:
                await self._bus.js.delete_msg(self._stream, sequence)
            except APIError as error:
                # The broker has several codes for what is not there, and that it is not there is what we want.
                if await self._is_there(sequence):
                    raise FailedPrecondition(
                        "KEY_NOT_ERASED",
                        f"The broker did not erase a stored key: {error.description} ({error.err_code}). Repeat "
                        "it; is its bucket one that `sightline provision` made?",
                    ) from error

    async def count(self) -> int:
        """How many revisions are stored now."""
        return (await self._state()).messages

    async def revisions(self) -> AsyncGenerator[Revision, None]:
        """Every revision that is stored now, the oldest first."""
        last = (await self._state()).last_seq
        revision = await self._first(1, self._prefix + ">")
        while revision is not None and revision.sequence <= last:
            yield revision
            revision = await self._first(revision.sequence + 1, self._prefix + ">")

    async def _first(self, sequence: int, subject: str) -> Revision | None:
        """The first revision at or behind that sequence."""
        return await self._found(self._bus.js.get_msg(self._stream, seq=sequence, subject=subject, next=True))

    async def _is_there(self, sequence: int) -> bool:
        return await self._found(self._bus.js.get_msg(self._stream, seq=sequence)) is not None

    async def _state(self) -> StreamState:
        with _answering():
            return (await self._bus.js.stream_info(self._stream)).state

    async def _found(self, asked: Awaitable[RawStreamMsg]) -> Revision | None:
        with _answering():
            try:
                return self._revision(await asked)
            except NotFoundError as error:
                if error.err_code != _NO_MESSAGE:
                    raise
                return None

    async def _ask(self, what: str, questions: Sequence[Mapping[str, str | int | bool]]) -> list[dict[str, Any]]:
        """What the broker's API answers to many questions about messages, each of which may be an error."""
        subject, answers = f"{_API}.STREAM.MSG.{what}.{self._stream}", list[bytes]()
        for start in range(0, len(questions), _AT_ONCE):
            block = [(subject, json.dumps(each).encode()) for each in questions[start : start + _AT_ONCE]]
            with _answering():
                answers += await request_burst(self._bus.client, block, None, PUBLISH_TIMEOUT)
        return [json.loads(answer) for answer in answers]

    def _told(self, answer: dict[str, Any]) -> Revision | None:
        """What the broker's API says of a message; None: that there is none."""
        if error := answer.get("error"):
            if error.get("err_code") == _NO_MESSAGE:
                return None
            kind = NotFoundError if error.get("code") == _NOT_FOUND else APIError
            with _answering():
                raise kind(error.get("code"), error.get("description"), error.get("err_code"))
        message = answer["message"]
        data = base64.b64decode(message.get("data") or "")
        return self._revision(RawStreamMsg(subject=message["subject"], seq=message["seq"], data=data))

    def _revision(self, message: RawStreamMsg) -> Revision:
        # Who deletes an entry with a client's own command leaves a message without a body.
        wrapped = records_pb2.WrappedKey.FromString(message.data or b"")
        return Revision((message.subject or "").removeprefix(self._prefix), message.seq or 0, wrapped)

    def _subject(self, owner: str) -> str:
        # An owner named `>` would be all of them.
        if not is_id(owner):
            raise InvalidInput("ID_MALFORMED", f"'{owner[:64]}' is not an id: ids are 26 characters of a-z and 0-9.")
        return self._prefix + owner


def _deletion(revision: Revision, within: str) -> dict[str, int | bool]:
    return {"seq": revision.sequence, "no_erase": bool(within) and revision.wrapped.within == within}


def _is_late(error: APIError) -> bool:
    """Whether somebody else wrote first."""
    return error.err_code in _WRONG_LAST_SEQUENCE


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise FailedPrecondition(
            "NOT_PROVISIONED", "A bucket of keys is not on the broker: run `sightline provision`, or wait until it has."
        ) from error
    except APIError as error:
        raise Unavailable("BROKER_REFUSED", f"The broker refused: {error.description} ({error.err_code}).") from error
    except (NatsError, TimeoutError, ConnectionError) as error:
        raise Unavailable("BROKER_UNAVAILABLE", "The broker does not answer: is nats-server up?") from error
