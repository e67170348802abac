"""A gRPC channel that opens anew when what makes it safe has changed; nobody who holds it notices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.chassis.tls.channel_security import ChannelSecurities, ChannelSecurity

RETIRE_SECONDS = 300.0
"""How long calls that began on an old channel may go on: longer than any deadline of ours."""


class RenewedChannel(grpc.aio.Channel):
    """Passes each call to a channel with the security of its moment.

    Args:
        securities: gives it.
        open_secure: opens a channel with one.
    """

    def __init__(
        self, securities: ChannelSecurities, open_secure: Callable[[ChannelSecurity], grpc.aio.Channel]
    ) -> None:
        self._securities = securities
        self._open = open_secure
        self._security = securities.current()
        self._channel = open_secure(self._security)
        self._retiring: set[asyncio.Task[None]] = set()

    def present(self) -> grpc.aio.Channel:
        """The channel for the next call."""
        found = self._securities.current()
        if found is not self._security:
            retiring = asyncio.create_task(_retire(self._channel), name="old channel")
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)
            self._security, self._channel = found, self._open(found)
        return self._channel

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        """See grpc.aio.Channel."""
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """See grpc.aio.Channel."""
        return self.present().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """See grpc.aio.Channel."""
        await self.present().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """See grpc.aio.Channel."""
        await self.present().channel_ready()

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return _Method(self, "unary_unary", args, kwargs)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return _Method(self, "unary_stream", args, kwargs)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return _Method(self, "stream_unary", args, kwargs)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return _Method(self, "stream_stream", args, kwargs)


class _Method:
    """What a stub holds: one method, on whichever channel is present when it is called."""

    def __init__(self, channel: RenewedChannel, kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._channel = channel
        self._kind, self._args, self._kwargs = kind, args, kwargs
        self._bound_to: grpc.aio.Channel | None = None
        self._bound: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        present = self._channel.present()
        if present is not self._bound_to:
            self._bound_to = present
            self._bound = getattr(present, self._kind)(*self._args, **self._kwargs)
        return self._bound(*args, **kwargs)


async def _retire(channel: grpc.aio.Channel) -> None:
    try:
        await asyncio.sleep(RETIRE_SECONDS)
    finally:
        await channel.close()
