"""One face in one frame of a video as a row of a table."""

from sightline.cli.video.clock import instant
from sightline.v1 import face_pb2
from sightline.v1 import video_job_service_pb2 as pb

COLUMNS = ("at", "score", "left, top", "width, height", "eyes", "nose", "mouth")


def row(found: pb.VideoFace) -> tuple[str, ...]:
    """Give its moment, the detector's score (0..1), and in ratios of the frame its box and landmarks."""
    box, marks = found.face.bounding_box, found.face.landmarks
    return (
        instant(found.media_seconds),
        f"{found.face.confidence:.3f}",
        _pair(box.left, box.top),
        _pair(box.width, box.height),
        _points(marks.left_eye, marks.right_eye),
        _points(marks.nose),
        _points(marks.left_mouth, marks.right_mouth),
    )


def _points(*points: face_pb2.Point) -> str:
    return " ".join(_pair(point.x, point.y) for point in points)


def _pair(across: float, down: float) -> str:
    return f"{across:.3f},{down:.3f}"
