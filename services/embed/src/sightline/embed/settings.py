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
    peer_port: int = 7313
    pack_dir: Path = Path(".sightline/models/starter")
    demonstration_reason: str = Field(default="", max_length=256)
    """Why a demonstration pack is used in `strict` durability, which refuses it without."""
    device: Literal["cpu", "cuda", "tensorrt"] = "cpu"
    threads: int = Field(default=0, ge=0, le=64)
    """Batches at the same time, each inference on one processor; 0: one for each processor, on a GPU four."""
    max_batch: int = Field(default=0, ge=0, le=256)
    """Faces of one inference; 0: four, on a GPU 64."""
    embed_role: Literal["all", "stream", "calls"] = "all"
    """`stream`: it embeds the faces on the broker and serves no gRPC API; `calls`: it only answers calls."""
    linger: float = Field(default=0.0, ge=0, le=1)
    """Seconds to wait for a batch to fill once it has its first face; under load it fills without."""
    decoders: int = Field(default=0, ge=0, le=64)
    """Processes that decode pictures which callers sent; 0: one for each processor."""

    @property
    def takes_faces(self) -> bool:
        """Whether it embeds what cameras and videos saw."""
        return self.embed_role != "calls"

    @property
    def answers_calls(self) -> bool:
        """Whether it serves its gRPC API."""
        return self.embed_role != "stream"
