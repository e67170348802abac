"""How far an upload or a job has come, in a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from sightline.cli.video.clock import clock
from sightline.v1 import video_job_service_pb2 as pb

_MB = 1e6
_DOES = {False: "searching", True: "detecting"}


@contextmanager
def uploading(name: str, size_bytes: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """While a file is sent; gives what is told of each piece's bytes."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
        task = progress.add_task(f"sending {name}", total=size_bytes)
        yield lambda sent: progress.advance(task, sent)


@contextmanager
def reading(*, quiet: bool) -> Iterator[Callable[[pb.VideoJob], None]]:
    """While a job runs; gives what is told how it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[at]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
        task = progress.add_task("waiting", total=None, at="")

        yield lambda job: progress.update(task, **shown(job))


def shown(job: pb.VideoJob) -> dict[str, Any]:
    """What its line says while it waits, is fetched, and is read."""
    at = job.progress
    if at.fetched_bytes < at.fetch_bytes:
        share = f"{at.fetched_bytes / _MB:.0f} of {at.fetch_bytes / _MB:.0f} MB"
        return {"description": "fetching", "total": at.fetch_bytes, "completed": at.fetched_bytes, "at": share}
    return {
        "description": "waiting for room" if job.state == pb.VIDEO_JOB_STATE_QUEUED else _DOES[detects(job)],
        "total": at.media_duration_seconds or None,
        "completed": at.media_seconds,
        "at": f"{clock(at.media_seconds)} of video, {at.frames} frames, {finds(job)}",
    }


def finds(job: pb.VideoJob) -> str:
    """How much, in words: faces of a detection, appearances of a search."""
    return f"{job.progress.faces} faces" if detects(job) else f"{job.progress.tracks} appearances"


def detects(job: pb.VideoJob) -> bool:
    """Whether it says where faces are, and looks for nobody."""
    return job.kind == pb.VIDEO_JOB_KIND_DETECTION
