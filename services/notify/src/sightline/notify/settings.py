from __future__ import annotations

from typing import ClassVar

from sightline.chassis.settings import ServiceSettings


class NotifySettings(ServiceSettings):
    """Settings of notify."""

    service: ClassVar[str] = "notify"

    grpc_port: int = 7510
    health_port: int = 7511
    metrics_port: int = 7512
    evidence_timeout: float = 3.0
    """Seconds to wait for the snapshot, without which the alert carries the face crop, and for the reference."""
    match_target: str = "127.0.0.1:7410"
    """Where references of enrolled faces are asked for."""
