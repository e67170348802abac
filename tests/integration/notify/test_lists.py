"""What callers get to see of alerts, through the servicer over the real stream."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, closing
from itertools import product

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from sightline.chassis.access import Place
from sightline.chassis.audit import Auditor
from sightline.chassis.identity.rights import EVERYTHING, FULL_REACH, NOTHING, Part, Reach, Selection
from sightline.chassis.ids import derived_id
from sightline.chassis.principal import Principal, enter
from sightline.notify.feed import AlertFeed
from sightline.notify.outbox import BusAlerts, Outbox
from sightline.notify.presence import Presence
from sightline.notify.projection import AlertProjection
from sightline.notify.servicer import AlertServicer
from sightline.notify.tombstones import Tombstones
from sightline.v1 import alert_service_pb2 as pb

OWN, FOREIGN = "w" * 26, "x" * 26
DOOR, YARD = "s" * 26, "t" * 26
ROUNDS = 3
STATES = (pb.ALERT_STATE_RAISED, pb.ALERT_STATE_CONFIRMED, pb.ALERT_STATE_DISMISSED)
PERSONS = tuple(letter * 26 for letter in "pqr")


@pytest.fixture
async def ids(bus, book):
    """Ids of alerts in the order in which they were raised, by round, watchlist and camera: three of each pair."""
    made = {}
    for number, (turn, watchlist, camera) in enumerate(product(range(ROUNDS), (OWN, FOREIGN), (DOOR, YARD))):
        stored = await book.alert(derived_id(str(number)))
        alert = stored.record.alert
        alert.id, alert.watchlist_id, alert.source, alert.revision = stored.key, watchlist, camera, 1
        alert.state = STATES[turn]
        alert.person.person_id = PERSONS[turn]
        alert.create_time.FromSeconds(1_000 + number)
        await book.put_alert(stored)
        await Outbox(book, BusAlerts(bus)).send(stored)
        made[turn, watchlist, camera] = alert.id
    return made


@pytest.fixture
async def projection(bus, tmp_path, ids):
    """The copy from which lists are made, with all of them."""
    with closing(AlertProjection(tmp_path / "alerts.db", bus)) as copy:
        async with copy.following():
            await copy.caught_up()
            yield copy


@pytest.fixture
async def servicer(bus, projection):
    """AlertService, to which reviews and evidence are nothing."""
    feed = AlertFeed(bus)
    async with feed.running():
        yield AlertServicer(
            projection, feed, None, None, Presence(projection, Tombstones(bus)), Auditor(bus, "notify"), asyncio.Event()
        )


@pytest.fixture
def listed(servicer):
    """A function that gives every page of a caller's list, two alerts on each: their ids."""

    async def pages(reach, **fields):
        enter(Principal("somebody"), reach)
        found, token = [], None
        while token != "":
            page = await servicer.ListAlerts(pb.ListAlertsRequest(page_size=2, page_token=token or "", **fields), None)
            found.append([alert.id for alert in page.alerts])
            token = page.next_page_token
        return found

    return pages


@pytest.fixture
def watched(servicer):
    """A function that gives the first alerts behind sequence 1 that a caller's stream has: their ids."""

    async def seen(reach, count, **fields):
        enter(Principal("somebody"), reach)
        found = []
        async with asyncio.timeout(60):
            stream = servicer.WatchAlerts(pb.WatchAlertsRequest(after_sequence=1, **fields), None)
            async with aclosing(stream) as answers:
                while len(found) < count:
                    found.append((await anext(answers)).alert.id)
        return found

    return seen


def reach_of(watchlists, cameras):
    """A reach of these; None is all."""
    return Reach.of(*(EVERYTHING if chosen is None else Selection.of(chosen) for chosen in (watchlists, cameras)))


def in_pages(ids, watchlists=(OWN, FOREIGN), cameras=(DOOR, YARD)):
    """The pages of a list of these: the newest alerts first, and every page but the last one full."""
    return two_by_two([ids[key] for key in reversed(ids) if key[1] in watchlists and key[2] in cameras])


def two_by_two(listed):
    """What is listed, in pages of two."""
    return [listed[start : start + 2] for start in range(0, len(listed), 2)]


async def test_a_list_has_alerts_of_granted_watchlists_at_granted_cameras(ids, listed):
    """An alert belongs to both: one of the caller's watchlist at another camera is not there, nor the other way."""
    assert await listed(reach_of([OWN], [DOOR])) == in_pages(ids, [OWN], [DOOR])
    assert await listed(reach_of([OWN], None)) == in_pages(ids, [OWN])
    assert await listed(reach_of(None, [YARD])) == in_pages(ids, cameras=[YARD])


async def test_two_grants_show_no_alert_that_neither_of_them_has(ids, listed, watched, projection):
    """One's watchlist at the other's camera is not there: in no list, no stream, and for no call that names it."""
    crossed = reach_of([OWN], [DOOR]) | reach_of([FOREIGN], [YARD])
    granted = [ids[turn, *place] for turn in reversed(range(ROUNDS)) for place in ((FOREIGN, YARD), (OWN, DOOR))]
    assert await listed(crossed) == two_by_two(granted)
    assert [await listed(crossed, **asked) for asked in ({"watchlist_id": OWN}, {"source": YARD})] == [
        in_pages(ids, [OWN], [DOOR]),
        in_pages(ids, [FOREIGN], [YARD]),
    ]
    assert await watched(crossed, len(granted) - 1) == granted[-2::-1]  # of all but the first
    places = [await projection.place(ids[0, *place]) for place in ((OWN, DOOR), (OWN, YARD), (FOREIGN, DOOR))]
    assert [place.within(crossed) for place in places] == [True, False, False]


async def test_a_grant_on_all_adds_to_a_narrow_one(ids, listed):
    """Somebody's watchlist everywhere, and one camera for all watchlists: what either has, and nothing else."""
    wide = reach_of([OWN], None) | reach_of(None, [YARD])
    assert await listed(wide) == two_by_two([ids[key] for key in reversed(ids) if key[1:] != (FOREIGN, DOOR)])
    halves = reach_of([], [YARD]) | reach_of([OWN], []) | reach_of([FOREIGN], [DOOR])
    assert await listed(halves) == in_pages(ids, [FOREIGN], [DOOR])


async def test_a_list_takes_more_than_a_thousand_parts(ids, listed):
    """However many watchlists each have a camera of their own: SQLite's expressions have a depth."""
    others = (Part(Selection.of([f"w{number}"]), Selection.of([f"c{number}"])) for number in range(1200))
    many = Reach.summed([*others, Part(Selection.of([OWN]), Selection.of([DOOR]))], NOTHING)
    assert await listed(many) == in_pages(ids, [OWN], [DOOR])


async def test_pages_of_a_filtered_list_are_full(ids, listed):
    """Alerts of others make neither gaps nor a page to come; who may see all has all twelve."""
    assert [len(page) for page in await listed(reach_of([OWN], [DOOR]))] == [2, 1]
    assert [len(page) for page in await listed(reach_of([OWN], None))] == [2, 2, 2]
    assert [len(page) for page in await listed(FULL_REACH)] == [2] * 6
    assert await listed(FULL_REACH) == in_pages(ids)


async def test_a_filter_of_the_request_adds_nothing(ids, listed):
    """Whoever asks for a watchlist or a camera gets what is there of their own, and of another's nothing."""
    assert await listed(reach_of([OWN], [DOOR]), watchlist_id=OWN) == in_pages(ids, [OWN], [DOOR])
    assert await listed(reach_of([OWN], [DOOR]), source=YARD) == [[]]
    assert await listed(reach_of([OWN], [DOOR]), watchlist_id=FOREIGN) == [[]]
    assert await listed(Reach.of(EVERYTHING, NOTHING)) == await listed(Reach.of(NOTHING, EVERYTHING)) == [[]]


async def test_a_list_is_of_a_person_of_states_and_of_a_time(ids, listed):
    """Each filter leaves out what it does not name, and they add up."""

    async def every(reach, **fields):
        return [alert_id for page in await listed(reach, **fields) for alert_id in page]

    assert await every(FULL_REACH, person_id=PERSONS[1]) == in_rounds(ids, [1])
    assert await every(FULL_REACH, states=[STATES[0], STATES[2]]) == in_rounds(ids, [0, 2])
    assert await every(FULL_REACH, states=[STATES[0]], person_id=PERSONS[1]) == []
    since, until = Timestamp(seconds=1_004), Timestamp(seconds=1_008)
    assert await every(FULL_REACH, since=since, until=until) == in_rounds(ids, [1])


def in_rounds(ids, rounds):
    """Ids of what was raised in these rounds, the newest first."""
    return [ids[key] for key in reversed(ids) if key[0] in rounds]


async def test_a_stream_has_alerts_of_granted_watchlists_at_granted_cameras(ids, watched):
    """A watcher sees what their list would show, in the order in which it happened."""
    assert await watched(reach_of([OWN], [DOOR]), 2) == [ids[1, OWN, DOOR], ids[2, OWN, DOOR]]
    assert await watched(reach_of([OWN], None), 2) == [ids[0, OWN, YARD], ids[1, OWN, DOOR]]
    assert await watched(reach_of(None, [YARD]), 2) == [ids[0, OWN, YARD], ids[0, FOREIGN, YARD]]
    assert await watched(FULL_REACH, 2, watchlist_id=FOREIGN) == [ids[0, FOREIGN, DOOR], ids[0, FOREIGN, YARD]]


async def test_an_alert_is_in_its_watchlist_and_at_its_camera(ids, projection):
    """What the gate checks of an alert is both; an unknown one has no place."""
    assert await projection.place(ids[1, OWN, YARD]) == Place(watchlist=OWN, camera=YARD)
    assert await projection.place("z" * 26) is None


async def test_a_storm_is_one_of_a_list(book, ids, projection, servicer):
    """Where the caller asks for that: its newest alert, with how many it stands for, on whatever page; or it alone."""
    storm = "z" * 26
    stormy = [ids[turn, OWN, DOOR] for turn in range(ROUNDS)]
    for alert_id in stormy:
        stored = await book.alert(alert_id)
        stored.record.alert.storm_id = storm
        await book.put_alert(stored)
    await projection.caught_up()
    enter(Principal("somebody"), FULL_REACH)
    found, sizes, request = [], {}, pb.ListAlertsRequest(collapse_storms=True, page_size=2)
    while True:
        page = await servicer.ListAlerts(request, None)
        found += [alert.id for alert in page.alerts]
        assert not set(sizes) & set(page.storm_sizes)
        sizes |= page.storm_sizes
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    newest_first = [alert_id for alert_id in reversed(ids.values()) if alert_id not in stormy[:-1]]
    assert (found, sizes) == (newest_first, {storm: ROUNDS})
    alone = await servicer.ListAlerts(pb.ListAlertsRequest(storm_id=storm), None)
    assert [alert.id for alert in alone.alerts] == stormy[::-1]
    settled = pb.ListAlertsRequest(storm_id=storm, collapse_storms=True, states=[pb.ALERT_STATE_RAISED])
    page = await servicer.ListAlerts(settled, None)
    assert ([alert.id for alert in page.alerts], dict(page.storm_sizes)) == ([stormy[0]], {storm: 1})
