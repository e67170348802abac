"""Calls that were refused: counted, limited where nobody knows who calls, and put into the audit trail."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import ResourceExhausted, SightlineError
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = structlog.get_logger()

WINDOW_SECONDS = 60.0
ATTEMPTS = 30
"""Calls without accepted credentials that one address may make in a window before it is told to wait."""
_TRACKED = 10_000
_FLUSH_SECONDS = 1.0


class AuditTrail(Protocol):
    """Takes in audit events."""

    async def record(self, event: events_pb2.AuditEvent) -> None:
        """Returns once the event is stored. Raises SightlineError."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that was refused: the peer's address where nobody knows who called, else the subject."""

    reason: str
    method: str
    peer: str
    subject: str = ""
    credential_id: str = ""
    request_id: str = ""

    @property
    def origin(self) -> tuple[str, ...]:
        """What is put together into one entry of the audit trail."""
        return (self.subject, self.method, self.reason) if self.subject else (self.peer,)


@dataclass(slots=True)
class _Window:
    """What came from one origin since `start`."""

    first: Refusal
    start: float
    count: int = 1
    recorded: int = 0


class Refusals:
    """Remembers refusals for a minute each.

    An entry is written for the first refusal of an origin at once, and one with the number of the others when the
    minute is over: a storm of attempts must not become a storm of entries. A secret has 256 bits, so the limit is
    not there against guessing: it keeps the noise and the work down. Accepted credentials are never held up by it.
    """

    def __init__(self, trail: AuditTrail, attempts: int = ATTEMPTS, window: float = WINDOW_SECONDS) -> None:
        self._trail = trail
        self._attempts = attempts
        self._window = window
        self._windows: dict[tuple[str, ...], _Window] = {}
        self._due = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Writes entries while the block runs, and what is left at its end."""
        task = asyncio.create_task(self._write(), name="refusals")
        try:
            yield
        finally:
            await end(task)
            for window in self._windows.values():
                await self._record(window)

    def note(self, refusal: Refusal) -> None:
        """Takes in a refusal.

        Raises:
            ResourceExhausted: TOO_MANY_ATTEMPTS, of an unknown caller whose address made too many.
        """
        now = time.monotonic()
        origin = refusal.origin if len(self._windows) < _TRACKED else ("",)
        window = self._windows.get(origin)
        if window is None:
            self._windows[origin] = _Window(refusal, now)
            self._due.set()
            return
        window.count += 1
        if not refusal.subject and window.count > self._attempts:
            wait = max(1, round(window.start + self._window - now))
            raise ResourceExhausted(
                "TOO_MANY_ATTEMPTS",
                f"Too many calls without accepted credentials came from your address: try again in {wait} s.",
                retry_after=wait,
            )

    async def _write(self) -> None:
        while True:
            # Not wait_for: before Python 3.12 it can swallow the cancellation that ends this task.
            with suppress(TimeoutError):
                async with asyncio.timeout(_FLUSH_SECONDS):
                    await self._due.wait()
            self._due.clear()
            await self._flush(time.monotonic())

    async def _flush(self, now: float) -> None:
        for origin, window in list(self._windows.items()):
            over = now - window.start > self._window
            if over or not window.recorded:
                await self._record(window)
            if over and window.recorded == window.count:
                del self._windows[origin]

    async def _record(self, window: _Window) -> None:
        """Writes what is not recorded yet; while the trail is away it stays, to be written with what comes."""
        count = window.count - window.recorded
        if not count:
            return
        refusal = window.first
        event = events_pb2.AuditEvent(
            action="access.refused",
            principal=refusal.subject,
            credential_id=refusal.credential_id,
            object_kind="rpc",
            object_id=refusal.method,
            outcome=refusal.reason,
            request_id=refusal.request_id,
            peer=refusal.peer,
            count=count,
        )
        try:
            await self._trail.record(event)
        except SightlineError as error:
            log.error("refusal_not_audited", reason=error.reason, refused=refusal.reason, count=count)
        else:
            window.recorded += count
