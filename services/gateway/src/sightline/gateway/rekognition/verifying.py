"""Who calls, out of a request's signature: the port that the endpoint asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.gateway.rekognition.call import Signer


@dataclass(frozen=True)
class RequestHead:
    """What is signed of a request beside its body.

    Attributes:
        method: `POST`.
        path: as it was sent, still percent-encoded.
        query: what stands behind the question mark, as it was sent; presigned requests are signed there.
        headers: names in lower case, in the order in which they came, repeated ones each time.
    """

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Verified:
    """A caller whose signature fits.

    Attributes:
        bearer: the API key with which the services are called.
        signer: what their calls are for.
    """

    bearer: str
    signer: Signer


class Verifier(Protocol):
    """Tells whose access key signed a request."""

    def admit(self, head: RequestHead) -> None:
        """Whether the request may send its body: its head says whose it is and when it was signed, and it is not late.

        Whoever is refused here would be refused the same with their body.

        Raises:
            AwsError: as `verify`, for all that can be seen without the body.
        """

    async def verify(self, head: RequestHead, body: bytes) -> Verified:
        """The caller.

        Raises:
            AwsError: with AWS's own codes (SignatureDoesNotMatch, UnrecognizedClientException, …).
        """
