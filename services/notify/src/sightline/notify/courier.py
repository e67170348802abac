"""Takes an event to where a subscription says, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis import tracing
from sightline.chassis.errors import SightlineError
from sightline.notify.alert_body import SCHEMA
from sightline.notify.sending import Sent
from sightline.notify.signatures import signed_headers
from sightline.notify.webhook_url import check_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sightline.notify.apprise_sender import AppriseSender
    from sightline.notify.destination_vault import DestinationVault
    from sightline.notify.sending import Outgoing
    from sightline.notify.webhook_sender import WebhookRules, WebhookSender
    from sightline.v1 import delivery_records_pb2 as records
    from sightline.v1 import subscription_service_pb2 as pb


class Courier:
    """Knows every channel.

    Args:
        vault: opens where a subscription sends.
        webhooks: posts to them.
        rules: of webhooks.
        messages: e-mail and chat.
        clock: the present time, aware; for signatures.
    """

    def __init__(
        self,
        vault: DestinationVault,
        webhooks: WebhookSender,
        rules: WebhookRules,
        messages: AppriseSender,
        clock: Callable[[], datetime],
    ) -> None:
        self._vault = vault
        self._webhooks = webhooks
        self._rules = rules
        self._messages = messages
        self._clock = clock

    def check(self, subscription: pb.Subscription) -> None:
        """Whether it can be sent where the new subscription says. Raises as `check_url` and `AppriseSender.check`."""
        if subscription.HasField("webhook"):
            check_url(subscription.webhook.url, allow_http=self._rules.allow_http, declared=self._rules.networks)
        else:
            self._messages.check(subscription.apprise.url)

    async def send(self, record: records.SubscriptionRecord, event: Outgoing) -> Sent:
        """One attempt; what goes wrong is in what it gives."""
        try:
            destination = await self._vault.destination_of(record)
        except SightlineError as error:
            return Sent(reason=error.reason, message=error.message)
        if record.subscription.HasField("apprise"):
            return await self._messages.send(destination.url, event)
        signed = signed_headers(event.id, event.body, destination.secrets, self._clock())
        return await self._webhooks.post(
            destination.url, {**_cloud_event(event), **signed, **tracing.outgoing()}, event.body
        )


def _cloud_event(event: Outgoing) -> dict[str, str]:
    """CloudEvents 1.0, binary content mode of the HTTP binding."""
    return {
        "content-type": "application/json",
        "user-agent": "sightline",
        "ce-specversion": "1.0",
        "ce-id": event.id,
        "ce-source": "/sightline/notify",
        "ce-type": event.kind,
        "ce-subject": event.subject,
        "ce-time": event.time.isoformat(),
        "ce-dataschema": SCHEMA,
    }
