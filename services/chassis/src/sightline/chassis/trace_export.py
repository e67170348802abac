"""Sending spans to a collector by OTLP over gRPC; off unless a setting names one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import grpc

from sightline.chassis import tracing
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.tls.loopback import require_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.settings import ServiceSettings


@asynccontextmanager
async def exporting(settings: ServiceSettings) -> AsyncIterator[None]:
    """Sends spans that begin in the block to the collector, if one is named. One that is away holds up nobody.

    Raises:
        FailedPrecondition: PLAINTEXT_REFUSED; OTLP_CA_FILE_INVALID.
    """
    if not settings.otlp_endpoint:
        yield
        return
    from sightline.chassis.span_sender import SpanSender  # noqa: PLC0415 - only those who send load what sends

    sender = SpanSender(settings, _credentials(settings))
    try:
        with tracing.recorded_by(sender.tracer):
            yield
    finally:
        await asyncio.to_thread(sender.end)


def _credentials(settings: ServiceSettings) -> grpc.ChannelCredentials | None:
    """None: in plain text, on this machine."""
    address = urlsplit(settings.otlp_endpoint)
    if address.scheme == "http":
        require_loopback(address.hostname or "", "traces", "give SIGHTLINE_OTLP_ENDPOINT an https:// address.")
        return None
    try:
        return grpc.ssl_channel_credentials(settings.otlp_ca_file.read_bytes() if settings.otlp_ca_file else None)
    except OSError as error:
        raise FailedPrecondition(
            "OTLP_CA_FILE_INVALID", f"SIGHTLINE_OTLP_CA_FILE cannot be read: {error.strerror}."
        ) from error
