"""Reflection: what a server offers, for everybody who asks, a few at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

AT_ONCE = 4
"""Calls: gRPC takes in requests of 32 MB, and holds what came of one until its end comes."""
SECONDS = 10.0


def add_reflection(server: grpc.aio.Server, services: Iterable[str]) -> None:
    """Has a server tell everybody about these services, by their full names."""
    named = (*services, "grpc.health.v1.Health", reflection.SERVICE_NAME)
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(_Reflecting(named), server)  # type: ignore[no-untyped-call]  # as grpcio generates it


class _Reflecting(reflection.aio.ReflectionServicer):
    """grpcio's own servicer, through whose requests strangers cannot fill the memory."""

    def __init__(self, services: Iterable[str]) -> None:
        super().__init__(services)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def ServerReflectionInfo(self, request_iterator: Any, unused_context: Any) -> AsyncIterator[Any]:  # type: ignore[override]  # the types have it as a coroutine
        """See grpc.reflection.v1alpha."""
        context = unused_context
        if self._turns.locked():
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "Others are asking: try again in a moment.")
        try:
            async with self._turns, asyncio.timeout(SECONDS):
                async for answer in super().ServerReflectionInfo(request_iterator, context):  # type: ignore[attr-defined]  # as above
                    yield answer
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, f"Ask within {SECONDS:g} s.")
