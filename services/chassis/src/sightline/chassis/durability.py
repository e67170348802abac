"""Whether the broker keeps its word through a power failure."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request
from typing import TYPE_CHECKING, Any

import structlog

from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.tls.context import client_context

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.chassis.bus import Bus
    from sightline.chassis.settings import ServiceSettings

log = structlog.get_logger()

# The first patch of each release line without the known faults (architecture.md, NATS).
FLOORS = {(2, 11): 16, (2, 12): 7}
_FIRST_LINE_WITHOUT_FLOOR = (2, 14)


async def check_durability(bus: Bus, settings: ServiceSettings) -> None:
    """In `strict`: refuses a broker that is too old, or that acknowledges before it syncs. In `dev`: says so.

    Raises:
        FailedPrecondition: BROKER_TOO_OLD, BROKER_NOT_SYNCED.
        Unavailable: BROKER_MONITORING, the monitoring endpoint cannot be read.
    """
    if settings.durability == "dev":
        log.warning(
            "durability_dev",
            detail="A power failure may lose acknowledged messages: for demos and tests only.",
        )
        return
    version = bus.client.connected_server_version
    check_version((version.major, version.minor, version.patch))
    jetstream = await asyncio.to_thread(read_jetstream, settings.nats_monitoring_url, settings.authorities)
    if not jetstream.get("config", {}).get("sync_always"):
        raise FailedPrecondition(
            "BROKER_NOT_SYNCED",
            "The broker acknowledges before it syncs: set `sync_interval: always` in its jetstream block, "
            "or run with SIGHTLINE_DURABILITY=dev.",
        )


def check_version(version: tuple[int, int, int]) -> None:
    """Raises FailedPrecondition BROKER_TOO_OLD below the floor of `strict` durability."""
    line, patch = version[:2], version[2]
    if line >= _FIRST_LINE_WITHOUT_FLOOR or patch >= FLOORS.get(line, patch + 1):
        return
    text = ".".join(map(str, version))
    raise FailedPrecondition(
        "BROKER_TOO_OLD",
        f"nats-server {text} is below 2.11.16, 2.12.7 or 2.14.0: upgrade, or set SIGHTLINE_DURABILITY=dev.",
    )


def read_jetstream(monitoring_url: str, authorities: Path | None) -> dict[str, Any]:
    """Give what the broker tells about its stores: `config`, with its limits, and `stats`; it blocks.

    Raises:
        FailedPrecondition: BROKER_MONITORING, that is no address.
        Unavailable: BROKER_MONITORING, the monitoring endpoint cannot be read.
    """
    if not re.match(r"https?://", monitoring_url):
        raise FailedPrecondition("BROKER_MONITORING", "SIGHTLINE_NATS_MONITORING_URL must be an http(s) address.")
    context = client_context(authorities) if monitoring_url.startswith("https:") else None
    url = f"{monitoring_url}/varz"
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as answer:  # noqa: S310 - checked above
            jetstream: dict[str, Any] = json.load(answer).get("jetstream", {})
    except OSError as error:
        raise Unavailable(
            "BROKER_MONITORING",
            f"{monitoring_url}/varz does not answer, and `strict` reads it: set SIGHTLINE_NATS_MONITORING_URL.",
        ) from error
    return jetstream
