from __future__ import annotations

from typing import ClassVar

from sightline.chassis.policy import DEFAULT_POLICY
from sightline.chassis.settings import ServiceSettings


class NotifySettings(ServiceSettings):
    """Settings of notify."""

    service: ClassVar[str] = "notify"

    grpc_port: int = 7510
    health_port: int = 7511
    metrics_port: int = 7512
    policy: str = DEFAULT_POLICY
    """How long alerts are kept: a name, or the path of a file of one's own."""
    evidence_timeout: float = 3.0
    """Seconds to wait for the snapshot; without it the alert carries the face crop."""
