from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from sightline.chassis.settings import ServiceSettings


class DetectSettings(ServiceSettings):
    """Settings of detect."""

    service: ClassVar[str] = "detect"

    grpc_port: int = 7210
    health_port: int = 7211
    metrics_port: int = 7212
    pack_dir: Path = Path(".sightline/models/starter")
    demonstration_reason: str = Field(default="", max_length=256)
    """Why a demonstration pack is used in `strict` durability, which refuses it without."""
    device: Literal["cpu", "cuda"] = "cpu"
    threads: int = Field(default=2, ge=1, le=64)
    """Pictures that are looked at at the same time; an inference itself uses every processor."""
