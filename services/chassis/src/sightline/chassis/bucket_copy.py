"""A bucket in memory: every entry as it is now, kept up to date by the broker.

It is read anew, with no moment of emptiness, whenever the bucket may be another one than before: after every
reconnection, when it was made again (buckets in memory are, after a restart of the broker), when it lost entries.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from sightline.chassis.ending import end
from sightline.chassis.errors import Unavailable
from sightline.chassis.pull import ConsumerLost, Pull
from sightline.chassis.tail import consumer_behind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime

    from nats.aio.msg import Msg

    from sightline.chassis.bus import Bus

log = structlog.get_logger()

STALE_SECONDS = 15.0
POLL_SECONDS = 2.0
BATCH = 256
START_SECONDS = 30.0
_RETRY_PAUSE = 0.5

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A value with its revision, and when it came here (seconds of the monotonic clock)."""

    value: T
    revision: int
    arrived: float


@dataclass(frozen=True, slots=True)
class _Look:
    """What the broker said of the bucket, when it was asked."""

    asked: float
    created: datetime | None
    connection: int
    messages: int
    last: int

    def same_bucket(self, other: _Look) -> bool:
        return (self.created, self.connection) == (other.created, other.connection)


class BucketCopy(Generic[T]):
    """The entries of one bucket by key; to be read, never to be changed.

    Args:
        bus: to the broker that has the bucket.
        bucket: its name.
        read: makes a value of an entry's bytes.
        changed: called after every change of the copy.
        start_seconds: how long it may take to read what is there.
    """

    def __init__(
        self,
        bus: Bus,
        bucket: str,
        read: Callable[[bytes], T],
        changed: Callable[[], None] = lambda: None,
        *,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self._bus = bus
        self._bucket = bucket
        self._read_value = read
        self._changed = changed
        self._start_seconds = start_seconds
        self._entries: dict[str, Entry[T]] = {}
        self._confirmed = -float("inf")
        self._complete = asyncio.Event()
        self.made_again = -float("inf")
        """When another bucket was found in the place of the one before (seconds of the monotonic clock)."""

    @property
    def entries(self) -> Mapping[str, Entry[T]]:
        """By key. An entry that the bucket's TTL has ended may still be here."""
        return self._entries

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follows the bucket while the block runs; enters it once everything that is there now has been read.

        Raises:
            Unavailable: COPY_UNREAD where reading does not come to an end.
        """
        task = asyncio.create_task(self._follow(), name=f"copy of {self._bucket}")
        try:
            try:
                async with asyncio.timeout(self._start_seconds):
                    await self._complete.wait()
            except TimeoutError as error:
                raise self._stale() from error
            yield
        finally:
            await end(task)

    async def check(self) -> None:
        """Raises Unavailable COPY_UNREAD unless the broker said lately that nothing is missing here; for health."""
        if time.monotonic() - self._confirmed > STALE_SECONDS:
            raise self._stale()

    def _stale(self) -> Unavailable:
        return Unavailable(
            "COPY_UNREAD", f"The bucket {self._bucket} could not be read for some time: is nats-server up?"
        )

    async def _follow(self) -> None:
        before: _Look | None = None
        while True:
            try:
                look = await self._look()
                if before is not None and look.created != before.created:
                    self.made_again = time.monotonic()
                before = look
                await self._read(look)
            except (ConsumerLost, NatsError, JetStreamError, TimeoutError, ConnectionError) as error:
                log.warning("copy_rebinding", bucket=self._bucket, error=type(error).__name__)
            except Exception:
                log.exception("copy_rebinding", bucket=self._bucket)
            await asyncio.sleep(_RETRY_PAUSE)

    async def _read(self, first: _Look) -> None:
        """Reads the bucket from its start, and follows it for as long as it is the same one."""
        consumer = await consumer_behind(self._bus, self._stream, 0)
        async with Pull(self._bus.client, self._stream, consumer, BATCH).bound() as pull:
            fresh: dict[str, Entry[T]] = {}
            place = await self._read_once(pull, first, fresh)
            self._entries, self._confirmed = fresh, first.asked
            self._complete.set()
            self._changed()
            look = first
            while True:
                if messages := await pull.fetch(BATCH, seconds=POLL_SECONDS / 2):
                    place = self._take(messages, fresh)
                    self._changed()
                if time.monotonic() > look.asked + POLL_SECONDS:
                    before, look = look, await self._look()
                    if not look.same_bucket(first) or not before.last <= place <= look.last:
                        return
                    self._confirmed = look.asked

    async def _read_once(self, pull: Pull, first: _Look, entries: dict[str, Entry[T]]) -> int:
        """Reads what is there now; gives the place of the last message."""
        pending = first.messages
        while pending:
            messages = await pull.fetch(BATCH, seconds=POLL_SECONDS)
            if messages:
                self._take(messages, entries)
            # Without an answer they have ended by the bucket's TTL in between.
            pending = messages[-1].metadata.num_pending or 0 if messages else 0
        return first.last

    def _take(self, messages: list[Msg], entries: dict[str, Entry[T]]) -> int:
        """Takes in messages of the bucket's stream; gives the place of the last one."""
        for message in messages:
            key = message.subject.removeprefix(f"$KV.{self._bucket}.")
            # A deletion has no data; and one entry that nobody can read must not keep all others from being read.
            entry = self._entry(key, message) if message.data else None
            if entry is None:
                entries.pop(key, None)
            else:
                entries[key] = entry
        return messages[-1].metadata.sequence.stream

    def _entry(self, key: str, message: Msg) -> Entry[T] | None:
        try:
            return Entry(self._read_value(message.data), message.metadata.sequence.stream, time.monotonic())
        except Exception:
            log.exception("entry_unreadable", bucket=self._bucket, key=key)
            return None

    async def _look(self) -> _Look:
        asked, connection = time.monotonic(), self._bus.client.stats["reconnects"]
        stream = await self._bus.js.stream_info(self._stream)
        return _Look(asked, stream.created, connection, stream.state.messages, stream.state.last_seq)

    @property
    def _stream(self) -> str:
        return f"KV_{self._bucket}"
