from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.chassis.pages import from_token, page_size, to_token
from sightline.chassis.principal import current_reach
from sightline.match.index_servicer import told_status
from sightline.v1 import migration_service_pb2 as pb
from sightline.v1 import migration_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.match.gallery_audit import Reasoned
    from sightline.match.migrations import Migrations
    from sightline.match.template_rows import Unmigrated


class MigrationServicer(grpc_pb.MigrationServiceServicer):
    """MigrationService; whatever does something, or shows faces, is audited."""

    def __init__(self, migrations: Migrations, auditor: Auditor) -> None:
        self._migrations = migrations
        self._auditor = auditor

    async def StartMigration(self, request: pb.StartMigrationRequest, _: Any) -> pb.StartMigrationResponse:
        """See the contract."""
        what = _audited("start", request)
        what.detail = f"to embedder {request.target.id}"
        async with self._auditor.audit(what):
            await self._migrations.start(request.target)
        return pb.StartMigrationResponse()

    async def GetMigration(self, _request: pb.GetMigrationRequest, _: Any) -> pb.GetMigrationResponse:
        """See the contract."""
        migration, index = await self._migrations.get()
        if index is not None:
            migration.index.CopyFrom(told_status(index))
        return pb.GetMigrationResponse(migration=migration)

    async def ListUnmigratedFaces(
        self, request: pb.ListUnmigratedFacesRequest, _: Any
    ) -> pb.ListUnmigratedFacesResponse:
        """See the contract."""
        async with self._auditor.audit(_audited("list_faces", request)):
            size, after = page_size(request.page_size), from_token(request.page_token)
            found = await self._migrations.unmigrated(after, size + 1, current_reach().watchlists)
        token = to_token(found[size - 1].face.id) if len(found) > size else ""
        return pb.ListUnmigratedFacesResponse(faces=map(_unmigrated, found[:size]), next_page_token=token)

    async def SwitchMigration(self, request: pb.SwitchMigrationRequest, _: Any) -> pb.SwitchMigrationResponse:
        """See the contract."""
        what = _audited("switch", request)
        async with self._auditor.audit(what):
            answer = await self._migrations.switch(accept_unmigrated=request.accept_unmigrated)
            what.detail = f"{answer.unmigrated} faces without a template, {answer.thresholds} thresholds end"
        return answer

    async def CancelMigration(self, request: pb.CancelMigrationRequest, _: Any) -> pb.CancelMigrationResponse:
        """See the contract."""
        async with self._auditor.audit(_audited("cancel", request)):
            await self._migrations.cancel()
        return pb.CancelMigrationResponse()


def _audited(action: str, request: Reasoned) -> Audited:
    return Audited(f"migration.{action}", "none", "", request.purpose, request.case_reference)


def _unmigrated(found: Unmigrated) -> pb.UnmigratedFace:
    face = found.face
    return pb.UnmigratedFace(
        face_id=face.id,
        watchlist_id=face.watchlist_id,
        person_id=face.person_id,
        external_id=found.external_id,
        reason=found.reason,
    )
