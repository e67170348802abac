"""User and password of a camera: asked for, or out of a file; never an argument, which every process here can see."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sightline.chassis.errors import InvalidInput
from sightline.v1 import camera_service_pb2 as pb

UsernameOption = Annotated[str | None, typer.Option(help="User that the camera asks for; its password is asked for.")]
PasswordFileOption = Annotated[
    Path | None, typer.Option(help="File with the password, instead of asking for it; - is standard input.")
]


def read_login(username: str | None, password_file: Path | None) -> pb.CameraCredentials | None:
    """Give user and password; None where neither option was given.

    Raises:
        InvalidInput: PASSWORD_UNREADABLE, or PASSWORD_MISSING where nobody is there to be asked.
    """
    if username is None and password_file is None:
        return None
    password = _ask() if password_file is None else _read(password_file)
    return pb.CameraCredentials(username=username or "", password=password)


def _ask() -> str:
    try:
        return str(typer.prompt("Password of the camera", hide_input=True, err=True, default="", show_default=False))
    except typer.Abort as error:
        if sys.stdin.isatty():
            raise
        message = "there is no terminal to ask for it; give --password-file, - for standard input"
        raise InvalidInput("PASSWORD_MISSING", message) from error


def _read(file: Path) -> str:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("PASSWORD_UNREADABLE", f"{file} cannot be read as text; name another file") from error
    return text.rstrip("\r\n")
