"""One shard of Qdrant Edge in a folder: the engine's own words end here.

Every call holds the interpreter until it is done (qdrant-edge-py 0.9.0 does not release it), so a thread would gain
nothing: callers keep each call short, and yield between two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qdrant_edge import (
    BinaryQuantizationConfig,
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    HnswIndexConfig,
    MatchValue,
    Memory,
    PayloadSchemaType,
    Point,
    QuantizationSearchParams,
    Query,
    QueryBatchRequest,
    QueryRequest,
    ScalarQuantizationConfig,
    ScalarType,
    ScrollRequest,
    SearchParams,
    UpdateOperation,
)

from sightline.chassis.errors import FailedPrecondition
from sightline.match.index import Hit, IndexedFace, point_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from sightline.match.index import Probe
    from sightline.match.index_options import IndexOptions, Way
    from sightline.match.vectors import Vector

    PointId = int | UUID | str

# A segment may be as large as it likes: one graph is searched faster than several.
_ONE_SEGMENT_KB = 1 << 40
# So many of the nearest by their small vectors are compared again with the originals, whatever the limit is.
RESCORED = {"int8": 32, "binary": 128, "none": 1}
# A watchlist with fewer faces is not looked for through the graph of all: its faces are compared.
_FEW = 20_000
# In a graph at least this share of the candidates.
_RESCORED_SHARE = 8


class Shard:
    """A set of faces in a folder that no other process has open.

    Args:
        folder: where it is, or will be.
        dimension: of a vector.
        options: how it is built.
        way: how it is searched; a graph has to be asked for when it is made.
    """

    def __init__(self, folder: Path, dimension: int, options: IndexOptions, way: Way = "exact") -> None:
        self._way = way
        self._rescored = RESCORED[options.quantized(dimension, way)]
        self._shard = _open(folder, dimension, options, way)

    def put(self, faces: Sequence[IndexedFace]) -> None:
        """Adds faces, or replaces those with the same id."""
        points = [
            Point(
                point_id(face.face_id),
                face.vector.tolist(),
                {"face": face.face_id, "watchlist": face.watchlist_id, "person": face.person_id},
            )
            for face in faces
        ]
        self._shard.update(UpdateOperation.upsert_points(points))

    def remove(self, face_ids: Sequence[str]) -> int:
        """Removes faces, and returns how many of them there were."""
        ids: list[PointId] = [point_id(face_id) for face_id in face_ids]
        found = self._shard.retrieve(ids, with_payload=False, with_vector=False)
        if found:
            self._shard.update(UpdateOperation.delete_points(ids))
        return len(found)

    def nearest_many(self, probes: Sequence[Probe], ef: int) -> list[list[Hit]]:
        """For each probe the faces nearest to it; `ef` is how many candidates are kept, where not all are compared."""
        requests = [self._request(probe, ef) for probe in probes]
        if len(requests) == 1:
            return [_hits(self._shard.query(requests[0]))]
        return [_hits(points) for points in self._shard.query_batch(QueryBatchRequest(requests))]

    def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """Of those of these faces that are there, by face id."""
        ids: list[PointId] = [point_id(face_id) for face_id in face_ids]
        records = self._shard.retrieve(ids, with_payload=True, with_vector=True)
        return {face.face_id: face.vector for face in map(_face, records)}

    def block(self, offset: PointId | None, limit: int) -> tuple[list[IndexedFace], PointId | None]:
        """At most `limit` faces in the order of their points, from `offset` on, and where the next block begins."""
        request = ScrollRequest(offset=offset, limit=limit, with_payload=True, with_vector=True)
        records, following = self._shard.scroll(request)
        return [_face(record) for record in records], following

    def size(self) -> int:
        """How many faces there are; takes 0.1 s for each million."""
        return self._shard.count(CountRequest(exact=True))

    def estimate(self) -> tuple[int, int]:
        """About how many there are, and of these how many the last build made fast; at once, whatever the size."""
        size = self._shard.count(CountRequest(exact=False))
        return size, min(size, self._shard.info().indexed_vectors_count)

    def build(self) -> None:
        """Makes all fast to search. A graph takes many seconds for each ten thousand; nothing else runs here then."""
        self._shard.optimize()

    def check(self) -> None:
        """Raises unless the engine answers."""
        self._shard.info()

    def flush(self) -> None:
        """Brings everything to the disk."""
        self._shard.flush()

    def close(self) -> None:
        """Writes what is pending and gives the folder free."""
        self._shard.flush()
        self._shard.close()

    def _request(self, probe: Probe, ef: int) -> QueryRequest:
        return QueryRequest(
            limit=probe.limit,
            query=Query.Nearest(probe.vector.tolist()),
            filter=Filter(must=[FieldCondition("watchlist", match=MatchValue(probe.watchlist_id))]),
            with_payload=True,
            params=_exactly() if probe.exact or self._way == "exact" else self._quickly(probe.limit, ef),
        )

    def _quickly(self, limit: int, ef: int) -> SearchParams:
        again = ef if self._way == "scan" else max(self._rescored, ef // _RESCORED_SHARE)
        quantization = QuantizationSearchParams(rescore=True, oversampling=max(1.0, again / limit))
        return SearchParams(hnsw_ef=ef, quantization=quantization)


def _exactly() -> SearchParams:
    return SearchParams(exact=True, quantization=QuantizationSearchParams(ignore=True))


def _open(folder: Path, dimension: int, options: IndexOptions, way: Way) -> EdgeShard:
    if (folder / "edge_config.json").exists():
        return _load(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shard = EdgeShard.create(str(folder), _config(dimension, options, way))
    shard.update(UpdateOperation.create_field_index("watchlist", PayloadSchemaType.Keyword))
    return shard


def _load(folder: Path) -> EdgeShard:
    """The engine's errors have no classes of their own."""
    try:
        return EdgeShard.load(str(folder))
    except Exception as error:
        if "WouldBlock" in str(error):
            raise FailedPrecondition(
                "INDEX_IN_USE",
                f"Another process has the index in {folder}: let one match at a time use a state folder.",
            ) from error
        raise FailedPrecondition(
            "INDEX_UNREADABLE", f"The index in {folder} cannot be read: remove it; it is made again from the ledger."
        ) from error


def _config(dimension: int, options: IndexOptions, way: Way) -> EdgeConfig:
    """Original vectors are read from the disk as they are needed; the small ones, and a graph, stay in memory."""
    quantization: ScalarQuantizationConfig | BinaryQuantizationConfig | None = None
    small = options.quantized(dimension, way)
    if small == "int8":
        quantization = ScalarQuantizationConfig(ScalarType.Int8, memory=Memory.Pinned)
    elif small == "binary":
        quantization = BinaryQuantizationConfig(memory=Memory.Pinned)
    return EdgeConfig(
        vectors=EdgeVectorParams(size=dimension, distance=Distance.Dot, memory=Memory.Cold),
        hnsw_config=HnswIndexConfig(
            m=options.m if way == "graph" else 0,
            ef_construct=options.ef_construct,
            full_scan_threshold=max(1, min(options.scan_below, _FEW) * dimension * 4 // 1024),
            max_indexing_threads=options.threads,
        ),
        quantization_config=quantization,
        optimizers=EdgeOptimizersConfig(
            default_segment_number=1, indexing_threshold=1, max_segment_size=_ONE_SEGMENT_KB
        ),
    )


def _hits(points: Sequence[Any]) -> list[Hit]:
    return [Hit(payload["face"], payload["person"], point.score) for point in points if (payload := point.payload)]


def _face(record: Any) -> IndexedFace:
    payload = record.payload
    vector = np.asarray(record.vector, np.float32)
    return IndexedFace(payload["face"], payload["watchlist"], payload["person"], vector)
