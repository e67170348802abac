"""Who we are to an object store: a file as AWS' and MinIO's tools write it."""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.private_file import private_text

if TYPE_CHECKING:
    from pathlib import Path


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
        parser.read_string(private_text(path, partial(_invalid, path)))
        profile = parser["default"]
        return S3Credentials(
            profile["aws_access_key_id"], profile["aws_secret_access_key"], profile.get("aws_session_token", "")
        )
    except (configparser.Error, KeyError, UnicodeDecodeError):
        # The cause is not kept: a parser's error repeats the line.
        raise _invalid(
            path, "must hold a [default] with aws_access_key_id and aws_secret_access_key, each on a line of its own"
        ) from None


def _invalid(path: Path, what: str) -> FailedPrecondition:
    return FailedPrecondition("S3_CREDENTIALS_INVALID", f"{path}, which SIGHTLINE_S3_CREDENTIALS_FILE names, {what}.")
