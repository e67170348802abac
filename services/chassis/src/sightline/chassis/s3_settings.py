"""Settings of whoever reads from an S3-compatible store, or keeps backups there; all may use the same one."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the annotations

from pydantic import BaseModel, Field, FilePath, field_validator

from sightline.chassis.s3_store import S3Access


class S3Settings(BaseModel):
    """A part of the settings of services, and of the command."""

    s3_endpoint: str = Field(default="", pattern=r"^(https?://[^/?#@\s]+/?)?$")
    """http(s)://host[:port] of an S3-compatible store; empty: none."""
    s3_region: str = "us-east-1"
    s3_buckets: tuple[str, ...] = ()
    """Buckets from which objects may be read; none: no objects."""
    s3_credentials_file: Path | None = None
    """A file as `aws configure` writes it; none: these buckets are read without credentials."""
    s3_ca_file: FilePath | None = None
    """PEM: who vouches for the store's certificate; none: the system's authorities."""

    @field_validator("s3_credentials_file", "s3_ca_file", mode="before")
    @classmethod
    def _name_file(cls, given: object) -> object:
        """An empty variable names no file."""
        return given or None

    @property
    def s3_access(self) -> S3Access:
        """The object store that may be read."""
        return S3Access(self.s3_endpoint, self.s3_region, self.s3_buckets, self.s3_credentials_file, self.s3_ca_file)
