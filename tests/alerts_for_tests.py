"""Alerts as notify has them, for those who are to be told."""

from __future__ import annotations

import asyncio

from fakes import sighting_of
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.identity.rights import FULL_REACH, Rights
from sightline.chassis.ids import derived_id
from sightline.chassis.principal import Principal, enter
from sightline.v1 import access_pb2, gallery_service_pb2
from sightline.v1 import alert_service_pb2 as alerts_pb
from sightline.v1 import subscription_service_pb2 as pb


def alert_of(number, revision=1, state=alerts_pb.ALERT_STATE_RAISED, policy=gallery_service_pb2.REVIEW_POLICY_NONE):
    """An alert of that number, as it is in that revision."""
    sighting = sighting_of("a" * 26, number, review_policy=policy, gallery_hash=b"\x01\x02", gallery_size=7)
    alert = alerts_pb.Alert(
        id=derived_id("alert", str(number)),
        state=state,
        revision=revision,
        watchlist_id=sighting.watchlist_id,
        person=sighting.candidates[0],
        source=sighting.source,
        start_time=sighting.event_time,
        end_time=sighting.event_time,
        sighting=sighting,
        track_ids=[sighting.track_id],
        review_policy=policy,
        evidence=alerts_pb.EVIDENCE_KIND_SNAPSHOT,
    )
    alert.sighting.ClearField("crop")
    alert.create_time.GetCurrentTime()
    alert.update_time.GetCurrentTime()
    return alert


class Told:
    """What a running replica of notify serves of subscriptions, called as somebody with these rights.

    Args:
        parts: what runs.
        running: ends it.
    """

    def __init__(self, parts, running) -> None:
        self.parts = parts
        self._running = running
        self._subscriptions, self._letters = (served.servicer for served in parts.services)

    async def end(self) -> None:
        """As SIGTERM would."""
        await self._running.aclose()

    async def call(self, name, request, *, role=access_pb2.ROLE_OPERATOR, reach=FULL_REACH, rights=None):
        """One RPC, past the gate; `rights` are reaches by role, where the caller has several roles."""
        enter(Principal("somebody", Rights(rights or {role: reach})), reach)
        servicer = self._subscriptions if hasattr(self._subscriptions, name) else self._letters
        return await getattr(servicer, name)(request, None)

    async def subscribe(self, url, kind=pb.SUBSCRIPTION_KIND_EXTERNAL, **fields):
        """A new subscription by webhook, with its secret."""
        subscription = pb.Subscription(name="control room", kind=kind, webhook=pb.Webhook(url=url), **fields)
        return await self.call("CreateSubscription", pb.CreateSubscriptionRequest(subscription=subscription))

    async def get(self, subscription_id):
        """As it is now."""
        answer = await self.call("GetSubscription", pb.GetSubscriptionRequest(subscription_id=subscription_id))
        return answer.subscription

    async def update(self, subscription_id, *paths, **fields):
        """With these fields changed."""
        request = pb.UpdateSubscriptionRequest(
            subscription_id=subscription_id, changes=pb.Subscription(**fields), update_mask=FieldMask(paths=paths)
        )
        return (await self.call("UpdateSubscription", request)).subscription

    async def deliveries(self, subscription_id, size=0, least=0):
        """Every page of its log, in one list, once it has at least so many: it is written after a receiver answered."""
        async with asyncio.timeout(60):
            while len(found := await self._deliveries(subscription_id, size)) < least:
                await asyncio.sleep(0.05)
        return found

    async def _deliveries(self, subscription_id, size):
        found, token = [], None
        while token != "":
            request = pb.ListDeliveriesRequest(subscription_id=subscription_id, page_size=size, page_token=token or "")
            page = await self.call("ListDeliveries", request)
            found += page.deliveries
            token = page.next_page_token
        return found
