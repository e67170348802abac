"""What every service can be told from outside. The environment is read here and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Durability = Literal["strict", "dev"]


class KmsSettings(BaseSettings):
    """A key management service that wraps the installation's keys: the transit engine of Vault or OpenBao."""

    model_config = SettingsConfigDict(env_prefix="SIGHTLINE_", frozen=True, extra="ignore")

    kms_url: str = ""
    """Its address; empty: keys lie in their files as they are."""
    kms_mount: str = "transit"
    """Where the engine is mounted."""
    kms_name: str = "sightline"
    """The name of its key."""
    kms_credentials_file: Path | None = None
    """A file with the token, which others cannot open; read anew for each call."""
    kms_ca_file: Path | None = None
    """PEM of those who vouch for its certificate; none: the public authorities."""
    kms_timeout: float = Field(default=5.0, gt=0, le=60)
    """Seconds that it has for a connection, and for an answer."""


class ServiceSettings(KmsSettings):
    """Settings common to all services: `SIGHTLINE_` and the field's name in upper case.

    A service subclasses it with its name, its default ports and what only it needs, and builds it once.
    """

    service: ClassVar[str]

    nats_url: str = "nats://127.0.0.1:4222"
    nats_monitoring_url: str = "http://127.0.0.1:8222"
    """Read in `strict` durability only."""
    durability: Durability = "strict"
    """`strict`: not ready unless the broker syncs before it acknowledges. `dev`: for demos and tests."""
    secrets_dir: Path = Path(".sightline/secrets")
    """What `sightline init` made; of it a service reads what is its own."""
    oidc_issuer: str = ""
    """The identity provider whose tokens are accepted; empty: API keys alone."""
    oidc_audience: str = ""
    """The `aud` that its tokens must have."""
    oidc_claim: str = "groups"
    """The claim whose values give rights; dots lead into nested claims."""
    oidc_rights: str = "{}"
    """JSON: for each value of that claim a list of {"role": …, "watchlists": […], "cameras": […]}."""
    bind: str = "127.0.0.1"
    grpc_port: int = 0
    health_port: int = 0
    metrics_port: int = 0
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    drain_seconds: float = 20.0
    """How long work in flight may take to finish after SIGTERM."""
    state_dir: Path = Path(".sightline")
    """Where a service keeps what it can rebuild: indexes and projections."""
