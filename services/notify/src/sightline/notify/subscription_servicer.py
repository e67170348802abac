"""SubscriptionService: protobuf outside, the desk inside, and a record of who changed what."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from sightline.chassis.access import need_together
from sightline.chassis.audit import Audited
from sightline.chassis.enum_names import enum_word
from sightline.chassis.field_mask import mask_text
from sightline.chassis.pages import from_token, page_size, refused_token, to_token
from sightline.chassis.principal import current_principal, current_reach
from sightline.notify.delivery_log import NEWEST
from sightline.notify.subscription_access import SubscriptionPlace, require_operator
from sightline.notify.subscription_desk import DEFAULT_OVERLAP
from sightline.notify.subscription_record import SubscriptionChange
from sightline.v1 import subscription_service_pb2 as pb
from sightline.v1 import subscription_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.notify.subscription_desk import SubscriptionDesk


class SubscriptionServicer(grpc_pb.SubscriptionServiceServicer):
    """Serves SubscriptionService; see the contract for each call."""

    def __init__(self, desk: SubscriptionDesk, auditor: Auditor) -> None:
        self._desk = desk
        self._auditor = auditor

    async def CreateSubscription(self, request: pb.CreateSubscriptionRequest, _: Any) -> pb.CreateSubscriptionResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("subscriptions.create", "subscription")) as audited:
            audited.detail = _settings_text(request.subscription)
            caller = current_principal()
            require_operator(caller, request.subscription)
            subscription, secret = await self._desk.create(request.subscription, caller.subject)
            audited.object_id = subscription.id
        return pb.CreateSubscriptionResponse(subscription=subscription, signing_secret=secret)

    async def GetSubscription(self, request: pb.GetSubscriptionRequest, _: Any) -> pb.GetSubscriptionResponse:
        """See the contract."""
        return pb.GetSubscriptionResponse(subscription=await self._desk.get(request.subscription_id))

    async def ListSubscriptions(self, request: pb.ListSubscriptionsRequest, _: Any) -> pb.ListSubscriptionsResponse:
        """See the contract."""
        found, last = await self._desk.page(request.page_size, from_token(request.page_token), current_reach())
        return pb.ListSubscriptionsResponse(subscriptions=found, next_page_token=to_token(last) if last else "")

    async def UpdateSubscription(self, request: pb.UpdateSubscriptionRequest, _: Any) -> pb.UpdateSubscriptionResponse:
        """See the contract."""
        async with self._changing("update", request.subscription_id) as audited:
            audited.detail = mask_text(request.update_mask)
            change = SubscriptionChange(request.changes, request.update_mask, request.etag)
            subscription = await self._desk.update(request.subscription_id, change, _permit)
            audited.detail += f"; {_settings_text(subscription)}"
        return pb.UpdateSubscriptionResponse(subscription=subscription)

    async def DeleteSubscription(self, request: pb.DeleteSubscriptionRequest, _: Any) -> pb.DeleteSubscriptionResponse:
        """See the contract."""
        async with self._changing("delete", request.subscription_id):
            await self._require_operator(request.subscription_id)
            await self._desk.delete(request.subscription_id)
        return pb.DeleteSubscriptionResponse()

    async def TestSubscription(self, request: pb.TestSubscriptionRequest, _: Any) -> pb.TestSubscriptionResponse:
        """See the contract."""
        async with self._changing("test", request.subscription_id) as audited:
            await self._require_operator(request.subscription_id)
            delivery = await self._desk.test(request.subscription_id)
            audited.detail = delivery.reason.reason or "delivered"
        return pb.TestSubscriptionResponse(delivery=delivery)

    async def RotateSubscriptionSecret(
        self, request: pb.RotateSubscriptionSecretRequest, _: Any
    ) -> pb.RotateSubscriptionSecretResponse:
        """See the contract."""
        overlap = request.overlap.ToTimedelta() if request.HasField("overlap") else DEFAULT_OVERLAP
        async with self._changing("rotate_secret", request.subscription_id) as audited:
            audited.detail = f"overlap {overlap}"
            await self._require_operator(request.subscription_id)
            subscription, secret = await self._desk.rotate_secret(request.subscription_id, overlap)
        return pb.RotateSubscriptionSecretResponse(subscription=subscription, signing_secret=secret)

    async def ListDeliveries(self, request: pb.ListDeliveriesRequest, _: Any) -> pb.ListDeliveriesResponse:
        """See the contract."""
        before = _number(request.page_token) if request.page_token else NEWEST
        size = page_size(request.page_size)
        found, more = await self._desk.deliveries(request.subscription_id, before, size)
        return pb.ListDeliveriesResponse(deliveries=found, next_page_token=to_token(str(more)) if more else "")

    async def ReplaySubscription(self, request: pb.ReplaySubscriptionRequest, _: Any) -> pb.ReplaySubscriptionResponse:
        """See the contract."""
        async with self._changing("replay", request.subscription_id) as audited:
            audited.detail = f"from {request.start_time.ToJsonString()}"
            await self._require_operator(request.subscription_id)
            start = request.start_time.ToDatetime(UTC)
            subscription = await self._desk.replay(request.subscription_id, start)
        return pb.ReplaySubscriptionResponse(subscription=subscription)

    def _changing(self, action: str, subscription_id: str) -> Any:
        return self._auditor.audit(Audited(f"subscriptions.{action}", "subscription", subscription_id))

    async def _require_operator(self, subscription_id: str) -> None:
        require_operator(current_principal(), (await self._desk.record(subscription_id)).subscription)


def _permit(subscription: pb.Subscription) -> None:
    """Raises PermissionDenied where the caller may not have one on all that it is on."""
    place = SubscriptionPlace.of(subscription)
    need_together(place.watchlists, place.cameras, current_reach())
    require_operator(current_principal(), subscription)


def _number(token: str) -> int:
    try:
        return max(0, min(int(from_token(token)), NEWEST))
    except ValueError as error:
        raise refused_token() from error


def _settings_text(subscription: pb.Subscription) -> str:
    """What decides who is told of whom, and never where: that may be a secret."""
    kind = enum_word(pb.SubscriptionKind, subscription.kind)
    return (
        f"{kind} by {subscription.WhichOneof('channel')}, watchlists {len(subscription.watchlist_ids) or 'all'}, "
        f"cameras {len(subscription.camera_ids) or 'all'}, states {len(subscription.states) or 'all'}, "
        f"quiet hours {'some' if subscription.HasField('quiet_hours') else 'none'}, "
        f"{'paused' if subscription.paused else 'not paused'}"
    )
