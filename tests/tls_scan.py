"""Which ports of a running local system speak TLS: `python tests/tls_scan.py STATE_DIR`, or from a test."""

from __future__ import annotations

import socket
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.installation import Installation
from sightline.cli.output import print_table
from sightline.cli.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = {"plain": b"GET / HTTP/1.0\r\n\r\n", "h2c": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"}


@dataclass(frozen=True)
class Port:
    """What was found at one port."""

    number: int
    name: str
    tls: str
    plain: bool

    @property
    def good(self) -> bool:
        """TLS with a certificate of our authority and nothing without it; health, which is meant so, the other way."""
        return self.plain and not self.tls if self.name.endswith(" health") else bool(self.tls) and not self.plain


def scan(state: Path) -> Iterator[Port]:
    """Every port on which the system in that folder listens."""
    installation = Installation(state)
    ports = installation.running()
    assert ports is not None, f"no system runs in {state}"
    named = {ports.nats: "nats", ports.nats_monitoring: "nats monitoring"}
    for name, each in ports.services.items():
        kinds = {"grpc": each.grpc, "health": each.health, "metrics": each.metrics, "peer": each.peer}
        named |= {port: f"{name} {kind}" for kind, port in kinds.items() if (name, kind[0]) not in _ABSENT}
    for number, name in named.items():
        yield Port(number, name, _tls(number, installation.authority()), _plain(number))


# provision serves no gRPC, and gateway has no port for services.
_ABSENT = {("provision", "g"), ("provision", "p"), ("gateway", "p")}


def _tls(port: int, authority: Path) -> str:
    """The version of TLS at the port, with a certificate that the authority vouches for; empty where there is none."""
    context = ssl.create_default_context(cafile=authority)
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        with (
            socket.create_connection((HOST, port), 30) as opened,
            context.wrap_socket(opened, server_hostname=HOST) as it,
        ):
            return it.version() or ""
    except OSError:
        return ""


def _plain(port: int) -> bool:
    """Whether anything but TLS's own complaint is answered to words in plain text."""
    return any(_answers(port, word) for word in _WORDS.values())


def _answers(port: int, word: bytes) -> bool:
    try:
        with socket.create_connection((HOST, port), 30) as opened:  # a busy machine answers late
            opened.sendall(word)
            answer = opened.recv(64)
    except OSError:
        return False
    # 0x15: an alert of TLS; Go's server says in plain text that it wants TLS, and nothing else.
    return bool(answer) and answer[0] != 0x15 and not answer.startswith(b"HTTP/1.0 400")


def main() -> None:
    """Prints a row for each port; ends with 1 where one is not as it should be."""
    found = list(scan(Path(sys.argv[1])))
    rows = ((each.number, each.name, each.tls or "no", each.plain, each.good) for each in found)
    print_table(("port", "of", "TLS", "plain text", "good"), rows, empty="")
    sys.exit(not all(port.good for port in found))


if __name__ == "__main__":
    main()
