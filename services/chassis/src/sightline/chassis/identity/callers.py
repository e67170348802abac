"""Who may call: a copy of bucket `access` in memory, which knows how fresh it is."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError

from sightline.chassis.ending import end
from sightline.chassis.errors import FailedPrecondition, SightlineError, Unavailable
from sightline.chassis.follower import Follower
from sightline.chassis.identity.caller_records import CallerRecords
from sightline.chassis.tail import tail
from sightline.chassis.topology import ACCESS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from datetime import datetime

    from sightline.chassis.bus import Bus
    from sightline.chassis.tail import Record
    from sightline.v1 import access_service_pb2, records_pb2

log = structlog.get_logger()

STALE_SECONDS = 30.0
POLL_SECONDS = 1.0
_START_SECONDS = 30.0
_STREAM = f"KV_{ACCESS}"
_SUBJECTS = f"$KV.{ACCESS}."


@dataclass(frozen=True, slots=True)
class _Look:
    """What the broker said of the bucket, and when and at which place of ours it was asked."""

    asked: float
    position: int
    last: int
    bucket: tuple[datetime | None, int]

    def lost(self) -> bool:
        """Whether the broker has less than we have read: it lost data, or was put back to an earlier state."""
        return self.last < self.position

    def more(self) -> bool:
        """Whether the broker has what we have not read yet: among it may be what replaced an entry before we came."""
        return self.last > self.position


class CallerBook:
    """API keys and subjects by id.

    The copy is read anew, with no moment of emptiness, whenever the bucket may be another one than before: after
    every reconnection (the broker may come back from an older backup), when it was made again, when it lost data.

    Args:
        bus: to the broker that has the bucket.
        stale_seconds: without the broker's word for so long nobody is admitted: a revocation could be unknown.
        poll_seconds: how often the broker is asked.
    """

    def __init__(self, bus: Bus, *, stale_seconds: float = STALE_SECONDS, poll_seconds: float = POLL_SECONDS) -> None:
        self._bus = bus
        self._stale_seconds = stale_seconds
        self._poll_seconds = poll_seconds
        self._records = CallerRecords()
        self._position = 0
        self._confirmed = -float("inf")
        self._complete = asyncio.Event()
        self._follower = Follower(
            "ACCESS", lambda after: tail(bus, _STREAM, after=after), self._apply, lambda: self._position
        )

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follows the bucket while the block runs; enters it once everything that is there now has been read.

        Raises:
            FailedPrecondition: NOT_PROVISIONED.
            Unavailable: BROKER_UNAVAILABLE; ACCESS_UNKNOWN where reading does not come to an end.
        """
        await self._look()
        task = asyncio.create_task(self._keep(), name="callers")
        try:
            await self._read_once()
            yield
        finally:
            await end(task)

    def key(self, key_id: str) -> records_pb2.ApiKeyRecord | None:
        """By id; to be read, never to be changed."""
        return self._records.keys.get(key_id)

    def subject(self, subject_id: str) -> access_service_pb2.Subject | None:
        """By id; to be read, never to be changed."""
        return self._records.subjects.get(subject_id)

    def keys(self) -> Iterable[records_pb2.ApiKeyRecord]:
        """All of them, also those that have ended."""
        return list(self._records.keys.values())

    def subjects(self) -> Iterable[access_service_pb2.Subject]:
        """All of them, also those that are disabled."""
        return list(self._records.subjects.values())

    async def reached(self, revision: int) -> None:
        """Returns once the write of that revision is in the copy. Raises Unavailable ACCESS_BEHIND."""
        await self._follower.reached(revision)

    @property
    def fresh(self) -> bool:
        """Whether the broker said lately that nothing is missing here."""
        return time.monotonic() - self._confirmed <= self._stale_seconds

    def require_fresh(self) -> None:
        """Raises Unavailable ACCESS_UNKNOWN where the copy may be too old to admit anybody by it."""
        if not self.fresh:
            raise Unavailable(
                "ACCESS_UNKNOWN",
                f"The broker has not confirmed for {self._stale_seconds:.0f} s who may call, so nobody is let in: "
                "is nats-server up, and reachable from this service? Try again soon.",
            )

    async def check(self) -> None:
        """Raises Unavailable while nobody can be admitted, or a record cannot be taken in; for health."""
        self.require_fresh()
        await self._follower.check()

    async def _read_once(self) -> None:
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._complete.wait()
        except TimeoutError as error:
            raise Unavailable(
                "ACCESS_UNKNOWN", f"Who may call could not be read within {_START_SECONDS:.0f} s: is the broker well?"
            ) from error

    async def _keep(self) -> None:
        while True:
            try:
                await self._read()
            except SightlineError as error:
                log.warning("callers_unconfirmed", reason=error.reason, detail=error.message)
            except Exception:
                log.exception("callers_unconfirmed")
            await asyncio.sleep(self._poll_seconds)

    async def _read(self) -> None:
        """Reads the bucket from its start, and follows it for as long as it is the same."""
        self._position = 0
        self._records.begin()
        first = look = await self._look()
        async with self._follower.running():
            while look.more():
                await self._follower.reached(look.last)
                look = await self._look()
            self._records.end()
            self._complete.set()
            while look.bucket == first.bucket and not look.lost():
                await self._follower.reached(look.last)
                self._confirmed = look.asked
                await asyncio.sleep(self._poll_seconds)
                look = await self._look()
        log.info("callers_read_again", lost=look.lost())

    async def _look(self) -> _Look:
        asked, position, connection = time.monotonic(), self._position, self._bus.client.stats["reconnects"]
        try:
            stream = await self._bus.js.stream_info(_STREAM)
        except NotFoundError as error:
            raise FailedPrecondition(
                "NOT_PROVISIONED",
                f"The bucket {ACCESS} is not on the broker: run `sightline provision`, or wait until it has run.",
            ) from error
        except (NatsError, JetStreamError, TimeoutError, ConnectionError) as error:
            raise Unavailable(
                "BROKER_UNAVAILABLE", "The broker does not say who may call: is nats-server up?"
            ) from error
        return _Look(asked, position, stream.state.last_seq, (stream.created, connection))

    async def _apply(self, record: Record) -> None:
        self._records.take(record.subject.removeprefix(_SUBJECTS), record.data)
        self._position = record.sequence
