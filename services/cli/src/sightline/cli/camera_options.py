"""What `sightline cameras add` and `update` can say of a camera, and the contract's fields that come of it."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from sightline.chassis.errors import InvalidInput
from sightline.cli.frame_areas import parse_polygon
from sightline.cli.weekly_hours import parse_schedule
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import face_pb2


class Profile(StrEnum):
    """How frames are searched, as the contract's DetectionProfile has it."""

    DEFAULT = "default"
    SINGLE = "single"
    MULTI = "multi"
    TILED = "tiled"

    @property
    def number(self) -> face_pb2.DetectionProfile:
        """The contract's value."""
        name = "UNSPECIFIED" if self is Profile.DEFAULT else self.name
        return cast("face_pb2.DetectionProfile", face_pb2.DetectionProfile.Value(f"DETECTION_PROFILE_{name}"))


class Transport(StrEnum):
    """How an rtsp source sends its packets, as the contract's RtspTransport has it."""

    TCP = "tcp"
    UDP = "udp"

    @property
    def number(self) -> pb.RtspTransport:
        """The contract's value."""
        return cast("pb.RtspTransport", pb.RtspTransport.Value(f"RTSP_TRANSPORT_{self.name}"))


class Gate(StrEnum):
    """Whether frames without motion are skipped, as the contract's MotionGate has it."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"

    @property
    def number(self) -> pb.MotionGate:
        """The contract's value."""
        name = "UNSPECIFIED" if self is Gate.AUTO else self.name
        return cast("pb.MotionGate", pb.MotionGate.Value(f"MOTION_GATE_{name}"))


LocationOption = Annotated[str | None, typer.Option(help="Where it hangs, in words.")]
LatitudeOption = Annotated[float | None, typer.Option(help="Degrees north, -90 to 90; with --longitude.")]
LongitudeOption = Annotated[float | None, typer.Option(help="Degrees east, -180 to 180; with --latitude.")]
FpsOption = Annotated[float | None, typer.Option(help="Frames looked at per second; 0: 3.")]
MinFaceOption = Annotated[int | None, typer.Option(help="Smallest face wanted, pixels; 0: the pack's own.")]
ProfileOption = Annotated[Profile | None, typer.Option(help="How frames are searched for faces.")]
WatchlistOption = Annotated[list[str] | None, typer.Option(help="Watchlist to match; again for more; none: all.")]
RegionOption = Annotated[
    list[str] | None,
    typer.Option(help="Area to look at, as '0.1,0.1 0.4,0.1 0.4,0.5'; again for more; none: all of the frame."),
]
MaskOption = Annotated[
    list[str] | None, typer.Option(help="Area to paint over before anything sees it, as a region; again for more.")
]
HoursOption = Annotated[
    list[str] | None, typer.Option(help="When to watch, as 'Mon-Fri 08:00-18:00'; again for more; none: always.")
]
TimeZoneOption = Annotated[str | None, typer.Option(help="Of --hours, as Europe/Berlin; unset: UTC.")]
TransportOption = Annotated[Transport | None, typer.Option(help="How an rtsp source sends its packets; unset: tcp.")]
GateOption = Annotated[
    Gate | None, typer.Option(help="Skip frames in which nothing moved; auto: of cameras, not of files.")
]
KeyframesOption = Annotated[
    bool | None, typer.Option("--keyframes-only/--all-frames", help="Decode key frames alone: much less work.")
]


def source_url(source: str) -> str:
    """Give the URL of a source; a plain path becomes a file URL, that of a folder with a slash at its end."""
    if re.match(r"[a-z0-9]+:", source, re.IGNORECASE):
        return source
    path = Path(source).resolve()
    return f"{path.as_uri()}/" if path.is_dir() else path.as_uri()


def place_fields(
    name: str | None, source: str | None, location: str | None, latitude: float | None, longitude: float | None
) -> Mapping[str, Any]:
    """Give the fields that say which camera it is; None where an option was not given.

    Raises:
        InvalidInput: COORDINATES_HALF.
    """
    if (latitude is None) != (longitude is None):
        raise InvalidInput("COORDINATES_HALF", "Give --latitude and --longitude together.")
    at = None if latitude is None else pb.Coordinates(latitude=latitude, longitude=longitude or 0)
    url = None if source is None else source_url(source)
    return {"name": name, "source_url": url, "location": location, "coordinates": at}


def viewing_fields(
    fps: float | None,
    min_face: int | None,
    profile: Profile | None,
    region: list[str] | None,
    mask: list[str] | None,
    hours: list[str] | None,
    time_zone: str | None,
) -> Mapping[str, Any]:
    """Give the fields that say what of it is looked at, and when; None where an option was not given.

    Raises:
        InvalidInput: AREA_INVALID, HOURS_INVALID.
    """
    return {
        "sample_fps": fps,
        "min_face_px": min_face,
        "detection_profile": profile.number if profile else None,
        "regions": [parse_polygon(each) for each in region] if region else None,
        "privacy_masks": [parse_polygon(each) for each in mask] if mask else None,
        "schedule": parse_schedule(hours, time_zone),
    }


def decoding_fields(
    rtsp_transport: Transport | None, motion_gate: Gate | None, keyframes_only: bool | None
) -> Mapping[str, Any]:
    """Give the fields that say how its frames are read; None where an option was not given."""
    return {
        "rtsp_transport": rtsp_transport.number if rtsp_transport else None,
        "motion_gate": motion_gate.number if motion_gate else None,
        "keyframes_only": keyframes_only,
    }


def camera_of(fields: Mapping[str, Any]) -> pb.Camera:
    """Give a camera with those fields that have a value."""
    return pb.Camera(**{name: value for name, value in fields.items() if value is not None})
