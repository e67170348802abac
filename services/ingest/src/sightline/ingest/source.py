"""Where video may be read from: the installation's camera networks, video folders and devices, nothing else."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from sightline.chassis.errors import InvalidInput
from sightline.ingest.credentials import NO_CREDENTIALS, Credentials
from sightline.ingest.source_url import mask_credentials, user_info
from sightline.ingest.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LIVE_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})
# FFmpeg's RTSP client keeps user and password in 128 bytes, written with percent signs, and cuts off what is longer.
_MAX_USER_INFO = 127


@dataclass(frozen=True)
class SourceRules:
    """What this installation allows: folders for files, networks and devices for cameras. Empty allows nothing."""

    video_roots: tuple[Path, ...] = ()
    camera_networks: tuple[Network, ...] = ()
    video_devices: tuple[Path, ...] = ()
    authorities: Path | None = None
    """PEM: who vouches for `https` and `rtsps` cameras; None: nobody does."""


@dataclass(frozen=True)
class Source:
    """A source that was checked: what the decoder opens, and what people may see of it."""

    opened: str
    """For the decoder: `file:`, `folder:` or `v4l2:` and a path without links, or the URL with the checked address as
    its host; without user and password."""
    host: str
    """The host as the user wrote it, for the HTTP Host header; empty for files and devices."""
    live: bool
    shown: str
    credentials: Credentials = NO_CREDENTIALS
    trust: Trust = field(default_factory=Trust)
    """Of `https` and `rtsps`."""

    @property
    def scheme(self) -> str:
        """What stands before the first colon of `opened`."""
        return self.opened.partition(":")[0]


async def admit(url: str, rules: SourceRules, credentials: Credentials = NO_CREDENTIALS) -> Source:
    """Check a source's URL against the rules; for cameras this resolves the host.

    The address that was checked goes into the URL, so that a second look-up cannot lead elsewhere.

    Raises:
        InvalidInput: SOURCE_SCHEME, SOURCE_NOT_ALLOWED, SOURCE_HOST_UNKNOWN, SOURCE_CREDENTIALS_IN_URL,
            SOURCE_CREDENTIALS_LENGTH.
    """
    if _split(url).netloc.rpartition("@")[1]:
        raise InvalidInput(
            "SOURCE_CREDENTIALS_IN_URL",
            f"{mask_credentials(url)!r} has a user or password in it, and URLs are shown: give them apart",
        )
    return await admit_stored(url, rules, credentials)


async def admit_stored(url: str, rules: SourceRules, credentials: Credentials = NO_CREDENTIALS) -> Source:
    """As `admit`, but takes user and password from a URL that an older version stored, unless they are given apart."""
    parts = _split(url)
    if parts.scheme == "file":
        return _file_source(parts, rules.video_roots)
    if parts.scheme == "v4l2":
        return _device_source(parts, rules.video_devices)
    if parts.scheme in LIVE_SCHEMES:
        return await _camera_source(parts, rules.camera_networks, credentials)
    raise InvalidInput(
        "SOURCE_SCHEME", f"{mask_credentials(url)!r} is no source; use rtsp, rtsps, http, https, v4l2 or file"
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it is what checks it
    except ValueError as error:
        raise InvalidInput("SOURCE_SCHEME", f"{mask_credentials(url)!r} is not a URL; correct it") from error
    return parts


def _file_source(parts: SplitResult, roots: Sequence[Path]) -> Source:
    shown = mask_credentials(parts.geturl())
    real = _real_path(parts, shown)
    if not any(real.is_relative_to(root.resolve()) for root in roots):
        raise InvalidInput(
            "SOURCE_NOT_ALLOWED",
            f"{shown!r} is in none of the video folders; add its folder to SIGHTLINE_VIDEO_ROOTS",
        )
    if real.is_dir() and parts.path.endswith("/"):
        return Source(opened=f"folder:{real}", host="", live=False, shown=f"file://{real}/")
    if not real.is_file():
        raise InvalidInput(
            "SOURCE_NOT_ALLOWED",
            f"{shown!r} is not a regular file; check the path, and end that of a folder of pictures with a slash",
        )
    return Source(opened=f"file:{real}", host="", live=False, shown=f"file://{real}")


def _device_source(parts: SplitResult, devices: Sequence[Path]) -> Source:
    shown = mask_credentials(parts.geturl())
    real = _real_path(parts, shown)
    if real not in {device.resolve() for device in devices}:
        raise InvalidInput("SOURCE_NOT_ALLOWED", f"{shown!r} may not be read; add it to SIGHTLINE_VIDEO_DEVICES")
    return Source(opened=f"v4l2:{real}", host="", live=True, shown=f"v4l2://{real}")


def _real_path(parts: SplitResult, shown: str) -> Path:
    path = Path(unquote(parts.path))
    if parts.netloc not in {"", "localhost"} or not path.is_absolute() or "\0" in str(path):
        raise InvalidInput("SOURCE_NOT_ALLOWED", f"{shown!r}: give an absolute path, as in file:///videos/a.mp4")
    return path.resolve()


async def _camera_source(parts: SplitResult, networks: Sequence[Network], given: Credentials) -> Source:
    shown = mask_credentials(parts.geturl())
    if not parts.hostname:
        raise InvalidInput("SOURCE_HOST_UNKNOWN", f"{shown!r} names no host; correct the URL")
    credentials = given or Credentials(unquote(parts.username or ""), unquote(parts.password or ""))
    if credentials and len(user_info(credentials)) > _MAX_USER_INFO:
        raise InvalidInput(
            "SOURCE_CREDENTIALS_LENGTH",
            f"user and password of {shown!r} have more than {_MAX_USER_INFO} characters (others than letters and "
            "digits count as three): set a shorter password in the camera",
        )
    addresses = await _resolve(parts.hostname)
    if not all(_inside(address, networks) for address in addresses):
        raise InvalidInput(
            "SOURCE_NOT_ALLOWED",
            f"{parts.hostname!r} is not in the camera networks; add its network to SIGHTLINE_CAMERA_NETWORKS",
        )
    opened = parts._replace(netloc=_pinned(parts, addresses[0]), fragment="").geturl()
    return Source(opened, host=parts.netloc.rpartition("@")[2], live=True, shown=shown, credentials=credentials)


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
    host = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004 (the version of IP)
    return f"{host}:{parts.port}" if parts.port else host
