"""A subscription's record: how it is made, changed, and shown to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput
from sightline.chassis.etag import etag_of, require_etag
from sightline.chassis.field_mask import changed
from sightline.chassis.ids import new_id
from sightline.chassis.weekly_hours import zone_of
from sightline.notify.webhook_url import shown_url
from sightline.v1 import delivery_records_pb2 as records
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from google.protobuf.field_mask_pb2 import FieldMask

CHANNELS = ("webhook", "apprise")
CHANGEABLE = ("name", *CHANNELS, "watchlist_ids", "camera_ids", "states", "min_priority", "quiet_hours", "paused")
# How it goes, and what was made of it: not what somebody set.
_COURSE = ("state", "reason", "failing_since", "last_success_time", "etag")
_MADE_BY_THE_SERVER = (*_COURSE, "id", "creator_id", "create_time", "update_time")


@dataclass(frozen=True)
class SubscriptionChange:
    """What is to become of a record: the fields of the mask are as in `changes`, or cleared where it has none.

    `destination` is where it sends from then on, sealed; read where the mask names the channel.
    """

    changes: pb.Subscription
    mask: FieldMask
    etag: str = ""
    destination: records.SealedDestination | None = None

    @property
    def names_channel(self) -> bool:
        """Whether it is to send elsewhere."""
        return any(channel in self.mask.paths for channel in CHANNELS)

    def apply(self, record: records.SubscriptionRecord) -> None:
        """Changes the record.

        Raises:
            Conflict: ETAG_DIFFERS.
            InvalidInput: UPDATE_MASK_INVALID, REQUEST_INVALID, CHANNEL_DIFFERS, TIME_ZONE_UNKNOWN.
        """
        require_etag(_identity(record), self.etag)
        after = changed(record.subscription, self.changes, self.mask, CHANGEABLE)
        check_hours(after)
        if self.names_channel:
            self._check_channel(record.subscription)
            if self.destination is not None:
                record.destination.CopyFrom(self.destination)
            hide(after)
        if "paused" in self.mask.paths:
            settle(after)
        after.update_time.GetCurrentTime()
        record.subscription.CopyFrom(after)

    def _check_channel(self, before: pb.Subscription) -> None:
        kept = before.WhichOneof("channel")
        if [path for path in self.mask.paths if path in CHANNELS] != [kept] or not self.changes.HasField(kept or ""):
            raise InvalidInput(
                "CHANNEL_DIFFERS", f"This subscription goes by {kept}, and stays so: make another one for another way."
            )


def new_record(subscription: pb.Subscription, creator_id: str) -> records.SubscriptionRecord:
    """The record of a new subscription, from now on; where it sends is put in sealed. Raises TIME_ZONE_UNKNOWN."""
    check_hours(subscription)
    record = records.SubscriptionRecord(subscription=subscription, generation=1)
    made = record.subscription
    for name in _MADE_BY_THE_SERVER:
        made.ClearField(name)
    hide(made)
    made.id, made.creator_id = new_id(), creator_id
    settle(made)
    made.create_time.GetCurrentTime()
    made.update_time.CopyFrom(made.create_time)
    record.start_time.CopyFrom(made.create_time)
    return record


def url_of(subscription: pb.Subscription) -> str:
    """Where it is to send, as somebody gave it."""
    return subscription.webhook.url if subscription.HasField("webhook") else subscription.apprise.url


def hide(subscription: pb.Subscription) -> None:
    """Leaves of a channel what people may see again."""
    if subscription.HasField("webhook"):
        subscription.webhook.url = shown_url(subscription.webhook.url)
    else:
        subscription.apprise.service = subscription.apprise.url.partition(":")[0][:64].lower()
        subscription.apprise.url = "***"


def settle(subscription: pb.Subscription) -> None:
    """Makes it active or paused, as it says; it starts over."""
    paused = subscription.paused
    subscription.state = pb.SUBSCRIPTION_STATE_PAUSED if paused else pb.SUBSCRIPTION_STATE_ACTIVE
    subscription.ClearField("reason")
    subscription.ClearField("failing_since")


def shown(record: records.SubscriptionRecord) -> pb.Subscription:
    """As people see it."""
    subscription = pb.Subscription()
    subscription.CopyFrom(record.subscription)
    subscription.etag = etag_of(_identity(record))
    return subscription


def check_hours(subscription: pb.Subscription) -> None:
    """Raises InvalidInput TIME_ZONE_UNKNOWN."""
    if subscription.HasField("quiet_hours"):
        zone_of(subscription.quiet_hours.time_zone)


def _identity(record: records.SubscriptionRecord) -> records.SubscriptionRecord:
    """What a change of settings changes; how it goes is not in it."""
    identity = records.SubscriptionRecord(
        subscription=record.subscription, destination=record.destination, generation=record.generation
    )
    for name in _COURSE:
        identity.subscription.ClearField(name)
    return identity
