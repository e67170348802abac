"""Storms of alerts, on real records, with one replica and with two."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import timedelta

import pytest
from fakes import sighting_of
from prometheus_client import CollectorRegistry

from sightline.chassis.errors import Unavailable
from sightline.chassis.handling import Delivery
from sightline.chassis.ids import derived_id
from sightline.chassis.topology import ALERT_SOURCES
from sightline.notify.alert_metrics import AlertMetrics
from sightline.notify.handler import Alerting
from sightline.notify.outbox import BusAlerts
from sightline.notify.projection import AlertProjection
from sightline.notify.source_book import SourceBook, open_source_book
from sightline.notify.storm_news import StormNews
from sightline.notify.storms import StormRule, Storms
from sightline.v1 import camera_service_pb2, events_pb2, records_pb2

DOOR, YARD = "s" * 26, "t" * 26
LIMIT, MINUTE = 5, timedelta(seconds=60)
RULE = StormRule(LIMIT, MINUTE, suspends=True)


@dataclass
class Replica:
    """One notify, as far as it raises alerts; it looks at its storms when it is told to, `ahead` seconds later."""

    alerting: Alerting
    projection: AlertProjection
    storms: Storms
    news: StormNews
    sources: SourceBook
    clock: dict[str, float]

    async def raise_alerts(self, first, last, source=DOOR, **fields):
        """Alerts on other people each."""
        for number in range(first, last):
            person = derived_id(str(number))
            sighting = sighting_of(person, 0, person_id=person, source=source, **fields)
            await self.alerting.handle(sighting, Delivery("subject", b"", number, 1))

    async def look(self, ahead=0.0):
        self.clock["ahead"] = ahead
        await self.storms.look()
        await self.news.look()


class AwayBook:
    """A SourceBook whose broker does not answer."""

    def __init__(self, book: SourceBook) -> None:
        self.known, self.sources = book.known, book.sources

    async def change(self, *_: object):
        raise Unavailable("BROKER_UNAVAILABLE", "It is away.")


@pytest.fixture
def replica(bus, book, tmp_path):
    """A context that runs a replica with a state folder of its own."""

    @asynccontextmanager
    async def run(name="one", rule=RULE, kind=lambda sources: sources):
        sources, registry, clock = await open_source_book(bus), CollectorRegistry(), {"ahead": 0.0}
        with closing(AlertProjection(tmp_path / name / "alerts.db", bus)) as projection:
            async with projection.following(), sources.following():
                await projection.caught_up()
                now = lambda: time.time_ns() + int(clock["ahead"] * 1e9)  # noqa: E731 - the clock of this replica
                storms = Storms(projection, kind(sources), rule, registry, now)
                sink = BusAlerts(bus)
                alerting = Alerting(book, sink, storms, AlertMetrics(registry))
                yield Replica(alerting, projection, storms, StormNews(sources, bus), sources, clock)

    return run


@pytest.fixture
def storm_ids(bus, book):
    """A function that gives the storm of every alert of a source, in the order in which they were raised."""

    async def read(source=DOOR):
        alerts = [(await book.alert(key)).record.alert for key in await bus.keys("alerts")]
        alerts.sort(key=lambda alert: alert.create_time.ToNanoseconds())
        return [alert.storm_id for alert in alerts if alert.source == source]

    return read


@pytest.fixture
def said(stored):
    """A function that gives what EVENTS has of storms, with its id."""

    async def read():
        found = await stored("EVENTS", events_pb2.AlertStorm)
        return [(storm, dedup_id.split(".")[1]) for storm, dedup_id in found]

    return read


async def test_a_storm_is_grouped_said_once_and_asked_to_be_suspended(replica, storm_ids, said):
    """From the first alert beyond the limit on all of that camera carry it, and those of others do not."""
    async with replica() as one:
        await one.raise_alerts(0, LIMIT)
        assert await storm_ids() == [""] * LIMIT
        await one.raise_alerts(LIMIT, LIMIT + 3)
        await one.raise_alerts(0, LIMIT, YARD)
        ids = await storm_ids()
        assert ids[:LIMIT] == [""] * LIMIT
        [storm_id] = set(ids[LIMIT:])
        assert storm_id
        assert set(await storm_ids(YARD)) == {""}
        await one.look()
        await one.look()
        wish = one.sources.known(DOOR).suspension
    [(storm, state)] = await said()
    assert (storm.storm_id, storm.source, storm.alerts, state) == (storm_id, DOOR, LIMIT + 1, "began")
    assert (storm.limit, storm.window.ToTimedelta()) == (LIMIT, MINUTE)
    assert wish.reason == camera_service_pb2.SUSPENSION_REASON_ALERT_STORM
    assert wish.since == storm.begin_time
    assert wish.message.startswith(f"It raised {LIMIT + 1} alerts in 60 seconds (limit {LIMIT})")


async def test_a_storm_passes(replica, storm_ids, said):
    """Once a window has at most half of the limit it is over, with all its alerts counted; the next is another one."""
    async with replica() as one:
        await one.raise_alerts(0, LIMIT + 3)
        await one.look(ahead=MINUTE.total_seconds() / 2)
        assert not one.sources.known(DOOR).storm.HasField("end_time")
        await one.look(ahead=MINUTE.total_seconds() + 1)
        [(first, _), (ended, state)] = await said()
        assert (ended.storm_id, ended.alerts, state) == (first.storm_id, LIMIT + 3, "ended")
        assert ended.begin_time == first.begin_time
        assert ended.end_time.ToNanoseconds() > ended.begin_time.ToNanoseconds()
        await one.raise_alerts(LIMIT + 3, LIMIT + 4)
        ids = await storm_ids()
        assert ids[-1] not in {"", first.storm_id}


async def test_a_storm_that_goes_on_is_asked_about_again(replica):
    """Somebody resumed the camera within its storm: a window after the answer it is asked again, and not of a job."""
    async with replica() as one:

        async def answered(outcome, ago=timedelta()):
            def answer(record):
                wish = record.suspension
                wish.outcome = outcome
                wish.time.FromDatetime(wish.time.ToDatetime() - ago)
                return True

            await one.sources.change(DOOR, answer)

        await one.raise_alerts(0, LIMIT + 1)
        await answered("SUSPENDED")
        await one.look()
        assert one.sources.known(DOOR).suspension.outcome == "SUSPENDED"
        for begin, outcome, expected in ((10, "SUSPENDED", ""), (20, "CAMERA_NOT_FOUND", "CAMERA_NOT_FOUND")):
            await answered(outcome, ago=MINUTE)
            await one.raise_alerts(begin, begin + LIMIT + 1)
            await one.look()
            assert one.sources.known(DOOR).suspension.outcome == expected


async def test_replicas_make_one_storm_of_what_each_raises_half(replica, storm_ids, said):
    """Neither is above the limit by itself; both say the same storm, and it is said once."""
    async with AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(replica(name)) for name in ("one", "two")]
        for number in range(0, LIMIT + 5, 2):
            await one.raise_alerts(number, number + 1)
            await two.raise_alerts(number + 1, number + 2)
            for replica_ in (one, two):
                await replica_.projection.caught_up()
        ids = [each for each in await storm_ids() if each]
        assert len(ids) == 5
        assert len(set(ids)) == 1
        await asyncio.gather(one.look(), two.look())
    assert [state for _, state in await said()] == ["began"]


async def test_two_that_notice_a_storm_at_once_notice_the_same(replica, storm_ids):
    """The record is changed by compare-and-set: whoever is second joins."""
    async with AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(replica(name)) for name in ("one", "two")]
        await one.raise_alerts(0, LIMIT)
        await two.projection.caught_up()
        await asyncio.gather(one.raise_alerts(10, 12), two.raise_alerts(20, 22))
    ids = await storm_ids()
    assert len(ids) == LIMIT + 4
    assert len({each for each in ids if each}) == 1


async def test_a_storm_outlives_its_process(replica, storm_ids, said):
    """A notify that died before it said so, without its folder: the next one joins the storm, and says it."""
    async with replica() as one:
        await one.raise_alerts(0, LIMIT + 1)
    async with replica("another") as another:
        await another.raise_alerts(LIMIT + 1, LIMIT + 2)
        await another.look()
    ids = await storm_ids()
    assert ids[-1] == ids[-2] != ""
    assert [(storm.storm_id, state) for storm, state in await said()] == [(ids[-1], "began")]


async def test_a_backlog_is_no_storm(replica, storm_ids):
    """What was seen long before it is raised, as notify was away, counts nowhere: no camera is blamed for an outage."""
    async with replica() as one:
        seen = {"seconds": int(time.time()) - 3600}
        await one.raise_alerts(0, LIMIT + 3, frame_time=seen)
        await one.raise_alerts(LIMIT + 3, LIMIT + 5, frame_time={"seconds": int(time.time())})
        assert one.sources.sources() == []
    assert set(await storm_ids()) == {""}


async def test_no_alert_waits_for_its_storm(replica, storm_ids, bus):
    """While what is known of cameras cannot be written, alerts are raised all the same."""
    async with replica(kind=AwayBook) as one:
        await one.raise_alerts(0, LIMIT + 2)
    assert await storm_ids() == [""] * (LIMIT + 2)
    assert await bus.keys(ALERT_SOURCES) == []


@pytest.mark.parametrize(
    ("rule", "grouped"),
    [(StormRule(LIMIT, MINUTE, suspends=False), True), (StormRule(0, MINUTE, suspends=True), False)],
)
async def test_storms_are_what_the_settings_say(replica, storm_ids, rule, grouped):
    """They may be grouped without a suspension, or not be looked for."""
    async with replica(rule=rule) as one:
        await one.raise_alerts(0, LIMIT + 2)
        known = one.sources.known(DOOR)
        assert known.HasField("storm") is grouped
        assert known.suspension == records_pb2.SuspensionWish()
    assert any(await storm_ids()) is grouped


async def test_a_clock_that_is_set_back_makes_no_storm(replica, storm_ids, book, bus):
    """What was raised before that lies ahead, and is not of the last minute."""
    hour = 3600

    def before(record):
        record.alert.create_time.seconds += hour
        return True

    async with replica() as one:
        await one.raise_alerts(0, LIMIT)
        for key in await bus.keys("alerts"):
            await book.change(key, before)
        raised = one.storms._own[DOOR]
        raised.update({key: at + hour * 10**9 for key, at in raised.items()})
        await one.projection.caught_up()
        await one.raise_alerts(LIMIT, 2 * LIMIT)
        assert await storm_ids() == [""] * 2 * LIMIT
