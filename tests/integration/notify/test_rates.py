"""False-alarm rates out of the alerts' records, as callers get them."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from sightline.chassis.audit import Auditor
from sightline.chassis.identity.rights import EVERYTHING, FULL_REACH, NOTHING, Part, Reach, Selection
from sightline.chassis.ids import derived_id
from sightline.chassis.principal import Principal, enter
from sightline.notify.projection import AlertProjection
from sightline.notify.servicer import AlertServicer
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import events_pb2

OWN, FOREIGN = "w" * 26, "x" * 26
DOOR, YARD = "s" * 26, "t" * 26
CONFIRMED, DISMISSED, EXPIRED = pb.ALERT_STATE_CONFIRMED, pb.ALERT_STATE_DISMISSED, pb.ALERT_STATE_EXPIRED


@dataclass
class Records:
    """Alerts of the past, straight into their bucket."""

    book: object
    count: int = 0

    async def add(self, state, number=1, *, source=DOOR, watchlist=OWN, threshold=0.5, settled=1_000):
        """So many alerts that came into that state at that second."""
        for _ in range(number):
            self.count += 1
            stored = await self.book.alert(derived_id(str(self.count)))
            alert = stored.record.alert
            alert.id, alert.state, alert.source, alert.watchlist_id = stored.key, state, source, watchlist
            alert.sighting.threshold = threshold
            change = alert.history.add(state=state)
            change.time.FromSeconds(settled)
            await self.book.put_alert(stored)


@pytest.fixture
def records(book):
    return Records(book)


@pytest.fixture
async def rates(bus, tmp_path):
    """A function that gives the answer to a caller, once all records are in the copy."""
    with closing(AlertProjection(tmp_path / "alerts.db", bus)) as copy:
        async with copy.following():
            servicer = AlertServicer(copy, None, None, None, None, Auditor(bus, "notify"), asyncio.Event())

            async def ask(reach=FULL_REACH, **fields):
                await copy.caught_up()
                enter(Principal("somebody"), reach)
                return await servicer.GetFalseAlarmRates(pb.GetFalseAlarmRatesRequest(**fields), None)

            yield ask


def counts(answer):
    """Confirmed and dismissed of each line."""
    return [(rate.confirmed, rate.dismissed) for rate in answer.rates]


async def test_rates_are_of_a_camera_a_watchlist_and_a_threshold(records, rates):
    """Each of them apart, the most dismissed first; what nobody settled, or expired, counts nowhere."""
    await records.add(DISMISSED, 18)
    await records.add(CONFIRMED, 2)
    await records.add(DISMISSED, 3, threshold=0.5004)
    await records.add(DISMISSED, 5, threshold=0.61)
    await records.add(CONFIRMED, 1, watchlist=FOREIGN)
    await records.add(DISMISSED, 4, source=YARD)
    await records.add(EXPIRED, 7)
    await records.add(pb.ALERT_STATE_RAISED, 7)
    await records.add(pb.ALERT_STATE_UNDER_REVIEW, 7)
    answer = await rates()
    first = answer.rates[0]
    assert (first.source, first.watchlist_id, first.threshold) == (DOOR, OWN, pytest.approx(0.5))
    assert counts(answer) == [(2, 21), (0, 5), (0, 4), (1, 0)]
    assert first.dismissed_share.value == pytest.approx(21 / 23)
    assert first.dismissed_share.low < 21 / 23 < first.dismissed_share.high
    assert [rate.HasField("dismissed_share") for rate in answer.rates] == [True, False, False, False]
    assert (answer.total.confirmed, answer.total.dismissed, answer.total.source) == (3, 30, "")
    assert answer.total.dismissed_share.value == pytest.approx(30 / 33)


async def test_rates_are_of_a_period_and_of_what_is_asked_for(records, rates):
    """The moment of the settling counts: `since` is in it, `until` is not."""
    for at in (100, 200, 300):
        await records.add(DISMISSED, 1, settled=at)
    await records.add(DISMISSED, 1, settled=200, source=YARD)
    moments = {"since": Timestamp(seconds=200), "until": Timestamp(seconds=300)}
    assert counts(await rates(**moments)) == [(0, 1), (0, 1)]
    assert counts(await rates(since=Timestamp(seconds=200), source=DOOR)) == [(0, 2)]
    assert counts(await rates(watchlist_id=FOREIGN)) == []
    assert (await rates(watchlist_id=FOREIGN)).total.dismissed == 0


async def test_rates_of_others_are_not_there(records, rates, stored):
    """Neither in the lines nor in the total; and the trail says who asked, and why."""
    await records.add(DISMISSED, 1)
    await records.add(DISMISSED, 2, watchlist=FOREIGN)
    await records.add(DISMISSED, 4, source=YARD)
    answer = await rates(Reach.of(Selection.of([OWN]), Selection.of([DOOR])), purpose="audit", case_reference="case-7")
    assert counts(answer) == [(0, 1)]
    assert answer.total.dismissed == 1
    assert (await rates(Reach.of(EVERYTHING, Selection.of([DOOR])))).total.dismissed == 3
    parts = (
        Part(Selection.of([watchlist]), Selection.of([camera])) for watchlist, camera in ((FOREIGN, DOOR), (OWN, YARD))
    )
    crossed = Reach.summed(parts, NOTHING)
    assert counts(await rates(crossed)) == [(0, 4), (0, 2)]
    assert (await rates(crossed)).total.dismissed == 6
    event, _ = (await stored("AUDIT", events_pb2.AuditEvent))[0]
    assert (event.action, event.principal, event.purpose) == ("alerts.rates", "somebody", "audit")


async def test_a_decision_is_in_the_rates_of_its_moment(records, rates, book):
    """What is settled a second time, or changes later, counts once, at the time of its settling."""
    await records.add(DISMISSED, 1, settled=100)
    stored = await book.alert(derived_id("1"))
    stored.record.alert.revision += 1
    stored.record.alert.update_time.GetCurrentTime()
    await book.put_alert(stored)
    assert counts(await rates(until=Timestamp(seconds=101))) == [(0, 1)]
