"""What a stream processor has found, in the form in which Rekognition writes it to a Kinesis data stream."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from sightline.gateway.rekognition.face_shapes import box, percent

if TYPE_CHECKING:
    from sightline.gateway.rekognition.matched_faces import MatchedFaces
    from sightline.gateway.rekognition.processor import Processor
    from sightline.v1.alert_service_pb2 import Alert
    from sightline.v1.events_pb2 import Candidate


def alike(processor: Processor, alert: Alert) -> list[Candidate]:
    """Whom the face of an alert resembles as much as the processor wants; nobody, where its person was erased."""
    if alert.HasField("redact_time"):
        return []
    return [each for each in alert.sighting.candidates if each.similarity >= processor.threshold]


def fragment_of(alert: Alert) -> str:
    """A number of what was seen: an alert that changes for other reasons, as by a review, comes with the same one."""
    sighting = alert.sighting
    return str(int.from_bytes(f"{sighting.id}.{sighting.revision}".encode(), "big"))


def stream_record(processor: Processor, alert: Alert, faces: MatchedFaces) -> dict[str, Any]:
    """The record of an alert, as JSON has it.

    Args:
        processor: whose camera the alert is of.
        alert: one revision of it.
        faces: those of its candidates.
    """
    sighting = alert.sighting
    face: dict[str, Any] = {"BoundingBox": box(sighting.bounding_box)}
    if sighting.HasField("quality"):
        quality = sighting.quality
        face["Quality"] = {"Brightness": percent(quality.brightness), "Sharpness": percent(quality.sharpness)}
    video = {
        "StreamArn": processor.input_arn,
        "FragmentNumber": fragment_of(alert),
        "ProducerTimestamp": sighting.event_time.ToDatetime(UTC).timestamp(),
        "ServerTimestamp": sighting.frame_time.ToDatetime(UTC).timestamp(),
        "FrameOffsetInSeconds": 0.0,
    }
    matches = [faces.match(each, each.similarity) for each in alike(processor, alert)]
    return {
        "InputInformation": {"KinesisVideo": video},
        "StreamProcessorInformation": {"Status": "RUNNING"},
        "FaceSearchResponse": [{"DetectedFace": face, "MatchedFaces": matches}],
    }
