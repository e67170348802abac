"""CameraService and EvidenceService: protobuf outside, the handler inside, and a record of who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.access import need_together
from sightline.chassis.audit import Audited
from sightline.chassis.field_mask import mask_text
from sightline.chassis.identity.rights import EVERYTHING, Selection
from sightline.chassis.ids import requested_id
from sightline.chassis.principal import current_principal, current_reach
from sightline.ingest.camera_record import CameraChange
from sightline.ingest.certificate import fingerprint
from sightline.ingest.suspension import reason_of
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import camera_service_pb2_grpc, evidence_service_pb2, evidence_service_pb2_grpc

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.ingest.handler import CameraDesk
    from sightline.ingest.witness import Witness


class CameraServicer(camera_service_pb2_grpc.CameraServiceServicer):
    """Serves CameraService; see the contract for each call."""

    def __init__(self, desk: CameraDesk, auditor: Auditor) -> None:
        self._desk = desk
        self._auditor = auditor

    async def CreateCamera(self, request: pb.CreateCameraRequest, _: Any) -> pb.CreateCameraResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("cameras.create", "camera")) as audited:
            credentials = request.credentials if request.HasField("credentials") else None
            camera_id = requested_id("camera", current_principal().subject, request.request_id)
            camera = await self._desk.create(request.camera, credentials, camera_id)
            audited.object_id, audited.detail = camera.id, _settings_text(camera)
        return pb.CreateCameraResponse(camera=camera)

    async def UpdateCamera(self, request: pb.UpdateCameraRequest, _: Any) -> pb.UpdateCameraResponse:
        """See the contract."""
        what = Audited("cameras.update", "camera", request.camera_id, detail=mask_text(request.update_mask))
        async with self._auditor.audit(what):
            if "watchlist_ids" in request.update_mask.paths and not request.changes.watchlist_ids:
                need_together(EVERYTHING, Selection.of([request.camera_id]), current_reach())
            change = CameraChange(request.changes, request.update_mask, request.etag)
            credentials = request.credentials if request.HasField("credentials") else None
            camera = await self._desk.update(request.camera_id, change, credentials)
            what.detail += f"; {_settings_text(camera)}"
        return pb.UpdateCameraResponse(camera=camera)

    async def GetCamera(self, request: pb.GetCameraRequest, _: Any) -> pb.GetCameraResponse:
        """See the contract."""
        return pb.GetCameraResponse(camera=await self._desk.get(request.camera_id))

    async def ListCameras(self, request: pb.ListCamerasRequest, _: Any) -> pb.ListCamerasResponse:
        """See the contract."""
        reach = current_reach().cameras
        cameras, statuses, token = await self._desk.page(request.page_size, request.page_token, reach)
        return pb.ListCamerasResponse(cameras=cameras, statuses=statuses, next_page_token=token)

    async def DeleteCamera(self, request: pb.DeleteCameraRequest, _: Any) -> pb.DeleteCameraResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("cameras.delete", "camera", request.camera_id)):
            await self._desk.delete(request.camera_id)
        return pb.DeleteCameraResponse()

    async def StartCamera(self, request: pb.StartCameraRequest, _: Any) -> pb.StartCameraResponse:
        """See the contract."""
        what = Audited("cameras.start", "camera", request.camera_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            status = await self._desk.start(request.camera_id)
        return pb.StartCameraResponse(status=status)

    async def StopCamera(self, request: pb.StopCameraRequest, _: Any) -> pb.StopCameraResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("cameras.stop", "camera", request.camera_id)):
            status = await self._desk.stop(request.camera_id)
        return pb.StopCameraResponse(status=status)

    async def SuspendCamera(self, request: pb.SuspendCameraRequest, _: Any) -> pb.SuspendCameraResponse:
        """See the contract."""
        why = reason_of(request)
        detail = f"{why.reason}: {why.message}"
        async with self._auditor.audit(Audited("cameras.suspend", "camera", request.camera_id, detail=detail)):
            since_ns = request.since.ToNanoseconds() if request.HasField("since") else None
            status, resumed = await self._desk.suspend(request.camera_id, why, since_ns)
        return pb.SuspendCameraResponse(status=status, resume_time=resumed)

    async def ResumeCamera(self, request: pb.ResumeCameraRequest, _: Any) -> pb.ResumeCameraResponse:
        """See the contract."""
        what = Audited("cameras.resume", "camera", request.camera_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            status = await self._desk.resume(request.camera_id)
        return pb.ResumeCameraResponse(status=status)

    async def GetCameraStatus(self, request: pb.GetCameraStatusRequest, _: Any) -> pb.GetCameraStatusResponse:
        """See the contract."""
        return pb.GetCameraStatusResponse(status=await self._desk.status(request.camera_id))

    async def GetSnapshot(self, request: pb.GetSnapshotRequest, _: Any) -> pb.GetSnapshotResponse:
        """See the contract."""
        what = Audited("cameras.snapshot", "camera", request.camera_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            response = pb.GetSnapshotResponse(image=await self._desk.snapshot(request.camera_id))
            response.time.GetCurrentTime()
        return response


class EvidenceServicer(evidence_service_pb2_grpc.EvidenceServiceServicer):
    """Serves EvidenceService."""

    def __init__(self, witness: Witness, auditor: Auditor) -> None:
        self._witness = witness
        self._auditor = auditor

    async def GetEvidence(
        self, request: evidence_service_pb2.GetEvidenceRequest, _: Any
    ) -> evidence_service_pb2.GetEvidenceResponse:
        """See the contract."""
        what = Audited("evidence.get", "track", request.track_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            snapshot = await self._witness.snapshot(request.track_id)
        return evidence_service_pb2.GetEvidenceResponse(snapshot=snapshot)


def _settings_text(camera: pb.Camera) -> str:
    """What decides who is seen, and who is looked for: whoever changed it has to answer for it."""
    said = [f"watchlists {len(camera.watchlist_ids) or 'all'}", f"privacy masks {len(camera.privacy_masks)}"]
    said += [f"regions {len(camera.regions)}", f"hours {'some' if camera.HasField('schedule') else 'all'}"]
    said += [f"credentials {'yes' if camera.has_credentials else 'no'}"]
    if camera.certificate or camera.unverified_tls:
        said += [f"certificate {fingerprint(camera.certificate) if camera.certificate else 'unchecked'}"]
    return ", ".join(said)
