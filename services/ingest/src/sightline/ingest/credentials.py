"""Who a camera lets in: the user and password that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sightline.v1 import records_pb2


@dataclass(frozen=True, repr=False)
class Credentials:
    """User and password of one source. They never show: not in a log, an error, an argument list or a URL."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(***)"

    def __bool__(self) -> bool:
        return bool(self.username or self.password)


NO_CREDENTIALS = Credentials("", "")


class CredentialBook(Protocol):
    """Opens what is stored sealed."""

    async def credentials_of(self, record: records_pb2.CameraRecord) -> Credentials:
        """The credentials of a camera; `NO_CREDENTIALS` where it has none.

        Raises:
            SightlineError: they cannot be opened; the message says what to do.
        """


class NothingSealed:
    """A CredentialBook for cameras without credentials."""

    async def credentials_of(self, record: records_pb2.CameraRecord) -> Credentials:  # noqa: ARG002 - of the port
        """See CredentialBook."""
        return NO_CREDENTIALS
