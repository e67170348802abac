"""One shard of Qdrant Edge in a folder: the engine's own words end here.

Every call holds the interpreter until it is done (qdrant-edge-py 0.9.0 does not release it), so a thread would gain
nothing: callers keep each call short, and yield between two.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from qdrant_edge import (
    CountRequest,
    EdgeShard,
    FieldCondition,
    Filter,
    MatchValue,
    PayloadSchemaType,
    Point,
    QuantizationSearchParams,
    Query,
    QueryBatchRequest,
    QueryRequest,
    ScrollRequest,
    SearchParams,
    UpdateOperation,
)

from sightline.chassis.errors import FailedPrecondition
from sightline.match.edge_config import edge_config
from sightline.match.index import Hit, point_id
from sightline.match.payload import face_of, ids_of, payload_of
from sightline.match.shares import Shares

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from uuid import UUID

    from sightline.match.index import IndexedFace, Probe
    from sightline.match.index_options import IndexOptions, Way
    from sightline.match.vectors import Vector

    PointId = int | UUID | str

# So many of the nearest by their small vectors are compared again with the originals, whatever the limit is.
RESCORED = {"int8": 32, "turbo4": 32, "turbo2": 64, "binary": 128, "none": 1}
# In a graph at least this share of the candidates.
_RESCORED_SHARE = 8
# A watchlist with at least this share of all faces is searched for among all of them: asking every face that is
# compared whose it is takes as long as comparing it.
_MOST = 0.3
_SPARE = 1.5


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
        self._shares = Shares(self._about)

    def put(self, faces: Sequence[IndexedFace]) -> None:
        """Adds faces, or replaces those with the same id."""
        points = [
            Point(
                point_id(face.face_id),
                _numbers(face.vector),
                payload_of(face),
            )
            for face in faces
        ]
        self._shard.update(UpdateOperation.upsert_points(points))

    def remove(self, face_ids: Sequence[str], removing: Callable[[int], None]) -> None:
        """Removes faces; `removing` hears first how many of them there are."""
        ids: list[PointId] = [point_id(face_id) for face_id in face_ids]
        if found := self._shard.retrieve(ids, with_payload=False, with_vector=False):
            removing(len(found))
            self._shard.update(UpdateOperation.delete_points(ids))

    def nearest_many(self, probes: Sequence[Probe], ef: int) -> list[list[Hit]]:
        """For each probe the faces nearest to it; `ef` is how many candidates are kept, where not all are compared."""
        wide = [not probe.exact and self._shares.of(probe.watchlist_id) >= _MOST for probe in probes]
        asked = [self._request(probe, ef, among_all) for probe, among_all in zip(probes, wide, strict=True)]
        found = self._ask(asked)
        hits = [_hits(points, probe) for points, probe in zip(found, probes, strict=True)]
        # Where others' faces left too little room: once more, among the watchlist's own alone.
        full = [len(points) == request.limit for points, request in zip(found, asked, strict=True)]
        short = [n for n, probe in enumerate(probes) if wide[n] and full[n] and len(hits[n]) < probe.limit]
        again = self._ask([self._request(probes[n], ef, among_all=False) for n in short])
        for n, points in zip(short, again, strict=True):
            hits[n] = _hits(points, probes[n])
        return hits

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

    def _ask(self, requests: Sequence[QueryRequest]) -> list[list[Any]]:
        if len(requests) == 1:
            return [self._shard.query(requests[0])]
        return self._shard.query_batch(QueryBatchRequest(list(requests))) if requests else []

    def _request(self, probe: Probe, ef: int, among_all: bool) -> QueryRequest:
        limit = math.ceil(probe.limit * _SPARE / self._shares.of(probe.watchlist_id)) if among_all else probe.limit
        return QueryRequest(
            limit=limit,
            query=Query.Nearest(_numbers(probe.vector)),
            filter=None if among_all else _of(probe.watchlist_id),
            with_payload=True,
            params=_exactly() if probe.exact or self._way == "exact" else self._quickly(limit, ef),
        )

    def _about(self, watchlist_id: str | None) -> int:
        filtered = None if watchlist_id is None else _of(watchlist_id)
        return self._shard.count(CountRequest(filter=filtered, exact=False))

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
    shard = EdgeShard.create(str(folder), edge_config(dimension, options, way))
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


def _of(watchlist_id: str) -> Filter:
    return Filter(must=[FieldCondition("watchlist", match=MatchValue(watchlist_id))])


def _numbers(vector: Vector) -> list[float]:
    # The engine takes any sequence: of one that makes its numbers one by one in three quarters of a list's time.
    return cast("list[float]", np.ascontiguousarray(vector).data)


def _hits(points: Sequence[Any], probe: Probe) -> list[Hit]:
    """Those of the watchlist, at most as many as are wanted."""
    payloads = ((point.payload, point.score) for point in points)
    own = [(*ids_of(payload), score) for payload, score in payloads if payload["watchlist"] == probe.watchlist_id]
    return [Hit(face_id, person_id, score) for face_id, person_id, _, score in own[: probe.limit]]


def _face(record: Any) -> IndexedFace:
    return face_of(record.payload, record.vector)
