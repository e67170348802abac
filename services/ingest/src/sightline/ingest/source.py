"""Where video may be read from: the installation's camera networks and video folders, nothing else."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from sightline.chassis.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LIVE_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})
# Greedy on purpose: a password with an @ or a / in it is masked too, at the price of a path with an @.
_CREDENTIALS = re.compile(r"//\S*@")
_QUERY = re.compile(r"(://[^\s?'\"]*)\?[^\s'\"]*")


@dataclass(frozen=True)
class SourceRules:
    """What this installation allows: folders for files, networks for cameras. Empty allows nothing."""

    video_roots: tuple[Path, ...] = ()
    camera_networks: tuple[Network, ...] = ()


@dataclass(frozen=True)
class Source:
    """A source that was checked: what the decoder opens, and what people may see of it."""

    opened: str
    """URL for the decoder: a `file:` path without links, or the URL with the checked address as its host."""
    host: str
    """The host as the user wrote it, for the HTTP Host header; empty for files."""
    live: bool
    shown: str

    @property
    def scheme(self) -> str:
        """The scheme of the URL, in lower case."""
        return self.opened.partition(":")[0]


def mask_credentials(text: str) -> str:
    """The text with the user part and the query of every URL in it replaced by `***`."""
    return _QUERY.sub(r"\1?***", _CREDENTIALS.sub("//***@", text))


async def admit(url: str, rules: SourceRules) -> Source:
    """Check a source's URL against the rules; for cameras this resolves the host.

    The address that was checked goes into the URL, so that a second look-up cannot lead elsewhere.

    Raises:
        InvalidInput: SOURCE_SCHEME, SOURCE_NOT_ALLOWED, SOURCE_HOST_UNKNOWN.
    """
    parts = _split(url)
    if parts.scheme == "file":
        return _file_source(parts, rules.video_roots)
    if parts.scheme in LIVE_SCHEMES:
        return await _camera_source(parts, rules.camera_networks)
    raise InvalidInput("SOURCE_SCHEME", f"{mask_credentials(url)!r} is no source; use rtsp, rtsps, http, https or file")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it is what checks it
    except ValueError as error:
        raise InvalidInput("SOURCE_SCHEME", f"{mask_credentials(url)!r} is not a URL; correct it") from error
    return parts


def _file_source(parts: SplitResult, roots: Sequence[Path]) -> Source:
    path = Path(unquote(parts.path))
    shown = mask_credentials(parts.geturl())
    if parts.netloc not in {"", "localhost"} or not path.is_absolute() or "\0" in str(path):
        raise InvalidInput("SOURCE_NOT_ALLOWED", f"{shown!r}: give an absolute path, as in file:///videos/a.mp4")
    real = path.resolve()
    if not any(real.is_relative_to(root.resolve()) for root in roots):
        raise InvalidInput(
            "SOURCE_NOT_ALLOWED",
            f"{shown!r} is in none of the video folders; add its folder to SIGHTLINE_VIDEO_ROOTS",
        )
    if not real.is_file():
        raise InvalidInput("SOURCE_NOT_ALLOWED", f"{shown!r} is not a regular file; check the path")
    return Source(opened=f"file:{real}", host="", live=False, shown=f"file://{real}")


async def _camera_source(parts: SplitResult, networks: Sequence[Network]) -> Source:
    shown = mask_credentials(parts.geturl())
    if not parts.hostname:
        raise InvalidInput("SOURCE_HOST_UNKNOWN", f"{shown!r} names no host; correct the URL")
    addresses = await _resolve(parts.hostname)
    if not all(_inside(address, networks) for address in addresses):
        raise InvalidInput(
            "SOURCE_NOT_ALLOWED",
            f"{parts.hostname!r} is not in the camera networks; add its network to SIGHTLINE_CAMERA_NETWORKS",
        )
    opened = parts._replace(netloc=_pinned(parts, addresses[0]), fragment="").geturl()
    return Source(opened=opened, host=parts.netloc.rpartition("@")[2], live=True, shown=shown)


async def _resolve(host: str) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InvalidInput(
            "SOURCE_HOST_UNKNOWN", f"the host {host!r} has no address; check the name or the DNS"
        ) from error
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _inside(address: Address, networks: Sequence[Network]) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in networks)


def _pinned(parts: SplitResult, address: Address) -> str:
    user = parts.netloc.rpartition("@")
    host = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004 (the version of IP)
    port = f":{parts.port}" if parts.port else ""
    return f"{user[0]}{user[1]}{host}{port}"
