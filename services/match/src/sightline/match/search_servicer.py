from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.match.search import DEFAULT_COMPARE_SIMILARITY
from sightline.v1 import search_service_pb2 as pb
from sightline.v1 import search_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.match.search import Search
    from sightline.match.watchlists import Watchlists

DEFAULT_MAX_FACES = 10


class SearchServicer(grpc_pb.SearchServiceServicer):
    """SearchService: every look at biometric data is audited with its purpose."""

    def __init__(self, search: Search, watchlists: Watchlists, auditor: Auditor, fit_for: str) -> None:
        self._search = search
        self._watchlists = watchlists
        self._auditor = auditor
        self._fit_for = fit_for

    async def SearchFaces(self, request: pb.SearchFacesRequest, _: Any) -> pb.SearchFacesResponse:
        """See the contract."""
        what = Audited("search.faces", "watchlist", "", request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            watchlists = [self._watchlists.get(name) for name in request.watchlists]
            what.object_id = ",".join(watchlist.id for watchlist in watchlists)
            minimum = request.min_similarity if request.HasField("min_similarity") else None
            limit = request.max_faces or DEFAULT_MAX_FACES
            probe, matches = await self._search.faces(request.image, watchlists, limit, minimum)
        return pb.SearchFacesResponse(probe=probe, matches=matches, fit_for=self._fit_for)

    async def CompareFaces(self, request: pb.CompareFacesRequest, _: Any) -> pb.CompareFacesResponse:
        """See the contract."""
        what = Audited("search.compare", "none", "", request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            source, compared = await self._search.compare(request.source, request.target)
        given = request.HasField("min_similarity")
        minimum = request.min_similarity if given else DEFAULT_COMPARE_SIMILARITY
        return pb.CompareFacesResponse(
            source=source,
            matches=[face for face in compared if face.similarity >= minimum],
            others=[face for face in compared if face.similarity < minimum],
        )
