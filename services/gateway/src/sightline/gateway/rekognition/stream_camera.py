"""The camera behind a stream processor: calls to ingest, and its state as Rekognition has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.gateway.rekognition.services import ask, found, reasons
from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Call

_PAGE = 1000
_STATUSES = {
    pb.CAMERA_STATE_STOPPED: "STOPPED",
    pb.CAMERA_STATE_STARTING: "STARTING",
    pb.CAMERA_STATE_RUNNING: "RUNNING",
    # Rekognition has no word for it: it is wanted, and no frames come.
    pb.CAMERA_STATE_RECONNECTING: "STARTING",
    pb.CAMERA_STATE_ENDED: "STOPPED",
    pb.CAMERA_STATE_FAILED: "FAILED",
    pb.CAMERA_STATE_SUSPENDED: "STOPPED",
}
WATCHED = frozenset({pb.CAMERA_STATE_STARTING, pb.CAMERA_STATE_RUNNING, pb.CAMERA_STATE_RECONNECTING})
LOST = (
    "Collection not found: it was deleted or has expired, and nobody is looked for. Create one of that name and start "
    "the stream processor again, or delete it."
)


def status_word(status: pb.CameraStatus, *, lost: bool) -> str:
    """A StreamProcessorStatus; of one whose collection is lost, it has failed as soon as it is to run."""
    return "FAILED" if lost and status.state in WATCHED else _STATUSES.get(status.state, "STARTING")


def said_of(status: pb.CameraStatus, *, lost: bool) -> dict[str, str]:
    """Status and, where there is one, StatusMessage; `lost`: as for `status_word`."""
    said = {"Status": status_word(status, lost=lost)}
    if lost and status.state in WATCHED:
        return said | {"StatusMessage": LOST}
    if status.state == pb.CAMERA_STATE_ENDED:
        said["StatusMessage"] = "The file was read to its end."
    if status.reason.message:
        said["StatusMessage"] = status.reason.message
    return said


class StreamCameras:
    """Cameras, as whoever calls. Every method raises SightlineError."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def find(self, camera_id: str) -> pb.Camera | None:
        """One; None: there is none, or not for the caller."""
        answer = await found(self._ask("GetCamera", pb.GetCameraRequest(camera_id=camera_id)))
        return answer.camera if answer else None

    async def status(self, camera_id: str) -> pb.CameraStatus | None:
        """What it does; None as `find`."""
        answer = await found(self._ask("GetCameraStatus", pb.GetCameraStatusRequest(camera_id=camera_id)))
        return answer.status if answer else None

    async def statuses(self) -> dict[str, pb.CameraStatus]:
        """Of every camera that the caller may see, by id."""
        request, seen = pb.ListCamerasRequest(page_size=_PAGE), dict[str, pb.CameraStatus]()
        while True:
            page = await self._ask("ListCameras", request)
            seen |= {camera.id: status for camera, status in zip(page.cameras, page.statuses, strict=True)}
            if not page.next_page_token:
                return seen
            request.page_token = page.next_page_token

    async def make(self, name: str, url: str, watchlist_id: str, request_id: str) -> None:
        """Makes a new one, in which the people of a watchlist are looked for; its id follows from the request's."""
        camera = pb.Camera(name=name, source_url=url, watchlist_ids=[watchlist_id])
        await self._ask("CreateCamera", pb.CreateCameraRequest(camera=camera, request_id=request_id))

    async def match_also(self, camera: pb.Camera, watchlist_id: str) -> None:
        """Has the people of a watchlist looked for in it, too."""
        if not camera.watchlist_ids or watchlist_id in camera.watchlist_ids:
            return
        await self._match(camera, [*camera.watchlist_ids, watchlist_id])

    async def match_instead(self, camera_id: str, lost_id: str, watchlist_id: str) -> None:
        """Has the people of a watchlist looked for in it, and no more those of one that is gone."""
        camera = await self.find(camera_id)
        if camera is not None and lost_id in camera.watchlist_ids:
            left = [each for each in camera.watchlist_ids if each not in {lost_id, watchlist_id}]
            await self._match(camera, [*left, watchlist_id])
        elif camera is not None:
            await self.match_also(camera, watchlist_id)

    async def start(self, camera_id: str) -> None:
        """Has it watched."""
        await self._ask("StartCamera", pb.StartCameraRequest(camera_id=camera_id, **reasons(self._call)))

    async def stop(self, camera_id: str) -> None:
        """Has it watched no more."""
        await self._ask("StopCamera", pb.StopCameraRequest(camera_id=camera_id))

    async def delete(self, camera_id: str) -> None:
        """Forgets it; one that is not there is no error."""
        await found(self._ask("DeleteCamera", pb.DeleteCameraRequest(camera_id=camera_id)))

    async def _match(self, camera: pb.Camera, watchlist_ids: list[str]) -> None:
        request = pb.UpdateCameraRequest(camera_id=camera.id, etag=camera.etag)
        request.changes.watchlist_ids.extend(watchlist_ids)
        request.update_mask.paths.append("watchlist_ids")
        await self._ask("UpdateCamera", request)

    async def _ask(self, method: str, request: Any) -> Any:
        return await ask(self._call, f"CameraService.{method}", request)
