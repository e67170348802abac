"""What every service can be told from outside. The environment is read here and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.named_file import NamedFile  # noqa: TC001 - pydantic reads the annotations
from sightline.chassis.tls.certificate_folder import CertificateFolder
from sightline.chassis.tls.loopback import require_loopback

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


class TraceSettings(BaseSettings):
    """A collector of traces, and how many there are."""

    model_config = SettingsConfigDict(env_prefix="SIGHTLINE_", frozen=True, extra="ignore")

    otlp_endpoint: str = Field(default="", pattern=r"^(https?://[^/?#@\s]+/?)?$")
    """http(s)://host:port of a collector that takes OTLP over gRPC; empty: no traces are recorded."""
    otlp_ca_file: NamedFile = None
    """PEM of those who vouch for its certificate; none: the public authorities."""
    trace_ratio: float = Field(default=0.01, ge=0, le=1)
    """The share of frames, calls and requests that begin a recorded trace."""


class ServiceSettings(KmsSettings, TraceSettings):
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
    tls: Literal["on", "off"] = "on"
    """`off`: everything in plain text, for demos and tests; refused unless nothing leaves this machine."""
    tls_dir: Path | None = None
    """The service's certificate (tls.crt, tls.key, ca.crt); None: what `sightline init` made in `secrets_dir`."""
    bind: str = "127.0.0.1"
    grpc_port: int = 0
    peer_port: int = 0
    """For calls of other services, who have to show certificates; nothing listens there without TLS."""
    health_port: int = 0
    metrics_port: int = 0
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    calls_per_second: float = Field(default=200, ge=0)
    """Of one caller at one process, in the long run; 0: as many as they like."""
    calls_burst: int = Field(default=1000, ge=1)
    """Calls of one caller that may come at once after a pause."""
    calls_at_once: int = Field(default=64, ge=0)
    """Calls of one caller that run at the same time; 0: as many as they like."""
    streams_at_once: int = Field(default=256, ge=0)
    """Streams of one caller that are open at the same time; 0: as many as they like."""
    drain_seconds: float = 20.0
    """How long work in flight may take to finish after SIGTERM."""
    state_dir: Path = Path(".sightline")
    """Where a service keeps what it can rebuild: indexes and projections."""

    @property
    def certificates(self) -> CertificateFolder | None:
        """Where the service's own certificate is; None: it is told to do without TLS.

        Raises:
            FailedPrecondition: PLAINTEXT_REFUSED, it would be reached from elsewhere.
        """
        if self.tls == "off":
            require_loopback(self.bind, self.service, "set SIGHTLINE_TLS=on, or SIGHTLINE_BIND=127.0.0.1.")
            return None
        return CertificateFolder(self.tls_dir or SecretsFolder(self.secrets_dir).certificates_of(self.service))

    @property
    def authorities(self) -> Path | None:
        """Who vouches for the broker, Qdrant and the other services: a PEM file. Raises as `certificates`."""
        certificates = self.certificates
        return certificates.authorities if certificates else None
