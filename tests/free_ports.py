"""TCP and UDP ports for what tests start: free, and nobody else's until long after who got them listens."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path

# Below those that a system gives to outgoing connections, one of which could take a port before its service does, and
# below those of `sightline up --port-base 0`.
FIRST, COUNT = 10_000, 10_000
# Where all processes of this user's tests write which port was the last: each takes the next ones.
TURN = Path(tempfile.gettempdir()) / f"sightline-test-ports-{os.getuid()}"


def find_free_port() -> int:
    """A port at which nobody listens, and nobody else is going to."""
    (port,) = find_free_ports(1)
    return port


def find_free_ports(count: int) -> list[int]:
    """Different ports at which nobody listens, and nobody else is going to."""
    found: list[int] = []
    with TURN.open("a+") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        turn.seek(0)
        place = int(turn.read() or 0)
        while len(found) < count:
            place = (place + 1) % COUNT
            if _is_free(FIRST + place):
                found.append(FIRST + place)
        turn.truncate(0)
        turn.write(str(place))
    return found


def _is_free(port: int) -> bool:
    return _is_bindable(port, socket.SOCK_STREAM) and _is_bindable(port, socket.SOCK_DGRAM)


def _is_bindable(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(type=kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
