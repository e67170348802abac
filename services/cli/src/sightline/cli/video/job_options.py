"""Options that searches of a video and detections of faces in it share."""

from typing import Annotated

import typer

from sightline.cli.camera_options import Profile

FileArgument = Annotated[
    str, typer.Argument(help="A video here, which is sent; file:///… in a folder of the services; s3://bucket/key.")
]
FpsOption = Annotated[float, typer.Option(help="Frames looked at per second of video; 0: 3.")]
MinFaceOption = Annotated[int, typer.Option(help="Smallest face wanted, pixels; 0: the pack's own.")]
ProfileOption = Annotated[Profile, typer.Option(help="How frames are searched for faces.")]
DetachOption = Annotated[bool, typer.Option("--detach", help="Print the job's id, and do not wait.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Until it has ended.")]
