from __future__ import annotations

import socket
from ipaddress import IPv4Network, IPv6Network  # noqa: TC003 - pydantic reads the annotations
from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import ClassVar

from pydantic import Field, FilePath, field_validator

from sightline.chassis.settings import ServiceSettings
from sightline.ingest.s3_store import S3Access
from sightline.ingest.source import SourceRules
from sightline.ingest.trust import system_authorities

_EVERYWHERE = frozenset({"0.0.0.0", "::", "[::]"})


class IngestSettings(ServiceSettings):
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
    camera_ca_file: FilePath | None = None
    """PEM: who vouches for `https` and `rtsps` cameras; none: the system's authorities."""
    video_devices: tuple[Path, ...] = ()
    """Devices that `v4l2:` sources may name; none: no devices."""
    jobs_at_once: int = Field(default=2, ge=0, le=64)
    """Stored videos that this process reads side by side; 0: it leaves them to others."""
    job_frames_in_flight: int = Field(default=2, ge=1, le=64)
    """Frames of all of them together that are in detect at the same time."""
    upload_bytes: int = Field(default=4 << 30, ge=0)
    """What uploaded and fetched videos may take of the disk under `state_dir`, together; 0: none are taken."""
    s3_endpoint: str = Field(default="", pattern=r"^(https?://[^/?#@\s]+/?)?$")
    """http(s)://host[:port] of an S3-compatible store; empty: none."""
    s3_region: str = "us-east-1"
    s3_buckets: tuple[str, ...] = ()
    """Buckets from which `s3:` sources may be read; none: no objects."""
    s3_credentials_file: Path | None = None
    """A file as `aws configure` writes it; none: these buckets are read without credentials."""
    s3_ca_file: FilePath | None = None
    """PEM: who vouches for the store's certificate; none: the system's authorities."""
    frames_in_flight: int = Field(default=4, ge=1, le=64)
    """Frames of one source that are in detect at the same time."""
    evidence_address: str = ""
    """host:port at which notify reaches this replica; empty: the address that it listens on for other services."""

    @field_validator("s3_credentials_file", "s3_ca_file", "camera_ca_file", mode="before")
    @classmethod
    def _read_file(cls, given: object) -> object:
        """An empty variable names no file."""
        return given or None

    @property
    def s3_access(self) -> S3Access:
        """The object store that may be read."""
        return S3Access(self.s3_endpoint, self.s3_region, self.s3_buckets, self.s3_credentials_file, self.s3_ca_file)

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
