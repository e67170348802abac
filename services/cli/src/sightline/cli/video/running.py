"""A job as its user sees it: the video is sent, the job is waited for, and why it failed is said."""

from pathlib import Path
from typing import Any

import typer

from sightline.cli.client import CALL_SECONDS, ask, opened
from sightline.cli.output import print_error
from sightline.cli.video.calls import size_bytes, until_ended, upload
from sightline.cli.video.progress import reading, uploading
from sightline.v1 import video_job_service_pb2 as pb

Asked = pb.StartVideoJobRequest | pb.StartVideoDetectionRequest


async def started(state: Path, request: Asked, file: str, *, quiet: bool) -> pb.VideoJob:
    """Queue a job, with its video: a file here is sent first.

    Raises:
        InvalidInput: VIDEO_FILE_MISSING.
        SightlineError: what the service answered, or that it did not.
    """
    async with opened(state, "videos") as videos:
        if file.startswith(("file:", "s3:")):
            request.source_url = file
        else:
            path = Path(file)
            with uploading(path.name, size_bytes(path), quiet=quiet) as told:
                request.upload_id = await upload(videos, path, told)
        is_search = isinstance(request, pb.StartVideoJobRequest)
        start = videos.StartVideoJob if is_search else videos.StartVideoDetection
        job: pb.VideoJob = (await start(request, timeout=CALL_SECONDS)).job
        return job


def wait(state: Path, job_id: str, command: str, *, quiet: bool) -> None:
    """Until a job has ended.

    Args:
        state: the folder of the local system.
        job_id: of the job.
        command: of `sightline video`, which shows what was found.
        quiet: without a line that says how far it is.

    Raises:
        Exit: somebody interrupts.
    """

    async def look(videos: Any) -> None:
        with reading(quiet=quiet) as told:
            await until_ended(videos, job_id, told)

    try:
        ask(state, "videos", look)
    except KeyboardInterrupt:
        typer.echo(
            f"the job goes on: `sightline video {command} --wait {job_id}` waits for it, "
            f"`sightline video cancel {job_id}` stops it",
            err=True,
        )
        raise typer.Exit(130) from None


def exit_if_failed(job: pb.VideoJob) -> None:
    """Say why a job failed, if it did. Raises Exit with code 1."""
    if job.state == pb.VIDEO_JOB_STATE_FAILED:
        print_error(job.problem.reason, job.problem.message)
        raise typer.Exit(1)
