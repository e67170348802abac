from __future__ import annotations

import json
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network  # noqa: TC003 - pydantic reads the annotations
from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import Annotated, ClassVar

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from sightline.chassis.named_file import NamedPath  # noqa: TC001 - pydantic reads the annotations
from sightline.chassis.policy import DEFAULT_POLICY
from sightline.chassis.settings import ServiceSettings
from sightline.notify.backoff import Backoff
from sightline.notify.webhook_sender import WebhookRules

TopicName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,256}([.]fifo)?$")]


class NotifySettings(ServiceSettings):
    """Settings of notify."""

    service: ClassVar[str] = "notify"

    grpc_port: int = 7510
    health_port: int = 7511
    metrics_port: int = 7512
    peer_port: int = 7513
    policy: str = DEFAULT_POLICY
    """How long alerts are kept: a name, or the path of a file of one's own."""
    evidence_timeout: float = 3.0
    """Seconds to wait for the snapshot, without which the alert carries the face crop, and for the reference."""
    match_target: str = "127.0.0.1:7413"
    """Where references of enrolled faces are asked for."""
    ingest_target: str = "127.0.0.1:7113"
    """Where cameras are suspended."""
    false_alarm_limit: float = Field(default=0.9, ge=0, le=1)
    """A camera of whose settled alerts a larger share was dismissed is suspended; 0: none is."""
    false_alarm_reviews: int = Field(default=20, ge=1)
    """Of fewer settled alerts nothing follows."""
    false_alarm_hours: float = Field(default=24.0, gt=0)
    """Alerts count that were settled so long ago at most."""
    storm_alerts: int = Field(default=30, ge=0)
    """More new alerts of one camera than that are a storm; 0: nothing is."""
    storm_seconds: float = Field(default=60.0, gt=0)
    """In so many seconds."""
    storm_suspends: bool = True
    """A camera that raises a storm is suspended."""
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that webhooks may reach beside public addresses."""
    webhook_allow_http: bool = False
    """Whether webhooks may go without TLS."""
    webhook_ca_file: Path | None = None
    """Certificates (PEM) that webhooks may have been issued by, beside the public ones."""
    webhook_timeout: float = Field(default=15.0, gt=0, le=60)
    """Seconds that one attempt may take, all of it."""
    sns_topics: Annotated[dict[TopicName, str], NoDecode] = Field(default_factory=dict)
    """JSON: HTTPS URLs by the names of topics: what Rekognition's clients named one for is posted there."""
    sns_secret_file: NamedPath = None
    """A file with the secrets that sign it, as `whsec_…`, one a line, which others cannot open."""
    apprise_services: tuple[str, ...] = ()
    """What apprise may send by, as its URLs begin; none: no e-mail and no chat."""
    delivery_retry_seconds: float = Field(default=5.0, gt=0)
    """The first pause after a failed delivery; each is twice the one before, up to an hour."""
    delivery_retry_hours: float = Field(default=12.0, gt=0)
    """After which a delivery is given up."""
    delivery_disable_hours: float = Field(default=24.0, gt=0)
    """After which a subscription that only failed is disabled."""

    @field_validator("sns_topics", mode="before")
    @classmethod
    def _read_topics(cls, given: object) -> object:
        """An empty variable names no topics."""
        return json.loads(given or "{}") if isinstance(given, str) else given

    @property
    def webhook_rules(self) -> WebhookRules:
        """What webhooks may reach."""
        return WebhookRules(self.webhook_networks, self.webhook_allow_http, self.webhook_timeout)

    @property
    def backoff(self) -> Backoff:
        """When deliveries are tried again."""
        return Backoff(
            first=self.delivery_retry_seconds,
            give_up=timedelta(hours=self.delivery_retry_hours),
            disable=timedelta(hours=self.delivery_disable_hours),
        )
