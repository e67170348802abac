from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from sightline.chassis.settings import ServiceSettings


class EmbedSettings(ServiceSettings):
    """Settings of embed."""

    service: ClassVar[str] = "embed"

    grpc_port: int = 7310
    health_port: int = 7311
    metrics_port: int = 7312
    pack_dir: Path = Path(".sightline/models/starter")
    demonstration_reason: str = Field(default="", max_length=256)
    """Why a demonstration pack is used in `strict` durability, which refuses it without."""
    device: Literal["cpu", "cuda"] = "cpu"
    threads: int = Field(default=1, ge=1, le=64)
    """Batches that are embedded at the same time; an inference itself uses every processor."""
    max_batch: int = Field(default=32, ge=1, le=256)
    """Face events that are embedded together."""
    linger: float = Field(default=0.01, ge=0, le=1)
    """Seconds to wait for a batch to fill once it has its first event."""
