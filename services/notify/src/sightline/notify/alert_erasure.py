"""What notify removes of those who are erased: pictures with their key, sightings, and names in alerts.

Every step can be repeated, and the places of the sightings are forgotten last: until then they are found again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sightline.chassis.errors import Conflict
from sightline.chassis.receipts import Step
from sightline.notify.alert_states import is_redacted
from sightline.notify.redaction import is_named, redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.receipts import Erased, Receipts
    from sightline.notify.alert_book import AlertBook
    from sightline.notify.erasure_lane import Graveyard
    from sightline.notify.outbox import Outbox
    from sightline.notify.projection import AlertProjection
    from sightline.v1 import alert_service_pb2 as pb
    from sightline.v1 import records_pb2


KEY_DESTROYED = "copies of what it sealed cannot be read; backups that hold keys are not known here"


class Pictures(Protocol):
    """Where pictures of alerts are; see Evidence."""

    async def delete(self, alert_id: str) -> int:
        """Removes all of an alert, and returns how many there were."""

    async def forget(self, person_id: str) -> None:
        """Makes all of alerts on a person unreadable, for good."""


class SightingStore(Protocol):
    """Where sightings lie, with the probe's picture; see BusSightings."""

    async def delete(self, sequence: int) -> bool:
        """Removes one with its bytes, and says whether it was there."""


class AlertErasure:
    """Takes one alert's person out of it, with all that shows them."""

    def __init__(
        self, book: AlertBook, outbox: Outbox, pictures: Pictures, sightings: SightingStore, graveyard: Graveyard
    ) -> None:
        self._book = book
        self._outbox = outbox
        self._pictures = pictures
        self._sightings = sightings
        self._graveyard = graveyard

    async def unname(self, alert_id: str, person_id: str) -> None:
        """Takes the person's names out of an alert, and says that it has changed."""
        stored = await self._book.change(alert_id, lambda record: redact(record, person_id))
        try:
            await self._outbox.send(stored)
        except Conflict:
            # Whoever changed it meanwhile sends the newer revision; if they die, the upkeep does.
            return

    async def erase(self, alert_id: str, person_id: str) -> tuple[int, int]:
        """Takes out the person whom the alert is on; returns how many pictures and sightings there were."""
        await self.unname(alert_id, person_id)
        places = list((await self._book.alert(alert_id)).record.sighting_sequences)
        sightings = sum([await self._sightings.delete(place) for place in places])
        pictures = await self._pictures.delete(alert_id)

        def forgotten(record: records_pb2.AlertRecord) -> bool:
            left = [place for place in record.sighting_sequences if place not in places]
            changed = len(left) < len(record.sighting_sequences)
            record.sighting_sequences[:] = left
            return changed

        await self._book.change(alert_id, forgotten)
        return pictures, sightings

    async def forget(self, person_id: str) -> None:
        """Destroys the key of all pictures of alerts on a person."""
        await self._pictures.forget(person_id)

    async def clear(self, alert_id: str, record: records_pb2.AlertRecord) -> None:
        """Removes pictures that came behind the end of an alert: it was forgotten, or its person was erased."""
        await self._pictures.delete(alert_id)
        person_id = record.alert.person.person_id
        # Of whoever is enrolled again, younger alerts have pictures under the same key.
        if person_id and await self._graveyard.is_gone(record.alert.watchlist_id, person_id):
            await self._pictures.forget(person_id)

    async def catches(self, record: records_pb2.AlertRecord) -> bool:
        """Whether the alert's person is erased; what came behind the erasure is then erased as well."""
        alert = record.alert
        person_id = alert.person.person_id
        late = record.sighting_sequences if is_redacted(alert) else None
        if late is None and not await self._graveyard.is_gone(alert.watchlist_id, person_id):
            await self._unname_others(alert)
            return False
        if late is None or late:
            await self.erase(alert.id, person_id)
            await self.forget(person_id)
        return True

    async def _unname_others(self, alert: pb.Alert) -> None:
        """Takes the erased out of the further candidates of an alert on somebody who is not."""
        for each in alert.sighting.candidates:
            named = each.person_id != alert.person.person_id and is_named(each)
            if named and await self._graveyard.is_gone(alert.watchlist_id, each.person_id):
                await self.unname(alert.id, each.person_id)


class PersonErasure:
    """A Forgets (of sightline.notify.erasure_lane) on all alerts; it writes down in the receipt what it did."""

    def __init__(self, projection: AlertProjection, erasure: AlertErasure, receipts: Receipts) -> None:
        self._projection = projection
        self._erasure = erasure
        self._receipts = receipts

    async def person(self, erased: Erased, until: int | None) -> None:
        """See Forgets. Raises Unavailable, and Conflict where an alert keeps changing: it is repeated."""
        await self._projection.caught_up()
        for alert_id in self._projection.alerts_naming(erased.person_id, until):
            await self._erasure.unname(alert_id, erased.person_id)
        await self._erase([erased.person_id], erased, until)

    async def watchlist(self, erased: Erased) -> None:
        """See Forgets. Raises as `person` does."""
        await self._projection.caught_up()
        persons = self._projection.persons_in(erased.watchlist_id)
        for person_id in persons:
            # A person belongs to one watchlist: so do all alerts that name them.
            for alert_id in self._projection.alerts_naming(person_id):
                await self._erasure.unname(alert_id, person_id)
        await self._erase(persons, erased, None)

    async def _erase(self, persons: Sequence[str], erased: Erased, until: int | None) -> None:
        alerts = pictures = sightings = 0
        kept = False
        for person_id in persons:
            for alert_id in self._projection.alerts_on(person_id, until):
                counts = await self._erasure.erase(alert_id, person_id)
                alerts, pictures, sightings = alerts + 1, pictures + counts[0], sightings + counts[1]
            # The pictures of what was raised since, on somebody who is enrolled again, have the same key.
            if set(self._projection.alerts_on(person_id)) <= set(self._projection.alerts_on(person_id, until)):
                await self._erasure.forget(person_id)
            else:
                kept = True
        add = self._receipts.add
        await add(erased, Step.ALERTS_REDACTED, "names in alerts; states, history and reviews stay", alerts)
        await add(erased, Step.SIGHTINGS_DELETED, "sightings, with the faces that were matched", sightings)
        await add(erased, Step.PICTURES_DELETED, "pictures of alerts: snapshots, probes and references", pictures)
        if not kept:
            await add(erased, Step.PICTURES_KEY_DESTROYED, KEY_DESTROYED)
