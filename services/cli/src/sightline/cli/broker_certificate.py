"""When the broker's certificate ends, for Prometheus: it shows the old one until it is told to read the new."""

import asyncio
import ssl
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Gauge

from sightline.chassis.rounds import Rounds
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.tls.context import client_context

LOOK_SECONDS = 60.0
_ANSWER_SECONDS = 5.0


class BrokerCertificate:
    """A gauge of the end of what the broker shows at its monitoring port; the same as to its clients."""

    def __init__(self, settings: ServiceSettings, registry: CollectorRegistry) -> None:
        self._where = urlsplit(settings.nats_monitoring_url)
        self._authorities = settings.authorities
        self._end = Gauge(
            "sightline_broker_certificate_end_seconds",
            "When the broker's certificate ends, since 1970.",
            ("broker",),
            registry=registry,
        )

    async def look(self) -> None:
        """Look at it; of a broker that is away, or shows none, nothing is said."""
        self._end.clear()
        if self._where.scheme != "https":
            return
        host, port, trusted = self._where.hostname, self._where.port or 443, client_context(self._authorities)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                _, writer = await asyncio.open_connection(host, port, ssl=trusted)
        except (OSError, TimeoutError):
            return
        end = writer.get_extra_info("peercert")["notAfter"]
        writer.close()
        self._end.labels(host).set(ssl.cert_time_to_seconds(end))

    def watched(self) -> AbstractAsyncContextManager[None]:
        """Look again and again while the block runs."""
        return Rounds("broker certificate", self.look, LOOK_SECONDS).running()
