from __future__ import annotations

import socket
from ipaddress import IPv4Network, IPv6Network  # noqa: TC003 - pydantic reads the annotations
from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import ClassVar

from pydantic import Field

from sightline.chassis.named_file import NamedFile  # noqa: TC001 - pydantic reads the annotations
from sightline.chassis.s3_settings import S3Settings
from sightline.chassis.settings import ServiceSettings
from sightline.ingest.source import SourceRules
from sightline.ingest.trust import system_authorities

_EVERYWHERE = frozenset({"0.0.0.0", "::", "[::]"})


class IngestSettings(ServiceSettings, S3Settings):
    """Settings of ingest."""

    service: ClassVar[str] = "ingest"

    grpc_port: int = 7110
    health_port: int = 7111
    metrics_port: int = 7112
    peer_port: int = 7113
    detect_target: str = "127.0.0.1:7213"
    detect_timeout: float = Field(default=30.0, gt=0)
    """Seconds that one frame may take in detect."""
    video_roots: tuple[Path, ...] = ()
    """Folders from which `file:` sources may be read; none: no files."""
    camera_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks in which cameras may be; none: no cameras."""
    camera_ca_file: NamedFile = None
    """PEM: who vouches for `https` and `rtsps` cameras; none: the system's authorities."""
    video_devices: tuple[Path, ...] = ()
    """Devices that `v4l2:` sources may name; none: no devices."""
    jobs_at_once: int = Field(default=2, ge=0, le=64)
    """Stored videos that this process reads side by side; 0: it leaves them to others."""
    job_frames_in_flight: int = Field(default=2, ge=1, le=64)
    """Frames of all of them together that are in detect at the same time."""
    upload_bytes: int = Field(default=4 << 30, ge=0)
    """What uploaded and fetched videos may take of the disk under `state_dir`, together; 0: none are taken."""
    frames_in_flight: int = Field(default=4, ge=1, le=64)
    """Frames of one source that are in detect at the same time."""
    evidence_address: str = ""
    """host:port at which notify reaches this replica; empty: the address that it listens on for other services."""

    @property
    def source_rules(self) -> SourceRules:
        """What may be read."""
        authorities = self.camera_ca_file or system_authorities()
        return SourceRules(self.video_roots, self.camera_networks, self.video_devices, authorities)

    @property
    def own_address(self) -> str:
        """host:port of this replica, for others."""
        if self.evidence_address:
            return self.evidence_address
        host = socket.gethostbyname(socket.gethostname()) if self.bind in _EVERYWHERE else self.bind
        return f"{host}:{self.peer_port if self.tls == 'on' else self.grpc_port}"
