"""Settings of whoever reads from an S3-compatible store, or keeps backups there; all may use the same one."""

from __future__ import annotations

from pydantic import BaseModel, Field

from sightline.chassis.named_file import NamedFile, NamedPath  # noqa: TC001 - pydantic reads the annotations
from sightline.chassis.s3_store import S3Access


class S3Settings(BaseModel):
    """A part of the settings of services, and of the command."""

    s3_endpoint: str = Field(default="", pattern=r"^(https?://[^/?#@\s]+/?)?$")
    """http(s)://host[:port] of an S3-compatible store; empty: none."""
    s3_region: str = "us-east-1"
    s3_buckets: tuple[str, ...] = ()
    """Buckets from which objects may be read; none: no objects."""
    s3_credentials_file: NamedPath = None
    """A file as `aws configure` writes it; none: these buckets are read without credentials."""
    s3_ca_file: NamedFile = None
    """PEM: who vouches for the store's certificate; none: the system's authorities."""

    @property
    def s3_access(self) -> S3Access:
        """The object store that may be read."""
        return S3Access(self.s3_endpoint, self.s3_region, self.s3_buckets, self.s3_credentials_file, self.s3_ca_file)
