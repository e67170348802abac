"""Pages of the audit trail: what an auditor asked for, looked for in the order of the stream."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from sightline.v1.audit_service_pb2 import ListedAuditEvent
from sightline.v1.events_pb2 import AuditEvent

if TYPE_CHECKING:
    from sightline.notify.audit_trail import AuditTrail
    from sightline.v1.audit_seal_pb2 import AuditEntry
    from sightline.v1.audit_service_pb2 import ListAuditRequest

LOOKED_THROUGH = 20_000
"""Entries that are read for one page at most; there is no index."""
UNREADABLE = AuditEvent(object_kind="none", outcome="UNREADABLE")
"""What stands for an entry that is no AuditEvent: only somebody at the broker itself can have written it."""


def event_of(body: bytes) -> AuditEvent:
    """The event that an entry holds, or UNREADABLE."""
    try:
        return AuditEvent.FromString(body)
    except DecodeError:
        return UNREADABLE


async def page(
    trail: AuditTrail, request: ListAuditRequest, places: tuple[int, int], size: int
) -> tuple[list[ListedAuditEvent], int | None]:
    """What the request asks for between two places, at most so much; and where the next page begins, if there is one.

    Args:
        trail: where to look.
        request: what is asked for.
        places: the sequence behind which the page begins, and the last one that is looked at.
        size: of the page.

    Raises:
        Unavailable: BROKER_UNAVAILABLE.
    """
    found: list[ListedAuditEvent] = []
    looked = 0
    async with aclosing(trail.entries(*places)) as batches:
        async for entries in batches:
            for entry in entries:
                if _is_behind(entry, request):
                    return found, None
                if _is_asked_for(event := event_of(entry.body), request):
                    found.append(ListedAuditEvent(event=event, sequence=entry.sequence))
                looked += 1
                if len(found) == size or looked == LOOKED_THROUGH:
                    return found, entry.sequence
    return found, None


def _is_behind(entry: AuditEntry, request: ListAuditRequest) -> bool:
    return request.HasField("end_time") and entry.stored_time.ToNanoseconds() >= request.end_time.ToNanoseconds()


def _is_asked_for(event: AuditEvent, request: ListAuditRequest) -> bool:
    return (
        request.subject_id in {"", event.principal}
        and event.action.startswith(request.action)
        and request.object_id in {"", event.object_id}
        and request.outcome in {"", event.outcome}
    )
