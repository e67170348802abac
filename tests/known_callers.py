"""Callers whom services have heard of: each of them follows the broker by itself, in its own time."""

from __future__ import annotations

import asyncio

import grpc

from sightline.chassis.rpc import BearerText, open_channel

_ASKED = {
    "detect": "DetectService/DetectFaces",
    "embed": "EmbedService/EmbedFaces",
    "ingest": "CameraService/ListCameras",
    "match": "GalleryService/ListWatchlists",
    "notify": "AlertService/ListAlerts",
}
_UNKNOWN = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED}


async def until_known(key: str, **targets: str) -> None:
    """Returns once each of the services, by name where it is, knows whose key that is.

    It is asked less and less often: whoever is refused again and again is not heard any more.
    """
    for service, target in targets.items():
        pause = 0.2
        async with open_channel(target, BearerText(key)) as channel, asyncio.timeout(60):
            while not await _is_known(channel.unary_unary(f"/sightline.v1.{_ASKED[service]}")):
                await asyncio.sleep(pause)
                pause = min(2 * pause, 4.0)


async def _is_known(call) -> bool:
    """Whether the caller is, whatever else is wrong with a request that says nothing."""
    try:
        await call(b"", timeout=60)
    except grpc.aio.AioRpcError as error:
        return error.code() not in _UNKNOWN
    return True
