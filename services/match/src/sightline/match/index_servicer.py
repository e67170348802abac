from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.match.gallery_check import Progress
from sightline.v1 import index_service_pb2 as pb
from sightline.v1 import index_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.audit import Auditor
    from sightline.match.gallery_check import Drift, GalleryCheck
    from sightline.match.index import FaceIndex
    from sightline.match.index_rebuilds import IndexRebuilds
    from sightline.match.index_status import Built, IndexStatus

MOST_IDS = 100


class IndexServicer(grpc_pb.IndexServiceServicer):
    """IndexService; whatever does something is audited."""

    def __init__(self, index: FaceIndex, rebuilds: IndexRebuilds, check: GalleryCheck, auditor: Auditor) -> None:
        self._index = index
        self._rebuilds = rebuilds
        self._check = check
        self._auditor = auditor

    async def GetIndexStatus(self, _request: pb.GetIndexStatusRequest, _: Any) -> pb.GetIndexStatusResponse:
        """See the contract."""
        return pb.GetIndexStatusResponse(status=told_status(await self._index.status()))

    async def RebuildIndex(self, request: pb.RebuildIndexRequest, _: Any) -> pb.RebuildIndexResponse:
        """See the contract."""
        async with self._auditor.audit(_audited("index.rebuild", request)):
            await self._rebuilds.start()
        return pb.RebuildIndexResponse()

    async def CancelRebuild(self, request: pb.CancelRebuildRequest, _: Any) -> pb.CancelRebuildResponse:
        """See the contract."""
        async with self._auditor.audit(_audited("index.cancel_rebuild", request)):
            await self._rebuilds.cancel()
        return pb.CancelRebuildResponse()

    async def VerifyGallery(self, request: pb.VerifyGalleryRequest, _: Any) -> AsyncIterator[pb.VerifyGalleryResponse]:
        """See the contract."""
        checked = expected = 0
        async with self._auditor.audit(_audited("gallery.verify", request)) as what:
            async for found in self._check.run():
                if isinstance(found, Progress):
                    checked, expected = found.checked, found.expected
                    yield pb.VerifyGalleryResponse(checked=checked, expected=expected)
                else:
                    what.detail = "drift" if found else "no drift"
                    yield pb.VerifyGalleryResponse(checked=checked, expected=expected, drift=_drift(found))


def _audited(
    action: str, request: pb.RebuildIndexRequest | pb.CancelRebuildRequest | pb.VerifyGalleryRequest
) -> Audited:
    return Audited(action, "none", "", request.purpose, request.case_reference)


def told_status(status: IndexStatus) -> pb.IndexStatus:
    """As the contract has it."""
    told = pb.IndexStatus(
        engine=status.engine,
        quantization=status.quantization,
        size=status.size,
        indexed=status.indexed,
        pending_deletions=status.pending_deletions,
        last_error=status.last_error,
        rotation_id=status.rotation,
        last_build=_build(status.built) if status.built else None,
    )
    if (running := status.building) is not None:
        progress = pb.IndexProgress(phase=running.phase, done=running.done, expected=running.expected)
        told.building.CopyFrom(progress)
    return told


def _build(built: Built) -> pb.IndexBuild:
    told = pb.IndexBuild(faces=built.faces, mate_recall=built.mate_recall, probes=built.probes, way=built.way)
    told.end_time.FromDatetime(built.time)
    told.duration.FromNanoseconds(round(built.seconds * 1e9))
    return told


def _drift(drift: Drift) -> pb.GalleryDrift:
    return pb.GalleryDrift(
        missing=len(drift.missing),
        surplus=len(drift.surplus),
        differing=len(drift.differing),
        missing_face_ids=sorted(drift.missing)[:MOST_IDS],
        surplus_face_ids=sorted(drift.surplus)[:MOST_IDS],
        differing_face_ids=sorted(drift.differing)[:MOST_IDS],
    )
