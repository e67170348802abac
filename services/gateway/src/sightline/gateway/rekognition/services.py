"""The services that operations ask, and the reasons that each question has to have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from sightline.chassis.errors import NotFound
from sightline.gateway.upstream import error_of
from sightline.v1.access_service_pb2_grpc import AccessServiceStub
from sightline.v1.camera_service_pb2_grpc import CameraServiceStub
from sightline.v1.detect_service_pb2_grpc import DetectServiceStub
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub
from sightline.v1.video_job_service_pb2_grpc import VideoJobServiceStub

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sightline.gateway.rekognition.call import Call

Asked = TypeVar("Asked")

_STUBS: dict[str, Callable[[grpc.aio.Channel], Any]] = {
    "AccessService": AccessServiceStub,
    "CameraService": CameraServiceStub,
    "DetectService": DetectServiceStub,
    "GalleryService": GalleryServiceStub,
    "SearchService": SearchServiceStub,
    "VideoJobService": VideoJobServiceStub,
}


async def ask(call: Call, rpc: str, request: Any) -> Any:
    """The answer to an RPC (`GalleryService.GetFace`) of the caller's.

    Raises:
        SightlineError: as the service answered.
    """
    service, _, method = rpc.partition(".")
    full = f"sightline.v1.{service}"
    stub = call.upstream.stub(full, _STUBS[service])
    try:
        return await getattr(stub, method)(request, timeout=call.upstream.timeout)
    except grpc.aio.AioRpcError as error:
        raise error_of(error, full) from error


def reasons(call: Call) -> dict[str, Any]:
    """What requests about biometric data have to say."""
    return {"purpose": call.signer.purpose, "case_reference": call.signer.case_reference}


async def found(answer: Awaitable[Asked]) -> Asked | None:
    """The answer; None where what was asked for is not there."""
    try:
        return await answer
    except NotFound:
        return None
