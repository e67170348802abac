"""The keys of what notify seals: where alerts are sent, for one. Wrapped by `alerts.key`, and by no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.identity.open_secrets import open_secrets
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.topology import NOTIFY_KEYS
from sightline.chassis.wrapped_keys import WrappedKeys

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.notify.settings import NotifySettings


def open_key_ring(bus: Bus, settings: NotifySettings) -> BucketKeyRing:
    """Keys are read anew each time: what was destroyed is so in every replica at once.

    Raises FailedPrecondition: what is wrong with the file of keys.
    """
    file = open_secrets(settings).alerts_keys()
    file.keys()
    return BucketKeyRing(WrappedKeys(bus, NOTIFY_KEYS), file, cache_seconds=0)
