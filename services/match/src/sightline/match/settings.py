from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from sightline.chassis.policy import DEFAULT_POLICY
from sightline.chassis.settings import ServiceSettings


class MatchSettings(ServiceSettings):
    """Settings of match."""

    service: ClassVar[str] = "match"

    grpc_port: int = 7410
    health_port: int = 7411
    metrics_port: int = 7412
    peer_port: int = 7413
    policy: str = DEFAULT_POLICY
    """What it asks is what watchlists, alerts and searches keep to: a name, or the path of a file of one's own."""
    pack_dir: Path = Path(".sightline/models/starter")
    calibration_file: str = ""
    """What `sightline calibrate` measured; empty: calibration.json in the pack's folder, if there is one."""
    installation_key: SecretStr = SecretStr("")
    """Keys in place of those in installation.key, the current one first, separated by blanks; empty: the file's."""
    rotation_key: SecretStr = SecretStr("")
    """As `installation_key`, in place of rotation.key."""
    qdrant_url: str = ""
    """A Qdrant server; empty: the index runs inside this process (one replica)."""
    qdrant_api_key: SecretStr = SecretStr("")
    """In place of that in qdrant.key; empty: the file's."""
    qdrant_shards: int = Field(default=1, ge=1)
    """Parts of the collection on the server, each on a node of its own where there are as many."""
    qdrant_replicas: int = Field(default=1, ge=1)
    """Nodes that hold each part."""
    qdrant_write_consistency: int = Field(default=1, ge=1)
    """Replicas that must have a write before it is answered; in a cluster a majority of them."""
    qdrant_on_disk: bool = True
    """Whether the server reads the original vectors from its disk as they are needed."""
    index_exact_below: int = Field(default=10_000, ge=0)
    """With fewer faces the embedded index compares every original vector."""
    index_scan_below: int = Field(default=150_000, ge=0)
    """With fewer faces the embedded index compares every quantised vector; from there on it builds a graph."""
    index_quantization: Literal["auto", "int8", "turbo4", "turbo2", "binary", "none"] = "auto"
    """How vectors are made small; auto: by dimension and by how they are searched. A server knows int8."""
    index_m: int = Field(default=64, ge=4, le=128)
    """Links of a face in the graph."""
    index_ef_construct: int = Field(default=128, ge=8, le=2000)
    """Candidates for these links."""
    index_ef: int = Field(default=256, ge=16, le=8192)
    """Candidates that a search keeps on its way; a build of the embedded index raises it until mate recall holds."""
    index_tail: int = Field(default=5_000, ge=1)
    """Faces that came after the last build and make a new one worth while."""
    index_rewrite_hours: float = Field(default=12.0, gt=0, le=20.0)
    """After which what was deleted is rewritten without it; the rest of a day is for builds that fail."""
    index_build_threads: int = Field(default=0, ge=0)
    """Of the process that builds; 0: one for each processor."""
    detect_target: str = "127.0.0.1:7213"
    embed_target: str = "127.0.0.1:7313"
    migration_embed_target: str = ""
    """An embed service with the pack to which the gallery is to be migrated; empty: there is none."""
