"""How a subscription goes, written into its record; what fails for too long is disabled, with a notice."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import Conflict, NotFound
from sightline.notify.sending import GONE
from sightline.v1 import events_pb2
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sightline.chassis.audit import Auditor
    from sightline.notify.backoff import Backoff
    from sightline.notify.sending import Sent
    from sightline.notify.subscriptions import SubscriptionBook
    from sightline.v1 import delivery_records_pb2 as records

log = structlog.get_logger()

STALE = timedelta(seconds=5)
"""How old the last success in the record may be."""


class Course:
    """Of one subscription, as its holder sees it.

    Every method raises Unavailable BROKER_UNAVAILABLE.

    Args:
        subscription_id: which.
        record: gives its record as it was last heard of; None once it is gone.
        book: the records.
        auditor: is told of what was disabled.
        backoff: says after how long.
    """

    def __init__(
        self,
        subscription_id: str,
        record: Callable[[], records.SubscriptionRecord | None],
        book: SubscriptionBook,
        auditor: Auditor,
        backoff: Backoff,
    ) -> None:
        self._subscription_id = subscription_id
        self._record = record
        self._book = book
        self._auditor = auditor
        self._backoff = backoff

    async def went_well(self, now: datetime) -> None:
        """One was delivered."""
        known = self._known()
        if not known.HasField("failing_since") and now - known.last_success_time.ToDatetime(UTC) < STALE:
            return

        def edit(record: records.SubscriptionRecord) -> None:
            record.subscription.ClearField("failing_since")
            record.subscription.last_success_time.FromDatetime(now)

        await self._change(edit)

    async def failed(self, sent: Sent, now: datetime) -> None:
        """One was not. Disables it where the receiver is gone, or nothing else has happened for long."""
        known = self._known()
        since = known.failing_since.ToDatetime(UTC)
        if known.HasField("failing_since") and sent.reason != GONE and not self._backoff.disables(since, now):
            return
        disabled = False

        def edit(record: records.SubscriptionRecord) -> None:
            nonlocal disabled
            subscription = record.subscription
            if not subscription.HasField("failing_since"):
                subscription.failing_since.FromDatetime(now)
            since = subscription.failing_since.ToDatetime(UTC)
            over = sent.reason == GONE or self._backoff.disables(since, now)
            disabled = over and subscription.state == pb.SUBSCRIPTION_STATE_ACTIVE
            if disabled:
                subscription.state = pb.SUBSCRIPTION_STATE_DISABLED
                subscription.reason.reason = sent.reason
                subscription.reason.message = f"Nothing was delivered since {since:%Y-%m-%d %H:%M} UTC: {sent.message}"

        await self._change(edit)
        if disabled:
            await self._give_notice(sent)

    def _known(self) -> pb.Subscription:
        record = self._record()
        return record.subscription if record else pb.Subscription()

    async def _give_notice(self, sent: Sent) -> None:
        """The event goes out with the record."""
        log.error("subscription_disabled", reason=sent.reason)
        await self._auditor.record(
            events_pb2.AuditEvent(
                action="subscriptions.disable",
                principal="service:notify",
                object_kind="subscription",
                object_id=self._subscription_id,
                outcome="ok",
                detail=sent.reason,
            )
        )

    async def _change(self, edit: Callable[[records.SubscriptionRecord], None]) -> None:
        try:
            await self._book.change(self._subscription_id, edit)
        except (NotFound, Conflict) as error:
            # It was deleted, or is being changed again and again: the next delivery says the same.
            log.info("course_not_written", reason=error.reason)
