"""What is sent, and what came of it, whatever the channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

GONE = "WEBHOOK_GONE"
"""The receiver says that it will never be there again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event on its way out.

    Attributes:
        id: the idempotency id, equal for every attempt.
        kind: `sightline.alert.<state>` or `sightline.test`.
        subject: id of the alert or subscription.
        time: of the event.
        body: JSON, by protos/schemas/alert-event.schema.json.
        title: a line for people.
        text: some lines for people.
    """

    id: str
    kind: str
    subject: str
    time: datetime
    body: bytes
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one attempt; it went well where there is no reason.

    Attributes:
        status: of HTTP; 0: there was no answer.
        reason: a stable code.
        message: a sentence for people, without the URL.
        retry_after: seconds that the receiver asked to wait.
    """

    status: int = 0
    reason: str = ""
    message: str = ""
    retry_after: float = 0.0

    @property
    def delivered(self) -> bool:
        """Whether the receiver has it."""
        return not self.reason
