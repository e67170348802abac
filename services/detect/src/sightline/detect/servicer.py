"""DetectService: protobuf and ratios outside, pixels inside."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.chassis.audit import Audited
from sightline.chassis.errors import SightlineError
from sightline.chassis.image import see_image
from sightline.detect.handler import MAX_FACES, Wish
from sightline.detect.profile import Profile
from sightline.v1 import detect_service_pb2 as pb
from sightline.v1 import detect_service_pb2_grpc, face_pb2

if TYPE_CHECKING:
    import grpc
    from numpy.typing import NDArray

    from sightline.chassis.audit import Auditor
    from sightline.chassis.face_quality import Quality
    from sightline.chassis.image import See
    from sightline.detect.handler import DetectHandler, MeasuredFace, Picture, PictureFaces

_PROFILES = {
    face_pb2.DETECTION_PROFILE_UNSPECIFIED: Profile.DEFAULT,
    face_pb2.DETECTION_PROFILE_SINGLE: Profile.SINGLE,
    face_pb2.DETECTION_PROFILE_MULTI: Profile.MULTI,
    face_pb2.DETECTION_PROFILE_TILED: Profile.TILED,
}


class DetectServicer(detect_service_pb2_grpc.DetectServiceServicer):
    """Serves DetectService; `see` decodes the files of pictures."""

    def __init__(self, handler: DetectHandler, auditor: Auditor, detector_id: str, see: See) -> None:
        self._handler = handler
        self._see = see
        self._auditor = auditor
        self._detector_id = detector_id

    async def DetectFaces(
        self,
        request: pb.DetectFacesRequest,
        context: grpc.aio.ServicerContext[Any, Any],  # noqa: ARG002 - grpcio passes it
    ) -> pb.DetectFacesResponse:
        """Finds faces; see the contract."""
        profile = _PROFILES[request.profile]
        least, most = request.min_face_px or None, request.max_faces or MAX_FACES
        wish = Wish(least, most, profile, request.with_unsure, request.trim)
        what = Audited("detect.faces", "none", "", request.purpose, request.case_reference)
        async with self._auditor.audit_person(what):
            found = await self._handler.detect(self._pictures(request), wish)
        return pb.DetectFacesResponse(results=map(_to_result, found), detector_id=self._detector_id)

    def _pictures(self, request: pb.DetectFacesRequest) -> list[Picture]:
        return [partial(see_image, image, self._see) for image in request.images]


def _to_result(found: PictureFaces | SightlineError) -> pb.DetectedFaces:
    if isinstance(found, SightlineError):
        return pb.DetectedFaces(error=face_pb2.Problem(reason=found.reason, message=found.message))
    size = np.array([found.width, found.height], np.float32)
    faces = [_to_face(face, size) for face in found.faces]
    return pb.DetectedFaces(width=found.width, height=found.height, faces=faces, useful_scale=found.useful_scale)


def _to_face(face: MeasuredFace, size: NDArray[np.float32]) -> face_pb2.Face:
    pose, quality = face.pose, face.quality
    return face_pb2.Face(
        bounding_box=_to_box(face.detection.box, size),
        landmarks=_to_landmarks(face.detection.landmarks / size),
        confidence=face.detection.score,
        pose=face_pb2.Pose(yaw=pose.yaw, pitch=pose.pitch, roll=pose.roll),
        quality=None if quality is None else _to_quality(quality),
        unsure=not face.detection.is_sure,
    )


def _to_quality(quality: Quality) -> face_pb2.Quality:
    return face_pb2.Quality(
        overall=quality.overall,
        sharpness=quality.sharpness,
        brightness=quality.brightness,
        inter_eye_distance=quality.inter_eye_distance,
    )


def _to_box(box: NDArray[np.float32], size: NDArray[np.float32]) -> face_pb2.BoundingBox:
    left, top = map(float, box[:2] / size)
    width, height = map(float, (box[2:] - box[:2]) / size)
    return face_pb2.BoundingBox(left=left, top=top, width=width, height=height)


def _to_landmarks(ratios: NDArray[np.float32]) -> face_pb2.Landmarks:
    left_eye, right_eye, nose, left_mouth, right_mouth = (face_pb2.Point(x=float(x), y=float(y)) for x, y in ratios)
    return face_pb2.Landmarks(
        left_eye=left_eye, right_eye=right_eye, nose=nose, left_mouth=left_mouth, right_mouth=right_mouth
    )
