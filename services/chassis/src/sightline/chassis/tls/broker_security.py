"""TLS of connections to the broker."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sightline.chassis.tls.context import client_context
from sightline.chassis.tls.loopback import require_loopback

if TYPE_CHECKING:
    from pathlib import Path


class BrokerSecurity:
    """What a connection to the broker is made with.

    TLS comes before the first word. By NATS' own rules the server says in plain text whether it wants TLS, and whoever
    sits in between can say that it does not.

    Args:
        url: `tls://…`; `nats://…`: plain text.
        authorities: PEM file of those who vouch for the broker; None: the system's authorities.

    Raises:
        FailedPrecondition: PLAINTEXT_REFUSED, AUTHORITIES_INVALID.
    """

    def __init__(self, url: str, authorities: Path | None) -> None:
        parts = urlsplit(url)
        self._authorities = authorities
        self._context = client_context(authorities) if parts.scheme == "tls" else None
        if self._context is None:
            require_loopback(parts.hostname or "", "messages", "write SIGHTLINE_NATS_URL as tls://…")

    @property
    def options(self) -> dict[str, Any]:
        """Of nats-py's `connect`."""
        return {"tls": self._context, "tls_handshake_first": True} if self._context else {}

    @property
    def doubt(self) -> str:
        """What else may be wrong where nobody answers."""
        if self._context is None:
            return ""
        return f" It has to speak TLS first, with a certificate that {self._authorities or 'the system'} vouches for."

    def renew(self) -> None:
        """Believes newer authorities, too, from the next connection on; older ones until the process ends."""
        if self._context and self._authorities:
            with suppress(OSError):  # while the file is being replaced, the older ones are what there is
                self._context.load_verify_locations(self._authorities)
