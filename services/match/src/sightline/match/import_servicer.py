from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.chassis.ids import new_id
from sightline.chassis.principal import current_principal
from sightline.match.bulk_reading import Choice
from sightline.match.importing import Batch
from sightline.match.pipeline import answered
from sightline.v1 import import_service_pb2 as pb
from sightline.v1 import import_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from sightline.chassis.audit import Auditor
    from sightline.match.export import Export
    from sightline.match.importing import Import
    from sightline.match.watchlists import Watchlists
    from sightline.v1 import gallery_service_pb2 as gallery_pb

BATCHES_AT_ONCE = 4
"""Of one call: while one is written, the next ones are read. Whoever sends more waits."""


class ImportServicer(grpc_pb.ImportServiceServicer):
    """ImportService: protobuf in and out, every batch and every export audited."""

    def __init__(self, importing: Import, export: Export, watchlists: Watchlists, auditor: Auditor) -> None:
        self._importing = importing
        self._export = export
        self._watchlists = watchlists
        self._auditor = auditor

    async def ImportFaces(
        self, requests: AsyncIterator[pb.ImportFacesRequest], _: Any
    ) -> AsyncGenerator[pb.ImportFacesResponse, None]:
        """See the contract."""
        # Of the call, where the caller has none of their own.
        batch = partial(self._import, new_id())
        async for response in answered(requests, batch, BATCHES_AT_ONCE):
            yield response

    async def ExportFaces(self, request: pb.ExportFacesRequest, _: Any) -> AsyncGenerator[pb.ExportFacesResponse, None]:
        """See the contract."""
        watchlist = await self._begin("gallery.export_faces", request)
        seen: set[str] = set()
        for faces in self._export.faces(watchlist.id):
            yield pb.ExportFacesResponse(faces=faces, persons=self._export.persons(faces, seen))

    async def ExportTemplates(
        self, request: pb.ExportTemplatesRequest, _: Any
    ) -> AsyncGenerator[pb.ExportTemplatesResponse, None]:
        """See the contract."""
        watchlist = await self._begin("gallery.export_templates", request)
        seen: set[str] = set()
        async with aclosing(self._export.templates(watchlist.id)) as pages:
            async for records in pages:
                persons = self._export.persons((record.face for record in records), seen)
                templates = [pb.ExportedTemplate(face=record.face, vector=record.vector) for record in records]
                yield pb.ExportTemplatesResponse(templates=templates, persons=persons)

    async def _begin(
        self, action: str, request: pb.ExportFacesRequest | pb.ExportTemplatesRequest
    ) -> gallery_pb.Watchlist:
        """Writes down who exports before anything leaves."""
        what = Audited(action, "watchlist", "", request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            watchlist = self._watchlists.get(request.watchlist)
            what.object_id, what.detail = watchlist.id, f"{watchlist.face_count} faces"
        return watchlist

    async def _import(self, call_id: str, request: pb.ImportFacesRequest) -> pb.ImportFacesResponse:
        what = Audited("gallery.import_faces", "watchlist", "", request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            watchlist = self._watchlists.get(request.watchlist)
            what.object_id = watchlist.id
            response = await self._importing.take(
                Batch(
                    watchlist,
                    request.items,
                    Choice(request.selection, request.quality_gate, watchlist.keep_references),
                    request.purpose,
                    request.case_reference,
                    request.dry_run,
                    current_principal().subject,
                    request.import_id or call_id,
                )
            )
            what.detail = _summary(response, dry_run=request.dry_run)
        return response


def _summary(response: pb.ImportFacesResponse, *, dry_run: bool) -> str:
    counts = Counter(item.outcome for item in response.items)
    said = (
        f"{counts[pb.IMPORT_OUTCOME_ENROLLED]} enrolled, {counts[pb.IMPORT_OUTCOME_KNOWN]} known, "
        f"{counts[pb.IMPORT_OUTCOME_REFUSED]} refused"
    )
    if waiting := counts[pb.IMPORT_OUTCOME_PENDING]:
        said += f", {waiting} wait for approval in import {response.import_id}"
    return f"dry run: {said}" if dry_run else said
