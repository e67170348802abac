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
    peer_port: int = 7213
    pack_dir: Path = Path(".sightline/models/starter")
    demonstration_reason: str = Field(default="", max_length=256)
    """Why a demonstration pack is used in `strict` durability, which refuses it without."""
    device: Literal["cpu", "cuda", "tensorrt"] = "cpu"
    sessions: int = Field(default=0, ge=0, le=64)
    """Inferences at the same time; 0: one for each processor, two on a GPU."""
    session_threads: int = Field(default=1, ge=1, le=64)
    """Threads of one inference on the CPU: more answer one picture sooner, and fewer pictures in all."""
    max_batch: int = Field(default=0, ge=0, le=256)
    """Pictures in one inference; 0: 1 on the CPU, where more do not pay, and 16 on a GPU."""
    linger: float = Field(default=0.002, ge=0, le=1)
    """Seconds that a picture waits for others to fill its batch."""
    threads: int = Field(default=0, ge=0, le=512)
    """Pictures that are looked at at the same time; 0: as many as keep the device busy."""
    decoders: int = Field(default=0, ge=0, le=64)
    """Processes that decode pictures which callers sent; 0: one for each processor."""
