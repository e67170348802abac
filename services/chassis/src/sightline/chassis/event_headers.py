"""What stands beside a message on the broker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sightline.chassis import tracing

if TYPE_CHECKING:
    from google.protobuf.message import Message


def event_headers(service: str, subject: str, message: Message, dedup_id: str) -> dict[str, str]:
    """Headers by CloudEvents 1.0, binary content mode of the NATS binding.

    Beside them `traceparent`, where what the message follows from is known. It is W3C's header of one hop, and not the
    attribute of CloudEvents' extension, which names where an event began, however far it has come.

    Args:
        service: who publishes.
        subject: where.
        message: the body.
        dedup_id: of the message.
    """
    return {
        "Nats-Msg-Id": dedup_id,
        "ce-specversion": "1.0",
        "ce-id": dedup_id,
        "ce-source": f"/sightline/{service}",
        "ce-type": message.DESCRIPTOR.full_name,
        "ce-subject": subject,
        "ce-time": datetime.now(UTC).isoformat(),
        "ce-datacontenttype": "application/protobuf",
        **tracing.outgoing(),
    }
