"""TLS of the connection to a Qdrant server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sightline.chassis.tls.context import client_context
from sightline.chassis.tls.loopback import require_loopback

if TYPE_CHECKING:
    from pathlib import Path


def server_security(url: str, authorities: Path | None) -> dict[str, Any]:
    """What Qdrant's client is told of TLS.

    Args:
        url: `https://…`; `http://…` is for a server on this machine.
        authorities: PEM file of those who vouch for the server; None: the system's authorities.

    Raises:
        FailedPrecondition: PLAINTEXT_REFUSED, templates would leave this machine without TLS; AUTHORITIES_INVALID.
    """
    parts = urlsplit(url)
    if parts.scheme == "https":
        return {"verify": client_context(authorities)}
    require_loopback(parts.hostname or "", "templates", "write SIGHTLINE_QDRANT_URL as https://…")
    return {}
