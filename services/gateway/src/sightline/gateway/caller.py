"""For whom the gateway calls: it has no rights of its own, and shows the services what its caller showed."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from sightline.chassis.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.chassis.tls.channel_security import ChannelSecurities

_CALLER: ContextVar[str] = ContextVar("caller")


@contextmanager
def calling_as(bearer: str) -> Iterator[None]:
    """While the block runs, calls to the services are made with this API key or token."""
    token = _CALLER.set(bearer)
    try:
        yield
    finally:
        _CALLER.reset(token)


class CallerCredentials:
    """Credentials of whoever called the gateway; see `calling_as`.

    Args:
        security: of the channel; None: plain text, on this machine.
    """

    def __init__(self, security: ChannelSecurities | None) -> None:
        self.security = security

    def header(self) -> str:
        """See sightline.chassis.rpc.Credentials. Raises Unauthenticated CREDENTIALS_MISSING."""
        bearer = _CALLER.get("")
        if not bearer:
            raise Unauthenticated("CREDENTIALS_MISSING", "The call has no credentials: send an API key or a token.")
        return f"Bearer {bearer}"
