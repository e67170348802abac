from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from sightline.chassis.audit import Audited
from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, SightlineError
from sightline.match.search import DEFAULT_COMPARE_SIMILARITY, Terms, check_size
from sightline.match.search_reasons import require_reasons
from sightline.match.watchlist_approvals import require_approved
from sightline.v1 import face_pb2
from sightline.v1 import search_service_pb2 as pb
from sightline.v1 import search_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.chassis.policy import Searches
    from sightline.match.parts import Parts
    from sightline.match.probes import Sought
    from sightline.match.search_quota import SearchQuota
    from sightline.v1 import gallery_service_pb2

    Searching: TypeAlias = pb.SearchFacesRequest | pb.SearchPersonsRequest | pb.BatchSearchRequest

DEFAULT_LIMIT = 10
# Pictures of a batch that are read at the same time.
READ_TOGETHER = 8


class SearchServicer(grpc_pb.SearchServiceServicer):
    """SearchService: every look at biometric data is audited with its purpose."""

    def __init__(self, parts: Parts, auditor: Auditor, fit_for: str, searches: Searches, quota: SearchQuota) -> None:
        self._parts = parts
        self._auditor = auditor
        self._fit_for = fit_for
        self._searches = searches
        self._quota = quota

    async def SearchFaces(self, request: pb.SearchFacesRequest, _: Any) -> pb.SearchFacesResponse:
        """See the contract."""
        what = _audited("search.faces", request)
        async with self._auditor.audit(what):
            require_reasons(what, self._searches)
            terms = self._terms(request, request.max_faces, what)
            sought = await self._read(request, self._probe_watchlist(request, what))
            found = await self._parts.search.faces(sought, terms)
        answers = [pb.FaceAnswer(probe=one.face, matches=matches) for one, matches in zip(sought, found, strict=True)]
        return pb.SearchFacesResponse(
            probe=answers[0].probe,
            matches=answers[0].matches,
            fit_for=self._fit_for,
            answers=answers if request.probe_faces == pb.PROBE_FACES_EVERY else [],
        )

    async def SearchPersons(self, request: pb.SearchPersonsRequest, _: Any) -> pb.SearchPersonsResponse:
        """See the contract."""
        what = _audited("search.persons", request)
        async with self._auditor.audit(what):
            require_reasons(what, self._searches)
            terms = replace(self._terms(request, request.max_persons, what), named_only=request.named_only)
            sought = await self._read(request, self._probe_watchlist(request, what))
            check_size(len(sought), terms)
            found = [await self._parts.person_scores.persons(one, terms) for one in sought]
        answers = [pb.PersonAnswer(probe=one.face, matches=matches) for one, matches in zip(sought, found, strict=True)]
        return pb.SearchPersonsResponse(
            probe=answers[0].probe,
            matches=answers[0].matches,
            fit_for=self._fit_for,
            answers=answers if request.probe_faces == pb.PROBE_FACES_EVERY else [],
        )

    async def BatchSearch(self, request: pb.BatchSearchRequest, _: Any) -> pb.BatchSearchResponse:
        """See the contract."""
        what = _audited("search.batch", request)
        async with self._auditor.audit(what):
            require_reasons(what, self._searches)
            terms = self._terms(request, request.max_faces, what)
            await self._quota.take(len(request.probes))
            read = await self._read_all(request, self._probe_watchlist(request, what))
            what.detail = ", ".join(filter(None, (f"{len(read)} probes", what.detail)))
            readable = [one for one in read if not isinstance(one, SightlineError)]
            found = iter(await self._parts.search.faces(readable, terms) if readable else [])
        results = [
            pb.BatchResult(error=face_pb2.Problem(reason=one.reason, message=one.message))
            if isinstance(one, SightlineError)
            else pb.BatchResult(probe=one.face, matches=next(found))
            for one in read
        ]
        return pb.BatchSearchResponse(results=results, fit_for=self._fit_for)

    async def CompareFaces(self, request: pb.CompareFacesRequest, _: Any) -> pb.CompareFacesResponse:
        """See the contract."""
        what = Audited("search.compare", "none", "", request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            require_reasons(what, self._searches)
            source, compared = await self._parts.search.compare(request.source, request.target)
        given = request.HasField("min_similarity")
        minimum = request.min_similarity if given else DEFAULT_COMPARE_SIMILARITY
        return pb.CompareFacesResponse(
            source=source,
            matches=[face for face in compared if face.similarity >= minimum],
            others=[face for face in compared if face.similarity < minimum],
        )

    async def ExplainThreshold(self, request: pb.ExplainThresholdRequest, _: Any) -> pb.ExplainThresholdResponse:
        """See the contract."""
        return self._parts.thresholds.explain(self._parts.watchlists.get(request.watchlist))

    def _terms(self, request: Searching, limit: int, what: Audited) -> Terms:
        # One that is named twice, by id and by name, is searched once.
        found = map(self._parts.watchlists.get, request.watchlists)
        watchlists = {watchlist.id: watchlist for watchlist in found}
        what.object_id = ",".join(watchlists)
        for watchlist in watchlists.values():
            require_approved(watchlist)
        minimum = request.min_similarity if request.HasField("min_similarity") else None
        return Terms(list(watchlists.values()), limit or DEFAULT_LIMIT, minimum, request.exact)

    def _probe_watchlist(self, request: Searching, what: Audited) -> gallery_service_pb2.Watchlist | None:
        if not request.probe_watchlist:
            return None
        watchlist = self._parts.watchlists.get(request.probe_watchlist)
        what.detail = f"probe watchlist {watchlist.id}"
        require_approved(watchlist)
        return watchlist

    async def _read(
        self,
        request: pb.SearchFacesRequest | pb.SearchPersonsRequest,
        probe_watchlist: gallery_service_pb2.Watchlist | None,
    ) -> list[Sought]:
        """The templates of the probe; each counts as a search."""
        await self._quota.take(1)
        sought = await self._parts.probes.read(request, probe_watchlist, request.probe_faces)
        if len(sought) > 1:
            await self._quota.take(len(sought) - 1)
        return sought

    async def _read_all(
        self, request: pb.BatchSearchRequest, probe_watchlist: gallery_service_pb2.Watchlist | None
    ) -> list[Sought | SightlineError]:
        """The template of each probe, or what is wrong with it."""
        turns = asyncio.Semaphore(READ_TOGETHER)

        async def read(probe: pb.BatchProbe) -> Sought | SightlineError:
            async with turns:
                try:
                    return (await self._parts.probes.read(probe, probe_watchlist))[0]
                except (InvalidInput, NotFound, FailedPrecondition) as error:
                    return error

        return await asyncio.gather(*map(read, request.probes))


def _audited(action: str, request: Searching) -> Audited:
    return Audited(action, "watchlist", "", request.purpose, request.case_reference)
