"""What the decoder process is asked for, and what it is told later: lines of JSON on its standard input."""

from __future__ import annotations

import json
import os
import select
from dataclasses import asdict, dataclass, replace

from sightline.ingest.viewing import Viewing


@dataclass(frozen=True, repr=False)
class DecodeRequest:
    """What to open and how to look at it. By standard input, as everybody sees command lines and environments."""

    url: str
    """As `Source.opened`."""
    host: str
    live: bool
    username: str
    password: str
    viewing: Viewing
    tls_host: str = ""
    """The name that the certificate of an `https` or `rtsps` source has to bear; empty: it is not checked."""
    authorities: str = ""
    """A file, PEM: who may have signed it."""

    def to_line(self) -> bytes:
        """The request as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    def from_the_beginning(self) -> DecodeRequest:
        """The same, with everything decoded that comes before the first frame that is wanted."""
        return replace(self, viewing=replace(self.viewing, origin_s=None))

    @classmethod
    def from_line(cls, line: bytes) -> DecodeRequest:
        """Read what `to_line` wrote."""
        fields = json.loads(line)
        viewing = fields.pop("viewing")
        viewing["masks"] = tuple(tuple((x, y) for x, y in outline) for outline in viewing["masks"])
        return cls(**fields, viewing=Viewing(**viewing))


def fps_order(fps: float) -> bytes:
    """The line that changes the sample rate of a decoder that runs."""
    return json.dumps({"fps": fps}).encode() + b"\n"


class Orders:
    """The decoder's end: its request, and then orders, which it looks for between frames."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pending = b""

    def request(self) -> DecodeRequest:
        """Wait for the request. Raises EOFError where the service has gone."""
        while b"\n" not in self._pending:
            self._read()
        line, _, self._pending = self._pending.partition(b"\n")
        return DecodeRequest.from_line(line)

    def new_fps(self) -> float | None:
        """The sample rate that was ordered last, if one came. Raises EOFError where the service has gone."""
        while select.select([self._descriptor], [], [], 0)[0]:
            self._read()
        *lines, self._pending = self._pending.split(b"\n")
        return float(json.loads(lines[-1])["fps"]) if lines else None

    def _read(self) -> None:
        data = os.read(self._descriptor, 65536)
        if not data:
            raise EOFError
        self._pending += data
