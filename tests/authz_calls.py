"""Calls of every RPC of a running system, as somebody, about something."""

from __future__ import annotations

from importlib import import_module

import grpc
from authz_requests import REQUESTS

from sightline.chassis.rpc import from_rpc_error

CALL_SECONDS = 60.0
WORDS = {
    grpc.StatusCode.OK: "ok",
    grpc.StatusCode.UNAUTHENTICATED: "unknown",
    grpc.StatusCode.PERMISSION_DENIED: "denied",
    grpc.StatusCode.NOT_FOUND: "not found",
    # Who gets this was let in: the system is not in a state for it.
    grpc.StatusCode.FAILED_PRECONDITION: "not now",
}


def stub_of(method, channel):
    """The call of that RPC."""
    module = import_module(method.containing_service.file.package + "." + _file(method) + "_pb2_grpc")
    return getattr(getattr(module, f"{method.containing_service.name}Stub")(channel), method.name)


def _file(method):
    return method.containing_service.file.name.rpartition("/")[2].removesuffix(".proto")


async def outcome(system, method, caller, case) -> str:
    """What becomes of the call, in a word of the table."""
    request = REQUESTS[method.name](system.ids(method.name, caller, case))
    async with system.channel(method.containing_service.name, caller, case) as channel:
        try:
            asked = iter([request]) if method.client_streaming else request
            if method.server_streaming:
                async for _ in stub_of(method, channel)(asked, timeout=CALL_SECONDS):
                    break
            else:
                await stub_of(method, channel)(asked, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            # Whoever keeps calling without credentials is told to wait instead; they get as far.
            if from_rpc_error(error, "test").reason == "TOO_MANY_ATTEMPTS":
                return "unknown"
            return WORDS.get(error.code(), f"{error.code().name}: {error.details()}")
    return "ok"
