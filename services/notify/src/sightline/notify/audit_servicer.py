"""AuditService: the trail itself and its seals; whoever reads them is in the trail."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.chassis.enum_names import enum_word
from sightline.chassis.errors import NotFound
from sightline.chassis.pages import from_token, page_size, refused_token, to_token
from sightline.chassis.streams import until_stopped
from sightline.chassis.tail import sequence_before, tail
from sightline.chassis.topology import AUDIT
from sightline.notify.audit_pages import event_of, page
from sightline.notify.audit_trail import AuditTrail
from sightline.notify.seal_book import SealBook
from sightline.v1 import audit_service_pb2 as pb
from sightline.v1 import audit_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, AsyncIterator

    from sightline.chassis.audit import Auditor
    from sightline.chassis.bus import Bus
    from sightline.v1.events_pb2 import AuditEvent

_LAST_SEQUENCE = 2**63 - 1


class AuditServicer(grpc_pb.AuditServiceServicer):
    """Serves AuditService; see the contract."""

    def __init__(self, bus: Bus, auditor: Auditor, stop: asyncio.Event) -> None:
        self._bus = bus
        self._auditor = auditor
        self._stop = stop
        self._trail = AuditTrail(bus)
        self._book = SealBook(bus)

    async def WatchAudit(self, request: pb.WatchAuditRequest, _: Any) -> AsyncIterator[pb.WatchAuditResponse]:
        """See the contract."""
        what = Audited("audit.read", "subject", request.subject_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            what.detail = f"after {request.after_sequence}, action '{request.action}'"
            # Begun before this reading is recorded: an answer that does not go on shows what was there before.
            after = max(request.after_sequence, await self._before(request))
            shown = self._follow(after) if request.follow else await self._begun(after)
        async with aclosing(until_stopped(shown, self._stop)) as records:
            async for sequence, event in records:
                if request.subject_id in {"", event.principal} and event.action.startswith(request.action):
                    yield pb.WatchAuditResponse(event=event, sequence=sequence)

    async def ListAudit(self, request: pb.ListAuditRequest, _: Any) -> pb.ListAuditResponse:
        """See the contract."""
        what = Audited("audit.list", "subject", request.subject_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            what.detail = f"action '{request.action}', object '{request.object_id}', outcome '{request.outcome}'"
            # All pages end where the trail ended when the first was asked for: each of them is an entry.
            places = _places(request.page_token) or (await self._before(request), await self._trail.last())
            events, following = await page(self._trail, request, places, page_size(request.page_size))
        token = "" if following is None else to_token(f"{following}/{places[1]}")
        return pb.ListAuditResponse(events=events, next_page_token=token)

    async def ExportAudit(self, request: pb.ExportAuditRequest, _: Any) -> AsyncIterator[pb.ExportAuditResponse]:
        """See the contract."""
        what = Audited("audit.export", "none", "", request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            what.detail = enum_word(pb.AuditContent, request.content)
        answers = self._seals() if request.content == pb.AUDIT_CONTENT_SEALS else self._entries()
        async with aclosing(until_stopped(answers, self._stop)) as responses:
            async for response in responses:
                yield response

    async def ListSeals(self, request: pb.ListSealsRequest, _: Any) -> pb.ListSealsResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("audit.list_seals", "none")):
            size = page_size(request.page_size)
            found = []
            after = (_places(request.page_token) or (0, 0))[0]
            async with aclosing(self._book.seals(after)) as batches:
                async for stored in batches:
                    found += stored
                    if len(found) > size:
                        break
        token = to_token(f"{found[size - 1].sequence}/0") if len(found) > size else ""
        return pb.ListSealsResponse(seals=[each.seal for each in found[:size]], next_page_token=token)

    async def GetLatestSeal(self, _request: pb.GetLatestSealRequest, _: Any) -> pb.GetLatestSealResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("audit.get_latest_seal", "none")) as audited:
            seal = await self._book.latest()
            if seal is None:
                raise NotFound("SEAL_NOT_FOUND", "Nothing is sealed yet: try again some seconds after the first entry.")
            audited.detail = f"seal {seal.number}, up to entry {seal.last_sequence}"
        return pb.GetLatestSealResponse(seal=seal)

    async def _before(self, request: pb.WatchAuditRequest | pb.ListAuditRequest) -> int:
        """The sequence behind which the trail begins for this request, by its time; 0: from the beginning."""
        if not request.HasField("start_time"):
            return 0
        return await sequence_before(self._bus, AUDIT, request.start_time.ToDatetime(UTC))

    async def _follow(self, after: int) -> AsyncGenerator[tuple[int, AuditEvent], None]:
        async with aclosing(tail(self._bus, AUDIT, after=after)) as records:
            async for record in records:
                yield record.sequence, event_of(record.data)

    async def _begun(self, after: int) -> AsyncGenerator[tuple[int, AuditEvent], None]:
        """The entries behind that sequence that are there now, whatever comes before they are read."""
        last = await self._trail.last()

        async def shown() -> AsyncGenerator[tuple[int, AuditEvent], None]:
            async with aclosing(self._trail.entries(after, last)) as batches:
                async for entries in batches:
                    for entry in entries:
                        yield entry.sequence, event_of(entry.body)

        return shown()

    async def _entries(self) -> AsyncGenerator[pb.ExportAuditResponse, None]:
        total = await self._trail.count()
        async with aclosing(self._trail.entries()) as batches:
            async for entries in batches:
                yield pb.ExportAuditResponse(entries=entries, total=total)

    async def _seals(self) -> AsyncGenerator[pb.ExportAuditResponse, None]:
        total = await self._book.count()
        async with aclosing(self._book.seals()) as batches:
            async for stored in batches:
                yield pb.ExportAuditResponse(seals=[each.seal for each in stored], total=total)


def _places(token: str) -> tuple[int, int] | None:
    """Where a page begins and the list ends; None for the first page. Raises InvalidInput PAGE_TOKEN_INVALID."""
    if not token:
        return None
    try:
        after, last = from_token(token).split("/")
        return _within(int(after)), _within(int(last))
    except ValueError as error:
        raise refused_token() from error


def _within(sequence: int) -> int:
    return max(0, min(sequence, _LAST_SEQUENCE))
