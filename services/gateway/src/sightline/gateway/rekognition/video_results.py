"""What a video job came to, as GetFaceSearch and GetFaceDetection show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.gateway.rekognition.face_shapes import box
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sightline.gateway.rekognition.matched_faces import MatchedFaces

_MILLISECONDS = 1000
_STATUSES = {
    pb.VIDEO_JOB_STATE_QUEUED: "IN_PROGRESS",
    pb.VIDEO_JOB_STATE_RUNNING: "IN_PROGRESS",
    pb.VIDEO_JOB_STATE_DONE: "SUCCEEDED",
    pb.VIDEO_JOB_STATE_FAILED: "FAILED",
    pb.VIDEO_JOB_STATE_CANCELLED: "FAILED",
}

_COLOR_RANGES = {pb.COLOR_RANGE_LIMITED: "LIMITED", pb.COLOR_RANGE_FULL: "FULL"}


@dataclass(frozen=True)
class _Appearance:
    """A track, with everybody whom it resembles."""

    track: pb.VideoTrack
    persons: Sequence[tuple[float, pb.VideoPerson]]


def status_of(job: pb.VideoJob) -> dict[str, Any]:
    """What is said of the job itself."""
    status: dict[str, Any] = {"JobStatus": _word(job), "JobId": job.id}
    if job.state == pb.VIDEO_JOB_STATE_FAILED:
        status["StatusMessage"] = job.problem.message
    if job.state == pb.VIDEO_JOB_STATE_CANCELLED:
        status["StatusMessage"] = "The job was cancelled."
    if metadata := _metadata(job.progress):
        status["VideoMetadata"] = metadata
    return status


def _word(job: pb.VideoJob) -> str:
    """Of a state that only a newer ingest knows, clients wait until it has ended."""
    return _STATUSES.get(job.state, "FAILED" if job.HasField("end_time") else "IN_PROGRESS")


def _metadata(progress: pb.VideoJobProgress) -> dict[str, Any]:
    """A VideoMetadata, with what is known; the words for formats and codecs are FFmpeg's, as Rekognition's are."""
    video = progress.video
    facts: dict[str, Any] = {
        "Codec": video.codec,
        "DurationMillis": milliseconds(progress.media_duration_seconds),
        "Format": video.format,
        "FrameRate": video.frame_rate,
        "FrameHeight": video.height,
        "FrameWidth": video.width,
        "ColorRange": _COLOR_RANGES.get(video.color_range),
    }
    return {name: value for name, value in facts.items() if value}


def milliseconds(seconds: float) -> int:
    """Media time, as Rekognition has it."""
    return round(seconds * _MILLISECONDS)


def person_matches(persons: Iterable[pb.VideoPerson], faces: MatchedFaces, order: str) -> list[dict[str, Any]]:
    """A `PersonMatch` for each appearance, at the moment of its best view, with those whom it resembles.

    Args:
        persons: whom the job has found.
        faces: theirs.
        order: TIMESTAMP or INDEX; indexes count appearances by their beginning.
    """
    appearances = sorted(_appearances(persons), key=lambda each: (each.track.first_media_seconds, each.track.track_id))
    matches = [_match(index, appearance, faces) for index, appearance in enumerate(appearances)]
    if order == "TIMESTAMP":
        matches.sort(key=lambda match: (match["Timestamp"], match["Person"]["Index"]))
    return matches


def _appearances(persons: Iterable[pb.VideoPerson]) -> list[_Appearance]:
    """Each track once, and once for each of several people in it: they are shown at different moments."""
    found: dict[tuple[str, float], tuple[pb.VideoTrack, list[tuple[float, pb.VideoPerson]]]] = {}
    for person in persons:
        for span in person.spans:
            for track in span.tracks:
                shown = (track.track_id, track.best_media_seconds)
                found.setdefault(shown, (track, []))[1].append((track.similarity, person))
    return [_Appearance(track, persons) for track, persons in found.values()]


def _match(index: int, appearance: _Appearance, faces: MatchedFaces) -> dict[str, Any]:
    track, place = appearance.track, box(appearance.track.bounding_box)
    alike = sorted(appearance.persons, key=lambda each: -each[0])
    return {
        "Timestamp": milliseconds(track.best_media_seconds),
        "Person": {"Index": index, "BoundingBox": place, "Face": {"BoundingBox": place}},
        "FaceMatches": [faces.match(person.person, similarity) for similarity, person in alike],
    }
