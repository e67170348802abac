"""Pulling from a consumer, so that no message that the broker sends can be dropped between two requests.

nats-py's `fetch` waits with timeouts on its inbox and leaves requests behind on the server; a delivery that meets such
a moment is lost until its ack_wait has run out. Here one inbox lives as long as the binding: whatever arrives
is queued and handed out, and the server's heartbeats say whether the consumer still lives.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

REQUEST_SECONDS = 5.0
HEARTBEAT_SECONDS = 0.5
SILENCE_SECONDS = 3 * HEARTBEAT_SECONDS
READING_SECONDS = 0.1
REQUESTS_OF_AN_INBOX = 1000
"""Where streams are another account's, the broker keeps half a kilobyte of each request until its inbox is gone."""
_NANOSECONDS = 1_000_000_000
_HEARTBEAT = "100"
# The request has ended, with nothing wrong: no messages, or its time is over.
_REQUEST_OVER = {"404", "408"}


class ConsumerLost(Exception):
    """The consumer is gone, or the broker does not answer: bind again."""


class Pull:
    """One binding to a pull consumer."""

    def __init__(self, client: Client, stream: str, consumer: str, batch: int) -> None:
        self._client = client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = ""
        self._subscription: Subscription | None = None
        self._requests = 0
        self._batch = batch
        self._arrived: deque[Msg] = deque()
        self._lost: str | None = None
        self._credit = 0
        self._heard = 0.0
        self._signal = asyncio.Event()

    async def fetch(self, size: int, *, seconds: float, linger: float = 0.0) -> list[Msg]:
        """Up to `size` messages: waits at most `seconds` for the first, then `linger` for the others.

        [] where nothing came. Raises ConsumerLost where the server gives no sign of life either.
        """
        first = await self._next(seconds)
        if first is None:
            return []
        batch = [first]
        deadline = _now() + linger
        while len(batch) < size:
            message = await self._next(max(0.0, deadline - _now()))
            if message is None:
                break
            batch.append(message)
        return batch

    def waiting(self) -> list[Msg]:
        """What has arrived and was not handed out yet."""
        return list(self._arrived)

    async def _next(self, seconds: float) -> Msg | None:
        deadline = _now() + seconds
        while not self._arrived:
            await self._ask()
            remaining = deadline - _now()
            if remaining <= 0:
                return None
            # Not wait_for: before Python 3.12 it loses a cancellation that meets a message, and whoever cancelled waits
            # for good; so a stream would outlive its caller's key.
            with suppress(TimeoutError):
                async with asyncio.timeout(min(remaining, HEARTBEAT_SECONDS)):
                    await self._signal.wait()
            self._signal.clear()
        return self._arrived.popleft()

    async def _ask(self) -> None:
        """Keeps one request open on the server."""
        if self._lost:
            raise ConsumerLost(self._lost)
        if self._credit > 0:
            if self._is_silent():
                # Where the process was held up for so long, what has arrived is read only now.
                await asyncio.sleep(READING_SECONDS)
                if self._is_silent() and not self._lost:
                    raise ConsumerLost("no heartbeat")
            return
        if self._requests >= REQUESTS_OF_AN_INBOX:
            # The last request is over: nothing more can come to its inbox.
            await self._leave()
            await self._listen()
        self._credit, self._heard = self._batch, _now()
        self._requests += 1
        request = {
            "batch": self._batch,
            "expires": int(REQUEST_SECONDS * _NANOSECONDS),
            "idle_heartbeat": int(HEARTBEAT_SECONDS * _NANOSECONDS),
        }
        await self._client.publish(self._subject, json.dumps(request).encode(), reply=self._inbox)

    def _is_silent(self) -> bool:
        return _now() - self._heard > SILENCE_SECONDS

    async def _arrive(self, message: Msg) -> None:
        self._heard = _now()
        status = (message.headers or {}).get("Status") if not message.data else None
        if status is None:
            self._credit -= 1
            self._arrived.append(message)
        elif status in _REQUEST_OVER:
            self._credit = 0
        elif status != _HEARTBEAT:
            self._lost = f"{status} {(message.headers or {}).get('Description', '')}".strip()
        self._signal.set()

    @asynccontextmanager
    async def bound(self) -> AsyncIterator[Pull]:
        """Listens on the inbox while the block runs."""
        await self._listen()
        try:
            yield self
        finally:
            with suppress(Exception):
                await self._leave()

    async def _listen(self) -> None:
        self._inbox, self._requests = self._client.new_inbox(), 0
        self._subscription = await self._client.subscribe(self._inbox, cb=self._arrive)

    async def _leave(self) -> None:
        if self._subscription:
            await self._subscription.unsubscribe()


def _now() -> float:
    return asyncio.get_running_loop().time()
