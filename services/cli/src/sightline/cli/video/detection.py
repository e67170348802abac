"""`sightline video detect` and `faces`: where faces are in stored video, whosever they are."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.errors import FailedPrecondition
from sightline.cli.camera_options import Profile
from sightline.cli.client import ask
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import as_dict, print_json_line, print_table
from sightline.cli.video.calls import face_pages
from sightline.cli.video.face_rows import COLUMNS, row
from sightline.cli.video.job_options import (
    DetachOption,
    FileArgument,
    FpsOption,
    MinFaceOption,
    ProfileOption,
    WaitOption,
)
from sightline.cli.video.running import exit_if_failed, started, wait
from sightline.v1 import video_job_service_pb2 as pb

LinesOption = Annotated[bool, typer.Option("--json", help="JSON for programs, a face a line, instead of tables.")]


def detect(
    file: FileArgument,
    fps: FpsOption = 0,
    min_face: MinFaceOption = 0,
    profile: ProfileOption = Profile.DEFAULT,
    detach: DetachOption = False,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: LinesOption = False,
) -> None:
    """Say where faces are in a video, whosever they are; nobody is looked for. Ctrl-C leaves it running."""
    request = pb.StartVideoDetectionRequest(
        name=Path(file).name,
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
    wait(state_dir, job.id, "faces", quiet=json)
    _tell(state_dir, pb.ListVideoJobFacesRequest(job_id=job.id, purpose=purpose, case_reference=case), json=json)


def faces(
    job: Annotated[str, typer.Argument(help="Id of the detection.")],
    until_ended: WaitOption = False,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: LinesOption = False,
) -> None:
    """Show the faces that a detection found, in ratios of the frame; of one that still runs, so far."""
    if until_ended:
        wait(state_dir, job, "faces", quiet=json)
    _tell(state_dir, pb.ListVideoJobFacesRequest(job_id=job, purpose=purpose, case_reference=case), json=json)


def _tell(state: Path, request: pb.ListVideoJobFacesRequest, *, json: bool) -> None:
    """Print the faces. Exit code 1 where the job failed. Raises FailedPrecondition JOB_IS_SEARCH."""
    exit_if_failed(ask(state, "videos", lambda videos: tell_pages(videos, request, json=json)))


async def tell_pages(videos: Any, request: pb.ListVideoJobFacesRequest, *, json: bool) -> pb.VideoJob:
    """Print the faces page by page, as hours of video have some hundred thousand, and give the job.

    Args:
        videos: the stub.
        request: for the first page.
        json: a line for each face, instead of a table for each page.

    Raises:
        FailedPrecondition: JOB_IS_SEARCH.
    """
    job = pb.VideoJob()
    async for page in face_pages(videos, request):
        job = page.job
        if job.kind != pb.VIDEO_JOB_KIND_DETECTION:
            raise FailedPrecondition(
                "JOB_IS_SEARCH",
                f"this job looks for people, and keeps of nobody else where they were; `sightline video show {job.id}` "
                "shows who was found, `sightline video detect` lists the faces of a video",
            )
        if json:
            for each in page.faces:
                print_json_line(as_dict(each))
        else:
            print_table(COLUMNS, map(row, page.faces), empty="no faces were found")
    return job
