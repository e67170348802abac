from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import SecretStr

from sightline.chassis.settings import ServiceSettings


class MatchSettings(ServiceSettings):
    """Settings of match."""

    service: ClassVar[str] = "match"

    grpc_port: int = 7410
    health_port: int = 7411
    metrics_port: int = 7412
    pack_dir: Path = Path(".sightline/models/starter")
    calibration_file: str = ""
    """What `sightline calibrate` measured; empty: calibration.json in the pack's folder, if there is one."""
    qdrant_url: str = ""
    """A Qdrant server; empty: the index runs inside this process (one replica)."""
    qdrant_api_key: SecretStr = SecretStr("")
    detect_target: str = "127.0.0.1:7210"
    embed_target: str = "127.0.0.1:7310"
