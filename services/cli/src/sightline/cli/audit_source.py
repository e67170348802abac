"""The audit trail as the running system hands it over."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from sightline.v1 import audit_service_pb2 as pb
from sightline.v1.audit_seal_pb2 import AuditEntry, Seal


class ServiceTrail:
    """A StoredTrail: the seals are asked for before the entries, so that they are no newer.

    Args:
        stub: of AuditService.
        why: purpose and case_reference.
        total: told how many entries there are.
    """

    def __init__(self, stub: Any, why: dict[str, str], total: Callable[[int], None]) -> None:
        self._stub = stub
        self._why = why
        self._total = total

    async def seals(self) -> AsyncIterator[Seal]:
        """See StoredTrail."""
        request = pb.ExportAuditRequest(content=pb.AUDIT_CONTENT_SEALS, **self._why)
        async for answer in self._stub.ExportAudit(request):
            for seal in answer.seals:
                yield seal

    async def entries(self) -> AsyncIterator[AuditEntry]:
        """See StoredTrail."""
        request = pb.ExportAuditRequest(content=pb.AUDIT_CONTENT_ENTRIES, **self._why)
        async for answer in self._stub.ExportAudit(request):
            self._total(answer.total)
            for entry in answer.entries:
                yield entry
