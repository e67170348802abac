"""Cameras, and how they do, as `sightline cameras` prints them."""

from collections.abc import Sequence

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from sightline.chassis.enum_names import enum_word
from sightline.cli.camera_certificate import certificate_text
from sightline.cli.frame_areas import area_text
from sightline.cli.moments import moment
from sightline.cli.output import as_dict, print_json, print_table
from sightline.cli.weekly_hours import schedule_text
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import face_pb2

_COLUMNS = ("id", "name", "state", "fps", "location", "source")
_EMPTY = "there is no camera; add one with `cameras add`"


def state_name(status: pb.CameraStatus) -> str:
    """Give the state in one word."""
    return enum_word(pb.CameraState, status.state)


def show_cameras(cameras: Sequence[tuple[pb.Camera, pb.CameraStatus]], *, json: bool) -> None:
    """Print cameras, each with how it does."""
    if json:
        print_json([as_dict(camera) | {"status": as_dict(status)} for camera, status in cameras])
        return
    rows = (
        (camera.id, camera.name, _state(status), _fps(status), camera.location, camera.source_url)
        for camera, status in cameras
    )
    print_table(_COLUMNS, rows, empty=_EMPTY)


def show_camera(camera: pb.Camera, *, json: bool) -> None:
    """Print all that is known of one camera."""
    if json:
        print_json(as_dict(camera))
        return
    facts = [
        *(("id", camera.id), ("name", camera.name), ("source", camera.source_url)),
        ("credentials", "stored" if camera.has_credentials else "none"),
        ("certificate", certificate_text(camera)),
        ("watched", "yes" if camera.enabled else "no"),
        ("location", _place(camera)),
        ("frames per second", camera.sample_fps or "default"),
        ("smallest face", f"{camera.min_face_px} px" if camera.min_face_px else "the pack's own"),
        ("profile", _chosen(face_pb2.DetectionProfile, camera.detection_profile)),
        ("watchlists", ", ".join(camera.watchlist_ids) or "all"),
        ("regions", area_text(camera.regions) or "all of the frame"),
        ("privacy masks", area_text(camera.privacy_masks) or "none"),
        ("hours", schedule_text(camera.schedule) if camera.HasField("schedule") else "always"),
        ("rtsp transport", _chosen(pb.RtspTransport, camera.rtsp_transport)),
        ("motion gate", _chosen(pb.MotionGate, camera.motion_gate)),
        ("key frames only", "yes" if camera.keyframes_only else "no"),
        ("created (UTC)", moment(camera.create_time, absent="")),
        ("changed (UTC)", moment(camera.update_time, absent="")),
        ("etag", camera.etag),
    ]
    print_table(("what", "value"), facts, empty="")


def show_status(status: pb.CameraStatus, *, json: bool) -> None:
    """Print how a camera does."""
    if json:
        print_json(as_dict(status))
        return
    facts: list[tuple[str, object]] = [("state", state_name(status))]
    if status.reason.reason:
        facts.append(("reason", f"{status.reason.reason}: {status.reason.message}"))
    if status.HasField("suspension") and status.suspension != status.reason:
        why = f"{status.suspension.reason}: {status.suspension.message}"
        facts.append(("suspended", f"{why} (until it is resumed; a start does not lift it)"))
    facts += [
        ("since (UTC)", moment(status.start_time, absent="-")),
        ("last frame (UTC)", moment(status.last_frame_time, absent="-")),
        ("picture", f"{status.width} x {status.height}" if status.width else "-"),
        ("frames per second", _fps(status)),
        ("frames read", status.frames_read),
        ("frames sampled", status.frames_sampled),
        ("  nothing moved", status.frames_still),
        ("  looked at", status.frames_detected),
        ("  dropped: detection behind", status.frames_dropped),
        ("  dropped: detection failed", status.frames_failed),
        *(("faces", status.faces), ("tracks", status.tracks)),
        *(("shots", status.shots), ("shots dropped", status.shots_dropped)),
        ("latency, half below", f"{status.latency_p50_seconds * 1000:.0f} ms"),
        ("latency, 95 % below", f"{status.latency_p95_seconds * 1000:.0f} ms"),
        ("decoder restarts", status.decoder_restarts),
    ]
    if status.media_seconds:
        length = f" of {status.media_duration_seconds:.1f}" if status.media_duration_seconds else ""
        facts.append(("media time", f"{status.media_seconds:.1f}{length} s"))
    print_table(("what", "value"), facts, empty="")


def _state(status: pb.CameraStatus) -> str:
    return f"{state_name(status)} ({status.reason.reason})" if status.reason.reason else state_name(status)


def _fps(status: pb.CameraStatus) -> str:
    lowered = f" (lowered to {status.lowered_fps:.1f})" if status.lowered_fps else ""
    return f"{status.measured_fps:.1f}{lowered}" if status.measured_fps else "-"


def _place(camera: pb.Camera) -> str:
    at = camera.coordinates
    place = f"{at.latitude:.6f}, {at.longitude:.6f}" if camera.HasField("coordinates") else ""
    return " · ".join(filter(None, (camera.location, place))) or "-"


def _chosen(kind: EnumTypeWrapper, value: int) -> str:
    word = enum_word(kind, value)
    return "default" if word == "unspecified" else word
