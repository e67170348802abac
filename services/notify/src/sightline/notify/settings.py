from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from sightline.chassis.settings import ServiceSettings


class NotifySettings(ServiceSettings):
    """Settings of notify."""

    service: ClassVar[str] = "notify"

    grpc_port: int = 7510
    health_port: int = 7511
    metrics_port: int = 7512
    evidence_timeout: float = 3.0
    """Seconds to wait for the snapshot; without it the alert carries the face crop."""
    ingest_target: str = "127.0.0.1:7110"
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
