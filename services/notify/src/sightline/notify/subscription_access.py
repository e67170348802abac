"""Whose a subscription is: whoever may see every watchlist and camera that it is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import NotFound, PermissionDenied
from sightline.chassis.identity.rights import EVERYTHING, Reach, Selection
from sightline.notify.subscriptions import subscription_not_found
from sightline.v1 import access_pb2
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Collection

    from sightline.chassis.principal import Principal
    from sightline.notify.subscriptions import SubscriptionBook


@dataclass(frozen=True, slots=True)
class SubscriptionPlace:
    """What a subscription is on."""

    watchlists: Selection
    cameras: Selection

    @classmethod
    def of(cls, subscription: pb.Subscription) -> SubscriptionPlace:
        """One that names none is on all."""
        return cls(_selection(subscription.watchlist_ids), _selection(subscription.camera_ids))

    def within(self, reach: Reach) -> bool:
        """See sightline.chassis.access.Within."""
        return reach.covers(Reach.of(self.watchlists, self.cameras))


class SubscriptionPlaces:
    """Where subscriptions belong. A Locator; see sightline.chassis.access."""

    def __init__(self, book: SubscriptionBook) -> None:
        self._book = book

    async def place(self, name: str) -> SubscriptionPlace | None:
        """See Locator."""
        try:
            return SubscriptionPlace.of((await self._book.get(name)).record.subscription)
        except NotFound:
            return None

    def missing(self, name: str) -> NotFound:
        """See Locator."""
        return subscription_not_found(name)


def require_operator(principal: Principal, subscription: pb.Subscription) -> None:
    """Unreviewed alerts leave the system with this one: an integrator may not have them sent anywhere.

    Raises:
        PermissionDenied: ROLE_MISSING, it is of kind REVIEW, and the caller is no operator on all that it is on.
    """
    if subscription.kind != pb.SUBSCRIPTION_KIND_REVIEW:
        return
    reach = principal.rights.reach([access_pb2.ROLE_OPERATOR])
    if reach is None or not SubscriptionPlace.of(subscription).within(reach):
        raise PermissionDenied(
            "ROLE_MISSING",
            "A subscription of kind review gets alerts that nobody has confirmed: this takes the role operator on all "
            "that it is on.",
        )


def _selection(ids: Collection[str]) -> Selection:
    return Selection.of(ids) if ids else EVERYTHING
