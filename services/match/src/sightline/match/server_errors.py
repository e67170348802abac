"""What goes wrong with a Qdrant server, as our own errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from sightline.chassis.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

_REFUSALS = (401, 403)


@contextmanager
def answering() -> Iterator[None]:
    """Raises Unavailable for what the client raises: QDRANT_UNAVAILABLE, QDRANT_KEY_REFUSED."""
    try:
        yield
    except (ApiException, OSError) as error:
        if isinstance(error, UnexpectedResponse) and error.status_code in _REFUSALS:
            raise Unavailable(
                "QDRANT_KEY_REFUSED",
                "Qdrant does not take the key that match has: give both the same, in qdrant.key of the secrets or in "
                "SIGHTLINE_QDRANT_API_KEY and in Qdrant's QDRANT__SERVICE__API_KEY.",
            ) from error
        raise Unavailable(
            "QDRANT_UNAVAILABLE", "Qdrant does not answer: is it running at SIGHTLINE_QDRANT_URL?"
        ) from error
