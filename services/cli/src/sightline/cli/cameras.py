"""`sightline cameras`: what is watched."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.chassis.ids import is_id
from sightline.cli.camera_certificate import CertificateOption, certificate_fields
from sightline.cli.camera_login import PasswordFileOption, UsernameOption, read_login
from sightline.cli.camera_options import (
    FpsOption,
    GateOption,
    HoursOption,
    KeyframesOption,
    LatitudeOption,
    LocationOption,
    LongitudeOption,
    MaskOption,
    MinFaceOption,
    ProfileOption,
    RegionOption,
    TimeZoneOption,
    TransportOption,
    WatchlistOption,
    camera_of,
    decoding_fields,
    place_fields,
    viewing_fields,
)
from sightline.cli.camera_view import show_camera, show_cameras, show_status
from sightline.cli.client import CALL_SECONDS, ask, watchlist_id
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption
from sightline.cli.private_files import write_private
from sightline.v1 import camera_service_pb2 as pb

T = TypeVar("T")

_STATE_DIR = Path(".sightline")
_SOURCE_HELP = "rtsp, rtsps, http, https, v4l2 or file URL, or the path of a video or of a folder of pictures."
SourceOption = Annotated[str | None, typer.Option(help=_SOURCE_HELP)]
CameraArgument = Annotated[str, typer.Argument(help="Id or name.")]

app = typer.Typer(help="Cameras and video files that are watched.", no_args_is_help=True)


@app.command()
def add(
    name: str,
    source: Annotated[str, typer.Argument(help=_SOURCE_HELP)],
    location: LocationOption = None,
    latitude: LatitudeOption = None,
    longitude: LongitudeOption = None,
    username: UsernameOption = None,
    password_file: PasswordFileOption = None,
    certificate: CertificateOption = None,
    fps: FpsOption = None,
    min_face: MinFaceOption = None,
    profile: ProfileOption = None,
    watchlist: WatchlistOption = None,
    region: RegionOption = None,
    mask: MaskOption = None,
    hours: HoursOption = None,
    time_zone: TimeZoneOption = None,
    rtsp_transport: TransportOption = None,
    motion_gate: GateOption = None,
    keyframes_only: KeyframesOption = None,
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Add a camera, a video file or a folder of pictures; `start` begins to watch it."""
    fields = {
        **place_fields(name, source, location, latitude, longitude),
        **viewing_fields(fps, min_face, profile, region, mask, hours, time_zone),
        **decoding_fields(rtsp_transport, motion_gate, keyframes_only),
        **certificate_fields(certificate),
        "watchlist_ids": _watchlist_ids(state_dir, watchlist),
    }
    login = read_login(username, password_file)
    request = pb.CreateCameraRequest(camera=camera_of(fields), credentials=login)
    answer = ask(state_dir, "cameras", lambda cameras: cameras.CreateCamera(request, timeout=CALL_SECONDS))
    show_camera(answer.camera, json=json)


@app.command()
def update(
    camera: CameraArgument,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    source: SourceOption = None,
    location: LocationOption = None,
    latitude: LatitudeOption = None,
    longitude: LongitudeOption = None,
    username: UsernameOption = None,
    password_file: PasswordFileOption = None,
    certificate: CertificateOption = None,
    fps: FpsOption = None,
    min_face: MinFaceOption = None,
    profile: ProfileOption = None,
    watchlist: WatchlistOption = None,
    region: RegionOption = None,
    mask: MaskOption = None,
    hours: HoursOption = None,
    time_zone: TimeZoneOption = None,
    rtsp_transport: TransportOption = None,
    motion_gate: GateOption = None,
    keyframes_only: KeyframesOption = None,
    clear: Annotated[
        list[str] | None,
        typer.Option(help="A field to unset, such as privacy_masks, schedule or credentials; again for more."),
    ] = None,
    etag: Annotated[str, typer.Option(help="Only if the camera is still in this state; `show` says which.")] = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Change a camera, also while it is watched; what is not given stays, areas and hours that are replace all."""
    fields = {
        **place_fields(name, source, location, latitude, longitude),
        **viewing_fields(fps, min_face, profile, region, mask, hours, time_zone),
        **decoding_fields(rtsp_transport, motion_gate, keyframes_only),
        **certificate_fields(certificate),
        "watchlist_ids": _watchlist_ids(state_dir, watchlist),
    }
    login = read_login(username, password_file)
    paths = [field for field, value in fields.items() if value is not None] + (["credentials"] if login else [])
    request = pb.UpdateCameraRequest(
        changes=camera_of(fields),
        credentials=login,
        update_mask=FieldMask(paths=[*paths, *(clear or ())]),
        etag=etag,
    )
    answer = _ask_of(state_dir, camera, request, lambda cameras: cameras.UpdateCamera)
    show_camera(answer.camera, json=json)


@app.command("list")
def list_cameras(state_dir: StateDirOption = _STATE_DIR, json: JsonOption = False) -> None:
    """Show every camera, and how it does."""
    show_cameras(ask(state_dir, "cameras", _all), json=json)


@app.command()
def show(camera: CameraArgument, state_dir: StateDirOption = _STATE_DIR, json: JsonOption = False) -> None:
    """Show all that is set of a camera."""
    answer = _ask_of(state_dir, camera, pb.GetCameraRequest(), lambda cameras: cameras.GetCamera)
    show_camera(answer.camera, json=json)


@app.command()
def start(
    camera: CameraArgument,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Begin to watch a camera."""
    request = pb.StartCameraRequest(purpose=purpose, case_reference=case)
    answer = _ask_of(state_dir, camera, request, lambda cameras: cameras.StartCamera)
    show_status(answer.status, json=json)
    if answer.status.state == pb.CAMERA_STATE_SUSPENDED and answer.status.reason.reason != "OUT_OF_HOURS":
        typer.echo(f"it stays suspended: `sightline cameras resume {camera}`, once you know why", err=True)


@app.command()
def stop(camera: CameraArgument, state_dir: StateDirOption = _STATE_DIR, json: JsonOption = False) -> None:
    """Stop watching a camera."""
    answer = _ask_of(state_dir, camera, pb.StopCameraRequest(), lambda cameras: cameras.StopCamera)
    show_status(answer.status, json=json)


@app.command()
def suspend(
    camera: CameraArgument,
    message: Annotated[str, typer.Option(help="Why, in a sentence: `status` shows it.")],
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Have a camera watched no more until it is resumed, whatever its hours say; `start` does not lift it."""
    request = pb.SuspendCameraRequest(reason=pb.SUSPENSION_REASON_ON_REQUEST, message=message)
    answer = _ask_of(state_dir, camera, request, lambda cameras: cameras.SuspendCamera)
    show_status(answer.status, json=json)


@app.command()
def resume(
    camera: CameraArgument,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Have a suspended camera watched again: one with too many false alarms, or alerts, once you know why."""
    request = pb.ResumeCameraRequest(purpose=purpose, case_reference=case)
    answer = _ask_of(state_dir, camera, request, lambda cameras: cameras.ResumeCamera)
    show_status(answer.status, json=json)


@app.command()
def status(camera: CameraArgument, state_dir: StateDirOption = _STATE_DIR, json: JsonOption = False) -> None:
    """Show how a camera does."""
    answer = _ask_of(state_dir, camera, pb.GetCameraStatusRequest(), lambda cameras: cameras.GetCameraStatus)
    show_status(answer.status, json=json)


@app.command()
def snapshot(
    camera: CameraArgument,
    out: Annotated[Path, typer.Option(help="JPEG file to write, for your eyes alone.")],
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
) -> None:
    """Save what a camera sees now, its privacy masks painted over, for setting it up; takes the role camera_setup."""
    request = pb.GetSnapshotRequest(purpose=purpose, case_reference=case)
    answer = _ask_of(state_dir, camera, request, lambda cameras: cameras.GetSnapshot)
    try:
        write_private(out, answer.image)
    except OSError as error:
        raise FailedPrecondition("SNAPSHOT_NOT_WRITTEN", f"{out} cannot be written: {error.strerror}") from error
    typer.echo(f"wrote {out}")


@app.command()
def delete(camera: CameraArgument, state_dir: StateDirOption = _STATE_DIR) -> None:
    """Delete a camera and its password; what it saw stays."""
    _ask_of(state_dir, camera, pb.DeleteCameraRequest(), lambda cameras: cameras.DeleteCamera)
    typer.echo("deleted")


def _ask_of(state_dir: Path, camera: str, request: Any, rpc: Callable[[Any], Callable[..., Awaitable[T]]]) -> T:
    """Send the request about one camera, by id or name, and give the answer."""

    async def work(cameras: Any) -> T:
        request.camera_id = await _id(cameras, camera)
        return await rpc(cameras)(request, timeout=CALL_SECONDS)

    return ask(state_dir, "cameras", work)


async def _all(cameras: Any) -> list[tuple[pb.Camera, pb.CameraStatus]]:
    found: list[tuple[pb.Camera, pb.CameraStatus]] = []
    request = pb.ListCamerasRequest()
    while True:
        answer = await cameras.ListCameras(request, timeout=CALL_SECONDS)
        found += zip(answer.cameras, answer.statuses, strict=True)
        if not answer.next_page_token:
            return found
        request.page_token = answer.next_page_token


async def _id(cameras: Any, camera: str) -> str:
    """Find a camera by id or name. Raises NotFound CAMERA_NOT_FOUND, InvalidInput CAMERA_AMBIGUOUS."""
    if is_id(camera):
        return camera
    found = [each.id for each, _ in await _all(cameras) if each.name == camera]
    if len(found) > 1:
        raise InvalidInput(
            "CAMERA_AMBIGUOUS",
            f"{len(found)} cameras are named {camera}; give the id, as `sightline cameras list` shows it",
        )
    if not found:
        raise NotFound("CAMERA_NOT_FOUND", f"there is no camera {camera}; see `sightline cameras list`")
    return found[0]


def _watchlist_ids(state_dir: Path, watchlists: list[str] | None) -> list[str] | None:
    return [watchlist_id(state_dir, each) for each in watchlists] if watchlists else None
