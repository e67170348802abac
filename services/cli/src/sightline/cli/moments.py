"""Times as the command prints them."""

from google.protobuf.timestamp_pb2 import Timestamp


def moment(stamp: Timestamp, *, absent: str) -> str:
    """Give a time to the second, in UTC; `absent` where there is none."""
    return f"{stamp.ToDatetime():%Y-%m-%d %H:%M:%S}" if stamp.ByteSize() else absent
