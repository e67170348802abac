"""`sightline video`: who is in stored video, and when; and where faces are in it."""

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.enum_names import enum_word
from sightline.chassis.errors import FailedPrecondition, SightlineError
from sightline.cli.camera_options import Profile
from sightline.cli.client import CALL_SECONDS, ask, every_page, watchlist_id
from sightline.cli.moments import moment
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.cli.video.calls import results
from sightline.cli.video.clock import clock
from sightline.cli.video.detection import detect, faces
from sightline.cli.video.job_options import (
    DetachOption,
    FileArgument,
    FpsOption,
    MinFaceOption,
    ProfileOption,
    WaitOption,
)
from sightline.cli.video.progress import detects, finds
from sightline.cli.video.report import write_report
from sightline.cli.video.running import exit_if_failed, started, wait
from sightline.cli.video.timeline import print_timeline
from sightline.v1 import gallery_service_pb2 as gallery_pb
from sightline.v1 import video_job_service_pb2 as pb

app = typer.Typer(help="Who is in stored video, and when; and where faces are in it.", no_args_is_help=True)

HtmlOption = Annotated[Path | None, typer.Option(help="File for the results as a page with pictures.")]


class Order(StrEnum):
    """How results are sorted."""

    TIME = "time"
    PERSON = "person"


OrderOption = Annotated[Order, typer.Option(help="By first appearance, or by name.")]
_ORDERS = {Order.TIME: pb.VIDEO_PERSON_ORDER_TIME, Order.PERSON: pb.VIDEO_PERSON_ORDER_PERSON}
_COLUMNS = ("id", "name", "state", "looked at", "seen", "asked, UTC")


@app.command()
def search(
    file: FileArgument,
    watchlist: Annotated[list[str], typer.Option(help="Whose people are looked for: name or id; again for more.")],
    fps: FpsOption = 0,
    min_face: MinFaceOption = 0,
    profile: ProfileOption = Profile.DEFAULT,
    order: OrderOption = Order.TIME,
    html: HtmlOption = None,
    detach: DetachOption = False,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Look for the people of watchlists in a video; Ctrl-C leaves the search running."""
    request = pb.StartVideoJobRequest(
        name=Path(file).name,
        watchlist_ids=[watchlist_id(state_dir, each) for each in watchlist],
        sample_fps=fps,
        min_face_px=min_face,
        detection_profile=profile.number,
        purpose=purpose,
        case_reference=case,
    )
    job = asyncio.run(started(state_dir, request, file, quiet=json))
    if detach:
        typer.echo(job.id)
        return
    wait(state_dir, job.id, "show", quiet=json)
    _tell(state_dir, _request(job.id, order, purpose, case), html, json=json)


app.command()(detect)
app.command()(faces)


@app.command("list")
def list_jobs(state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Show the searches and detections, the newest first."""
    request = pb.ListVideoJobsRequest(page_size=200)
    jobs = ask(state_dir, "videos", lambda videos: every_page(videos.ListVideoJobs, request, "jobs"))
    if json:
        print_json([as_dict(job) for job in jobs])
    else:
        print_table(_COLUMNS, map(_facts, jobs), empty="no jobs")


@app.command()
def show(
    job: Annotated[str, typer.Argument(help="Id of the search.")],
    until_ended: WaitOption = False,
    order: OrderOption = Order.TIME,
    html: HtmlOption = None,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show who was found; of a search that still runs, so far."""
    if until_ended:
        wait(state_dir, job, "show", quiet=json)
    _tell(state_dir, _request(job, order, purpose, case), html, json=json)


@app.command()
def cancel(job: str, state_dir: StateDirOption = Path(".sightline")) -> None:
    """Stop a search or a detection; what it has found stays."""
    request = pb.CancelVideoJobRequest(job_id=job)
    answer = ask(state_dir, "videos", lambda videos: videos.CancelVideoJob(request, timeout=CALL_SECONDS))
    typer.echo(_state(answer.job))


@app.command()
def delete(
    job: str, purpose: PurposeOption = "", case: CaseOption = "", state_dir: StateDirOption = Path(".sightline")
) -> None:
    """Stop a search or a detection, and forget it with its results."""
    request = pb.DeleteVideoJobRequest(job_id=job, purpose=purpose, case_reference=case)
    ask(state_dir, "videos", lambda videos: videos.DeleteVideoJob(request, timeout=CALL_SECONDS))
    typer.echo("deleted")


def _request(job_id: str, order: Order, purpose: str, case: str) -> pb.GetVideoJobResultsRequest:
    return pb.GetVideoJobResultsRequest(job_id=job_id, order=_ORDERS[order], purpose=purpose, case_reference=case)


def _tell(state: Path, request: pb.GetVideoJobResultsRequest, html: Path | None, *, json: bool) -> None:
    """Print the results, and write the page. Exit code 1 where the search failed.

    Raises:
        FailedPrecondition: JOB_IS_DETECTION.
    """
    if html:
        request.thumbnails = pb.VIDEO_THUMBNAILS_BEST
    found = ask(state, "videos", lambda videos: results(videos, request))
    if detects(found.job):
        raise FailedPrecondition(
            "JOB_IS_DETECTION",
            f"this job says where faces are, and looks for nobody; `sightline video faces {found.job.id}` lists them",
        )
    if json:
        print_json(as_dict(found))
    elif found.persons or found.job.state != pb.VIDEO_JOB_STATE_FAILED:
        length = found.job.progress.media_duration_seconds or found.job.progress.media_seconds
        print_timeline(found.persons, length)
    if html:
        write_report(html, found, _names(state, found.job.watchlist_ids))
        typer.echo(f"written: {html}", err=True)
    exit_if_failed(found.job)


def _names(state: Path, ids: Iterable[str]) -> dict[str, str]:
    """Names of watchlists; those that cannot be had any more keep their ids."""

    async def work(gallery: Any) -> dict[str, str]:
        request = gallery_pb.ListWatchlistsRequest(page_size=200)
        found = await every_page(gallery.ListWatchlists, request, "watchlists")
        return {each.id: each.name for each in found if each.id in ids}

    try:
        return ask(state, "gallery", work)
    except SightlineError:
        return {}


def _facts(job: pb.VideoJob) -> tuple[object, ...]:
    at = job.progress
    whole = f" of {clock(at.media_duration_seconds)}" if at.media_duration_seconds else ""
    asked = moment(job.create_time, absent="")
    return job.id, job.name, _state(job), f"{clock(at.media_seconds)}{whole}", finds(job), asked


def _state(job: pb.VideoJob) -> str:
    state = enum_word(pb.VideoJobState, job.state)
    return f"{state} ({job.problem.reason})" if job.problem.reason else state
