"""What each process says of itself: its health, and the figures that Prometheus reads."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from sightline.chassis.tls.context import client_context

_SECONDS = 5.0
_SILENT = "does not answer"


@dataclass(frozen=True)
class Place:
    """Where a process is."""

    host: str
    health: int
    metrics: int


@dataclass(frozen=True)
class Look:
    """What a process said.

    Attributes:
        state: `ready`, `not ready`, or `does not answer`.
        samples: figures by name: labels, and the value; empty where it gave none.
    """

    state: str
    samples: Mapping[str, tuple[tuple[Mapping[str, str], float], ...]]

    @property
    def answers(self) -> bool:
        """Whether anything came from it: its health, or figures."""
        return self.state != _SILENT or bool(self.samples)

    @property
    def failing(self) -> str:
        """Which check says that it is not ready, and why; empty where none does."""
        found = self.samples.get("sightline_health_failing", ())
        return ", ".join(f"{labels['check']}, {labels['reason']}" for labels, _ in found)

    def total(self, name: str) -> float | None:
        """The sum of a figure over its labels; None where there is none of that name."""
        values = [value for _, value in self.samples.get(name, ())]
        return sum(values) if values else None

    def labelled(self, name: str, label: str) -> dict[str, float]:
        """A figure by one of its labels."""
        return {labels[label]: value for labels, value in self.samples.get(name, ()) if label in labels}


async def look_at(places: Mapping[str, Place], authority: Path | None) -> dict[str, Look]:
    """Ask all of them at once; whoever does not answer has said that."""
    # None: a system that was told to do without TLS.
    trusted = client_context(authority) if authority else None
    looks = await asyncio.gather(*(_look(name, place, trusted) for name, place in places.items()))
    return dict(zip(places, looks, strict=True))


async def _look(name: str, place: Place, trusted: ssl.SSLContext | None) -> Look:
    state, samples = await asyncio.gather(_state(place), _samples(name, place, trusted))
    return Look(state, samples)


async def _state(place: Place) -> str:
    address = f"{place.host}:{place.health}"
    async with grpc.aio.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]  # the stubs leave it out
        try:
            answer = await check(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
        except grpc.RpcError:
            return _SILENT
    return "ready" if answer.status == health_pb2.HealthCheckResponse.SERVING else "not ready"


async def _samples(
    name: str, place: Place, trusted: ssl.SSLContext | None
) -> dict[str, tuple[tuple[Mapping[str, str], float], ...]]:
    scheme, verify = ("https", trusted) if trusted else ("http", True)
    try:
        async with httpx.AsyncClient(verify=verify, trust_env=False, timeout=_SECONDS) as client:
            # The certificate bears the process's name, whatever the address is: of a forwarded port, this machine's.
            address = f"{scheme}://{place.host}:{place.metrics}/metrics"
            answer = (await client.get(address, extensions={"sni_hostname": name})).raise_for_status()
    except httpx.HTTPError:
        return {}
    found: dict[str, tuple[tuple[Mapping[str, str], float], ...]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found[sample.name] = (*found.get(sample.name, ()), (sample.labels, sample.value))
    return found
