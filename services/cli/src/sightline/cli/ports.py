"""The ports of a local system: the standard ones, or a block of its own so that two systems do not collide."""

import random
import socket
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sightline.chassis.errors import Unavailable

HOST = "127.0.0.1"
SERVICES = ("ingest", "detect", "embed", "match", "notify", "gateway")
COMING_EMBED = "migration-embed"
"""A second embed, with the pack to which the gallery is migrated; only where one is asked for."""
_STANDARD = {name: 7110 + 100 * place for place, name in enumerate((*SERVICES, "provision"))}
_BLOCK = 10
_APART = 100
_CLAIMS: list[socket.socket] = []
"""A socket at the last port of each block that this process was given: nobody else is, until it ends."""


@dataclass(frozen=True)
class ServicePorts:
    """Where one process listens; `grpc` is HTTP of the gateway, which has no peers."""

    grpc: int
    health: int
    metrics: int
    peer: int


@dataclass(frozen=True)
class Ports:
    """Where every process of a local system listens, on the loopback address only."""

    nats: int
    nats_monitoring: int
    services: dict[str, ServicePorts]
    broker_tls: bool = True

    @property
    def nats_url(self) -> str:
        """Where the broker is. It speaks TLS first, where it can."""
        return f"{'tls' if self.broker_tls else 'nats'}://{HOST}:{self.nats}"

    @property
    def nats_monitoring_url(self) -> str:
        """Where the broker tells about itself."""
        return f"{'https' if self.broker_tls else 'http'}://{HOST}:{self.nats_monitoring}"

    def all(self) -> dict[int, str]:
        """Give every port with the name of the process that it belongs to."""
        taken = {self.nats: "nats", self.nats_monitoring: "nats"}
        for name, ports in self.services.items():
            taken |= dict.fromkeys((ports.grpc, ports.health, ports.metrics, ports.peer), name)
        return taken


def with_coming_embed(ports: Ports) -> Ports:
    """Give the same ports with four for a second embed, next to those of the first one, all of which are in blocks."""
    first = ports.services["embed"].peer + 1
    return replace(ports, services={**ports.services, COMING_EMBED: _four(first)})


def without_others(ports: Ports, services: Iterable[str]) -> Ports:
    """Give the same ports with those of the named services alone, and of provisioning, without which nothing runs."""
    return replace(ports, services={name: ports.services[name] for name in (*services, "provision")})


def choose_ports(base: int | None) -> Ports:
    """Give the standard ports (None), a block that starts at `base`, or a block for this process alone (0).

    Raises:
        Unavailable: PORTS_TAKEN.
    """
    if base is None:
        return Ports(4222, 8222, {name: _four(first) for name, first in _STANDARD.items()})
    if base:
        return _block(base)
    # Below the range that Linux gives to outgoing connections, which could take one of them in between.
    for start in random.sample(range(20000, 32000, _APART), 60):
        ports = _block(start)
        if _claim(start + _APART - 1) and not busy(ports.all()):
            return ports
    raise Unavailable("PORTS_TAKEN", "no block of free ports was found; name its first: `--port-base 20000`")


def busy(ports: Iterable[int]) -> list[int]:
    """Give those of the ports on which this machine cannot listen."""
    return [port for port in ports if not _free(port)]


def _block(base: int) -> Ports:
    services = {name: _four(base + _BLOCK * (place + 1)) for place, name in enumerate(_STANDARD)}
    return Ports(base, base + 1, services)


def _four(first: int) -> ServicePorts:
    return ServicePorts(first, first + 1, first + 2, first + 3)


def _claim(port: int) -> bool:
    """Hold the port until this process ends, however it does: a system needs a moment until it listens itself."""
    claim = socket.socket()
    try:
        claim.bind((HOST, port))
    except OSError:
        claim.close()
        return False
    _CLAIMS.append(claim)
    return True


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: connections of the last run that are closing must not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
