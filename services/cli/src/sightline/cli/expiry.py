"""Ends, as people say them: after how long, or never."""

import time
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from sightline.cli.duration import parse_duration

ExpiresOption = Annotated[
    str | None,
    typer.Option(help="After how long it ends and is deleted: 90d, 12h, 30m; or never, if the policy allows it."),
]
NEVER = "never"


def expire_time(expires: str) -> Timestamp | None:
    """Give the moment; None for never. Raises InvalidInput DURATION_INVALID."""
    if expires == NEVER:
        return None
    stamp = Timestamp()
    stamp.FromSeconds(int(time.time() + parse_duration(expires).total_seconds()))
    return stamp
