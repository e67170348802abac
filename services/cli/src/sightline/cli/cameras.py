"""`sightline cameras`: what is watched."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from sightline.chassis.errors import InvalidInput, NotFound
from sightline.chassis.ids import is_id
from sightline.cli.client import CALL_SECONDS, ask, every_page, watchlist_id
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
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


app = typer.Typer(help="Cameras and video files that are watched.", no_args_is_help=True)


@app.command()
def add(
    name: str,
    source: Annotated[str, typer.Argument(help="rtsp, rtsps, http, https or file URL, or the path of a video.")],
    location: Annotated[str, typer.Option(help="Where it hangs.")] = "",
    fps: Annotated[float, typer.Option(help="Frames looked at per second; 0: 3.")] = 0,
    min_face: Annotated[int, typer.Option(help="Smallest face wanted, pixels; 0: the pack's own.")] = 0,
    profile: Annotated[Profile, typer.Option(help="How frames are searched for faces.")] = Profile.DEFAULT,
    watchlist: Annotated[list[str] | None, typer.Option(help="Watchlists to match; none: all.")] = None,
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Add a camera or a video file; `start` begins to watch it."""
    camera = pb.Camera(
        name=name,
        location=location,
        source_url=source_url(source),
        sample_fps=fps,
        min_face_px=min_face,
        detection_profile=profile.number,
        watchlist_ids=[watchlist_id(state_dir, each) for each in watchlist or ()],
    )
    request = pb.CreateCameraRequest(camera=camera)
    answer = ask(state_dir, "cameras", lambda cameras: cameras.CreateCamera(request, timeout=CALL_SECONDS))
    _show([answer.camera], json=json, one=True)


@app.command("list")
def list_cameras(state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Show every camera."""
    _show(ask(state_dir, "cameras", _all), json=json, one=False)


@app.command()
def start(
    camera: str,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Begin to watch a camera, by id or name."""

    async def work(cameras: Any) -> pb.CameraStatus:
        request = pb.StartCameraRequest(camera_id=await _id(cameras, camera), purpose=purpose, case_reference=case)
        answer = await cameras.StartCamera(request, timeout=CALL_SECONDS)
        return cast("pb.CameraStatus", answer.status)

    _show_status(ask(state_dir, "cameras", work), json=json)


@app.command()
def stop(camera: str, state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Stop watching a camera."""

    async def work(cameras: Any) -> pb.CameraStatus:
        request = pb.StopCameraRequest(camera_id=await _id(cameras, camera))
        answer = await cameras.StopCamera(request, timeout=CALL_SECONDS)
        return cast("pb.CameraStatus", answer.status)

    _show_status(ask(state_dir, "cameras", work), json=json)


@app.command()
def status(camera: str, state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Show how a camera does."""

    async def work(cameras: Any) -> pb.CameraStatus:
        request = pb.GetCameraStatusRequest(camera_id=await _id(cameras, camera))
        answer = await cameras.GetCameraStatus(request, timeout=CALL_SECONDS)
        return cast("pb.CameraStatus", answer.status)

    _show_status(ask(state_dir, "cameras", work), json=json)


@app.command()
def delete(camera: str, state_dir: StateDirOption = Path(".sightline")) -> None:
    """Delete a camera; what it saw stays."""

    async def work(cameras: Any) -> None:
        request = pb.DeleteCameraRequest(camera_id=await _id(cameras, camera))
        await cameras.DeleteCamera(request, timeout=CALL_SECONDS)

    ask(state_dir, "cameras", work)
    typer.echo("deleted")


def source_url(source: str) -> str:
    """Give the URL of a source; a plain path becomes a file URL."""
    return source if re.match(r"[a-z]+:", source, re.IGNORECASE) else Path(source).resolve().as_uri()


async def _all(cameras: Any) -> list[pb.Camera]:
    return await every_page(cameras.ListCameras, pb.ListCamerasRequest(), "cameras")


async def _id(cameras: Any, camera: str) -> str:
    """Find a camera by id or name. Raises NotFound CAMERA_NOT_FOUND, InvalidInput CAMERA_AMBIGUOUS."""
    if is_id(camera):
        return camera
    found = [each.id for each in await _all(cameras) if each.name == camera]
    if len(found) > 1:
        raise InvalidInput("CAMERA_AMBIGUOUS", f"{len(found)} cameras are named {camera}; give the id")
    if not found:
        raise NotFound("CAMERA_NOT_FOUND", f"there is no camera {camera}; see `sightline cameras list`")
    return found[0]


def _show(cameras: list[pb.Camera], *, json: bool, one: bool) -> None:
    if json:
        print_json(as_dict(cameras[0]) if one else [as_dict(each) for each in cameras])
        return
    rows = ((each.id, each.name, each.location, each.source_url) for each in cameras)
    print_table(("id", "name", "location", "source"), rows, empty="there is no camera; add one with `cameras add`")


def state_name(status: pb.CameraStatus) -> str:
    """Give the state in one word."""
    return pb.CameraState.Name(status.state).removeprefix("CAMERA_STATE_").lower()


def _show_status(status: pb.CameraStatus, *, json: bool) -> None:
    if json:
        print_json(as_dict(status))
        return
    facts = [("state", state_name(status)), ("frames", status.frames_detected), ("dropped", status.frames_dropped)]
    facts += [("faces", status.faces), ("tracks", status.tracks), ("shots", status.shots)]
    if status.reason.reason:
        facts.append(("reason", f"{status.reason.reason}: {status.reason.message}"))
    print_table(("what", "value"), facts, empty="")
