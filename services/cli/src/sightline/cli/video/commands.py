"""`sightline video`: who is in stored video, and when."""

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.enum_names import enum_word
from sightline.chassis.errors import SightlineError
from sightline.cli.camera_options import Profile
from sightline.cli.client import CALL_SECONDS, ask, every_page, opened, watchlist_id
from sightline.cli.moments import moment
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_error, print_json, print_table
from sightline.cli.video.calls import results, size_bytes, until_ended, upload
from sightline.cli.video.clock import clock
from sightline.cli.video.progress import searching, uploading
from sightline.cli.video.report import write_report
from sightline.cli.video.timeline import print_timeline
from sightline.v1 import gallery_service_pb2 as gallery_pb
from sightline.v1 import video_job_service_pb2 as pb

app = typer.Typer(help="Who is in stored video, and when.", no_args_is_help=True)

HtmlOption = Annotated[Path | None, typer.Option(help="File for the results as a page with pictures.")]


class Order(StrEnum):
    """How results are sorted."""

    TIME = "time"
    PERSON = "person"


OrderOption = Annotated[Order, typer.Option(help="By first appearance, or by name.")]
_ORDERS = {Order.TIME: pb.VIDEO_PERSON_ORDER_TIME, Order.PERSON: pb.VIDEO_PERSON_ORDER_PERSON}
_COLUMNS = ("id", "name", "state", "looked at", "appearances", "asked, UTC")


@app.command()
def search(
    file: Annotated[
        str, typer.Argument(help="A video here, which is sent; file:///… in a folder of the services; s3://bucket/key.")
    ],
    watchlist: Annotated[list[str], typer.Option(help="Whose people are looked for: name or id; again for more.")],
    fps: Annotated[float, typer.Option(help="Frames looked at per second of video; 0: 3.")] = 0,
    min_face: Annotated[int, typer.Option(help="Smallest face wanted, pixels; 0: the pack's own.")] = 0,
    profile: Annotated[Profile, typer.Option(help="How frames are searched for faces.")] = Profile.DEFAULT,
    order: OrderOption = Order.TIME,
    html: HtmlOption = None,
    detach: Annotated[bool, typer.Option("--detach", help="Print the job's id, and do not wait.")] = False,
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
    job = asyncio.run(_start(state_dir, request, file, quiet=json))
    if detach:
        typer.echo(job.id)
        return
    _wait(state_dir, job.id, quiet=json)
    _tell(state_dir, _request(job.id, order, purpose, case), html, json=json)


@app.command("list")
def list_jobs(state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Show the searches, the newest first."""
    request = pb.ListVideoJobsRequest(page_size=200)
    jobs = ask(state_dir, "videos", lambda videos: every_page(videos.ListVideoJobs, request, "jobs"))
    if json:
        print_json([as_dict(job) for job in jobs])
    else:
        print_table(_COLUMNS, map(_facts, jobs), empty="no searches")


@app.command()
def show(
    job: Annotated[str, typer.Argument(help="Id of the search.")],
    wait: Annotated[bool, typer.Option("--wait", help="Until it has ended.")] = False,
    order: OrderOption = Order.TIME,
    html: HtmlOption = None,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show who was found; of a search that still runs, so far."""
    if wait:
        _wait(state_dir, job, quiet=json)
    _tell(state_dir, _request(job, order, purpose, case), html, json=json)


@app.command()
def cancel(job: str, state_dir: StateDirOption = Path(".sightline")) -> None:
    """Stop a search; what it has found stays."""
    request = pb.CancelVideoJobRequest(job_id=job)
    answer = ask(state_dir, "videos", lambda videos: videos.CancelVideoJob(request, timeout=CALL_SECONDS))
    typer.echo(_state(answer.job))


@app.command()
def delete(
    job: str, purpose: PurposeOption = "", case: CaseOption = "", state_dir: StateDirOption = Path(".sightline")
) -> None:
    """Stop a search, and forget it with its results."""
    request = pb.DeleteVideoJobRequest(job_id=job, purpose=purpose, case_reference=case)
    ask(state_dir, "videos", lambda videos: videos.DeleteVideoJob(request, timeout=CALL_SECONDS))
    typer.echo("deleted")


async def _start(state: Path, request: pb.StartVideoJobRequest, file: str, *, quiet: bool) -> pb.VideoJob:
    async with opened(state, "videos") as videos:
        if file.startswith(("file:", "s3:")):
            request.source_url = file
        else:
            path = Path(file)
            with uploading(path.name, size_bytes(path), quiet=quiet) as told:
                request.upload_id = await upload(videos, path, told)
        started: pb.VideoJob = (await videos.StartVideoJob(request, timeout=CALL_SECONDS)).job
        return started


def _wait(state: Path, job_id: str, *, quiet: bool) -> None:
    """Until the job has ended. Raises Exit where somebody interrupts."""

    async def look(videos: Any) -> None:
        with searching(quiet=quiet) as told:
            await until_ended(videos, job_id, told)

    try:
        ask(state, "videos", look)
    except KeyboardInterrupt:
        typer.echo(
            f"the search goes on: `sightline video show --wait {job_id}` waits for it, "
            f"`sightline video cancel {job_id}` stops it",
            err=True,
        )
        raise typer.Exit(130) from None


def _request(job_id: str, order: Order, purpose: str, case: str) -> pb.GetVideoJobResultsRequest:
    return pb.GetVideoJobResultsRequest(job_id=job_id, order=_ORDERS[order], purpose=purpose, case_reference=case)


def _tell(state: Path, request: pb.GetVideoJobResultsRequest, html: Path | None, *, json: bool) -> None:
    """Print the results, and write the page. Exit code 1 where the search failed."""
    if html:
        request.thumbnails = pb.VIDEO_THUMBNAILS_BEST
    found = ask(state, "videos", lambda videos: results(videos, request))
    if json:
        print_json(as_dict(found))
    else:
        length = found.job.progress.media_duration_seconds or found.job.progress.media_seconds
        print_timeline(found.persons, length)
    if html:
        write_report(html, found, _names(state, found.job.watchlist_ids))
        typer.echo(f"written: {html}", err=True)
    if found.job.state == pb.VIDEO_JOB_STATE_FAILED:
        print_error(found.job.problem.reason, found.job.problem.message)
        raise typer.Exit(1)


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
    return job.id, job.name, _state(job), f"{clock(at.media_seconds)}{whole}", at.tracks, asked


def _state(job: pb.VideoJob) -> str:
    state = enum_word(pb.VideoJobState, job.state)
    return f"{state} ({job.problem.reason})" if job.problem.reason else state
