"""Who we are to an object store: a file as AWS' and MinIO's tools write it."""

from __future__ import annotations

import configparser
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition

if TYPE_CHECKING:
    from pathlib import Path

_OPEN_TO_THE_WORLD = 0o007


@dataclass(frozen=True, repr=False)
class S3Credentials:
    """A key of the store. It never shows: not in a log, an error or an argument list."""

    key_id: str
    secret: str
    session_token: str = ""

    def __repr__(self) -> str:
        return "S3Credentials(***)"


def read_credentials(path: Path) -> S3Credentials:
    """Read the profile `default`.

    Raises:
        FailedPrecondition: S3_CREDENTIALS_INVALID, the file is missing, open to others, or something else.
    """
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(_text(path))
        profile = parser["default"]
        return S3Credentials(
            profile["aws_access_key_id"], profile["aws_secret_access_key"], profile.get("aws_session_token", "")
        )
    except (configparser.Error, KeyError, UnicodeDecodeError):
        # The cause is not kept: a parser's error repeats the line.
        raise _invalid(
            path, "must hold a [default] with aws_access_key_id and aws_secret_access_key, each on a line of its own"
        ) from None


def _text(path: Path) -> str:
    """The file's text, from the very file whose mode was looked at."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OPEN_TO_THE_WORLD:
                raise _invalid(path, "may be opened by every user of this machine: `chmod o-rwx` it")
            return file.read().decode()
    except OSError as error:
        raise _invalid(path, f"cannot be read ({error.strerror})") from error


def _invalid(path: Path, what: str) -> FailedPrecondition:
    return FailedPrecondition("S3_CREDENTIALS_INVALID", f"{path}, which SIGHTLINE_S3_CREDENTIALS_FILE names, {what}.")
