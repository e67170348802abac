"""What goes wrong with a Qdrant server, as our own errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from qdrant_client.http.exceptions import ApiException

from sightline.chassis.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def answering() -> Iterator[None]:
    """Raises Unavailable QDRANT_UNAVAILABLE for what the client raises where the server does not answer."""
    try:
        yield
    except (ApiException, OSError) as error:
        raise Unavailable(
            "QDRANT_UNAVAILABLE", "Qdrant does not answer: is it running at SIGHTLINE_QDRANT_URL?"
        ) from error
