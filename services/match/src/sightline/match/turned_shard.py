"""A shard and the space in which its vectors are: faces and probes go in, and come out, as everybody else has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.match.edge_shard import Shard

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sightline.match.edge_shard import PointId
    from sightline.match.index import Hit, IndexedFace, Probe
    from sightline.match.index_options import IndexOptions, Way
    from sightline.match.space import Space
    from sightline.match.vectors import Vector


class TurnedShard(Shard):
    """See Shard."""

    def __init__(self, space: Space, folder: Path, dimension: int, options: IndexOptions, way: Way = "exact") -> None:
        super().__init__(folder, dimension, options, way)
        self.space = space

    def put(self, faces: Sequence[IndexedFace]) -> None:
        """See Shard."""
        super().put(self.space.entering(faces))

    def nearest_many(self, probes: Sequence[Probe], ef: int) -> list[list[Hit]]:
        """See Shard."""
        return super().nearest_many(self.space.probes(probes), ef)

    def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """See Shard."""
        return self.space.vectors(super().vectors(face_ids))

    def block(self, offset: PointId | None, limit: int) -> tuple[list[IndexedFace], PointId | None]:
        """See Shard."""
        kept, following = self.kept_block(offset, limit)
        return self.space.leaving(kept), following

    def kept_block(self, offset: PointId | None, limit: int) -> tuple[list[IndexedFace], PointId | None]:
        """As `block`, with the faces as they are kept."""
        return super().block(offset, limit)
