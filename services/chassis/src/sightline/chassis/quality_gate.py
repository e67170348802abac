"""How good a face has to be to be enrolled: a bad picture of one person is found in pictures of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.v1 import face_pb2


@dataclass(frozen=True, slots=True)
class Limits:
    """What a face has to reach; None: that is not asked.

    Attributes:
        eye_distance: px between the eyes.
        confidence: of the detector; what it means differs between detectors.
        turned: degrees of yaw, to either side. Roll is not asked: alignment undoes it.
        tilted: degrees of pitch, up or down.
        brightness: mean luma, 0..1.
        sharpness: 0..1, as sightline.chassis.face_quality has it.
        overall: 0..1, the product of all.
    """

    eye_distance: float
    confidence: float
    turned: float
    tilted: float
    brightness: float
    sharpness: float
    overall: float


# Measured with the starter pack's detector (MTCNN) on 1,005 portraits (LFW, film frames, press photos), and on some of
# them made bad; the largest face of each. Percentiles of the portraits, and what bad ones have:
#
#                        0.5 %    2 %   50 %   of the portraits
#   eye distance          25.6   30.4    118   below 20 px an aligned chip is enlarged almost twice
#   confidence            0.92   0.96   1.00   least of a portrait: MTCNN 0.86, SCRFD-500m 0.66, YuNet 0.83
#   yaw                     57     40     10   degrees; beyond 55 one eye is all that is seen
#   pitch                   38     33     11   degrees; from landmarks it is 10 off as often as not
#   brightness            0.21   0.29   0.52   darkened: 0.04 to 0.06
#   sharpness             0.35   0.45   0.75   blurred: 0.08 to 0.27
#   overall               0.21   0.36   0.68   darkened: 0.09 to 0.20, blurred: 0.07 to 0.27
#
# `standard` lets 99.0 % of the portraits pass (SCRFD-500m: 98.8 %, YuNet: 99.4 %) and none of the darkened and blurred
# ones. `strict` is for pictures that were taken for the purpose: eyes as far apart as in an embedder's own chip (35 px
# at 112), in a face that looks into the camera; 63 % of these portraits pass.
_LIMITS = {
    pb.QUALITY_GATE_STANDARD: Limits(20.0, 0.5, 55.0, 42.0, 0.12, 0.28, 0.2),
    pb.QUALITY_GATE_STRICT: Limits(35.0, 0.7, 25.0, 25.0, 0.25, 0.5, 0.5),
}


def issues(face: face_pb2.Face, gate: pb.QualityGate) -> list[pb.EnrolmentIssue]:
    """Why a face is too bad to be enrolled; empty where it is not.

    Args:
        face: as detect measured it.
        gate: unspecified is standard; off has nothing to say.
    """
    limits = _LIMITS.get(gate or pb.QUALITY_GATE_STANDARD)
    if limits is None:
        return []
    return [pb.EnrolmentIssue(reason=reason, message=message) for reason, message in _flaws(face, limits)]


def _flaws(face: face_pb2.Face, limits: Limits) -> Iterator[tuple[str, str]]:
    quality, turned, tilted = face.quality, abs(face.pose.yaw), abs(face.pose.pitch)
    if quality.inter_eye_distance < limits.eye_distance:
        needed = f"{quality.inter_eye_distance:.0f} px apart; {limits.eye_distance:.0f} are needed"
        yield "SMALL_BOUNDING_BOX", f"The eyes are {needed}: use a larger picture."
    if face.confidence < limits.confidence:
        score = f"{face.confidence:.2f} of {limits.confidence}"
        yield "LOW_CONFIDENCE", f"The detector is not sure of the face ({score}): use a picture that shows all of it."
    if turned > limits.turned or tilted > limits.tilted:
        pose = (
            f"turned by {turned:.0f} degrees (of {limits.turned:.0f}) and tilted by {tilted:.0f} ({limits.tilted:.0f})"
        )
        yield "EXTREME_POSE", f"The head is {pose}: use a picture from the front."
    if quality.brightness < limits.brightness:
        score = f"{quality.brightness:.2f} of {limits.brightness}"
        yield "LOW_BRIGHTNESS", f"The face is too dark ({score}): use a picture in more light."
    if quality.sharpness < limits.sharpness:
        score = f"{quality.sharpness:.2f} of {limits.sharpness}"
        yield "LOW_SHARPNESS", f"The face is blurred ({score}): use a sharper picture."
    if quality.overall < limits.overall:
        score = f"{quality.overall:.2f} of {limits.overall}"
        yield "LOW_FACE_QUALITY", f"All in all the face is too bad ({score}): use a better picture."
