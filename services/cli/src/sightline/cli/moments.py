"""Times as the command prints them."""

import time

from google.protobuf.timestamp_pb2 import Timestamp

from sightline.cli.duration import parse_duration


def moment(stamp: Timestamp, *, absent: str) -> str:
    """Give a time to the second, in UTC; `absent` where there is none."""
    return f"{stamp.ToDatetime():%Y-%m-%d %H:%M:%S}" if stamp.ByteSize() else absent


def moment_ago(duration: str) -> Timestamp:
    """Give the moment that lies so far back: 90d, 12h, 30m. Raises InvalidInput DURATION_INVALID."""
    stamp = Timestamp()
    stamp.FromSeconds(int(time.time() - parse_duration(duration).total_seconds()))
    return stamp
