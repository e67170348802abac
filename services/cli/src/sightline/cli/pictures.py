"""Pictures that the user names."""

from pathlib import Path

from sightline.chassis.errors import InvalidInput, NotFound
from sightline.v1 import face_pb2

MAX_BYTES = 20_000_000


def read_picture(path: Path) -> face_pb2.Image:
    """Read a picture file; whether it is one, the service says.

    Raises:
        NotFound: FILE_NOT_FOUND.
        InvalidInput: IMAGE_EMPTY or IMAGE_TOO_LARGE.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise NotFound("FILE_NOT_FOUND", f"{path} cannot be read ({error.strerror}); check the path") from error
    if size > MAX_BYTES:
        raise InvalidInput("IMAGE_TOO_LARGE", f"{path} has {size:,} bytes; give a picture of at most 20 MB")
    if not data:
        raise InvalidInput("IMAGE_EMPTY", f"{path} is empty; give a picture")
    return face_pb2.Image(encoded=data)
