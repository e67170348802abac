from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from sightline.chassis.s3_settings import S3Settings
from sightline.chassis.settings import ServiceSettings


class GatewaySettings(ServiceSettings, S3Settings):
    """Settings of gateway."""

    service: ClassVar[str] = "gateway"

    http_port: int = 7610
    """HTTPS for everybody; gateway serves no gRPC but its health."""
    health_port: int = 7611
    metrics_port: int = 7612
    ingest_target: str = "127.0.0.1:7113"
    detect_target: str = "127.0.0.1:7213"
    embed_target: str = "127.0.0.1:7313"
    match_target: str = "127.0.0.1:7413"
    notify_target: str = "127.0.0.1:7513"
    call_timeout: float = Field(default=30.0, gt=0, le=300)
    """Seconds that the services have for an answer."""
    connections: int = Field(default=1000, ge=1, le=100_000)
    """Clients that are connected at the same time; more are told to come again."""
    body_seconds: float = Field(default=30.0, gt=0, le=600)
    """Seconds in which a request's body has to arrive."""
    bodies_bytes: int = Field(default=128 * 1024 * 1024, ge=32 * 1024 * 1024)
    """What the bodies that are there may take of the memory, together."""
    aws_region: str = Field(default="us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    """The region in ARNs, and the one that Rekognition's clients sign for."""
    aws_account: str = Field(default="000000000000", pattern=r"^\d{12}$")
    """The account in ARNs."""
    cors_origins: tuple[Annotated[str, Field(pattern=r"^https?://[^/*]+$")], ...] = ()
    """Websites whose pages may call `/v1`, as `https://console.example`; none: pages of other sites may not."""
