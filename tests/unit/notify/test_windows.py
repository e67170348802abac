from __future__ import annotations

from fakes import sighting_of
from hypothesis import given
from hypothesis import strategies as st

from sightline.chassis.ids import new_id
from sightline.notify.windows import MAX_TRACKS, MAX_WINDOWS, close, place, window_of
from sightline.v1 import records_pb2

HOUR = 3600
COOLDOWN = 30


@st.composite
def visits(draw):
    """Sightings of one person who comes several times, in any order and with repetitions; and how often they came.

    A visit is shorter than the cooldown, and the pauses between visits are longer.
    """
    sightings, begin, count = [], 0.0, draw(st.integers(1, 4))
    for visit in range(count):
        moments = draw(st.lists(st.floats(0, COOLDOWN - 1), min_size=1, max_size=4))
        for number, moment in enumerate(moments):
            revisions = draw(st.integers(1, 2))
            track = f"track{visit}-{number}"
            sightings += [sighting_of(track, begin + moment, revision=n + 1) for n in range(revisions)]
        begin += 2 * COOLDOWN + draw(st.floats(1, HOUR))
    again = draw(st.lists(st.sampled_from(sightings), max_size=5))
    return draw(st.permutations(sightings + again)), count


def placed(*sightings):
    """The windows after these sightings."""
    record = records_pb2.AlertWindows()
    for sighting in sightings:
        place(record, sighting)
    return record


def span(window):
    """How long it is, in seconds."""
    return window.end_time.seconds - window.start_time.seconds


@given(visits())
def test_a_visit_is_one_alert_in_whatever_order_it_is_told(case):
    """The number of alerts is the number of visits, however the sightings are mixed and repeated."""
    sightings, count = case
    record = placed(*sightings)
    assert len(record.windows) == count
    assert len({window.alert_id for window in record.windows}) == count


def test_whoever_stays_in_view_is_another_alert_in_the_end():
    """A window takes so many tracks; what comes again is in its own, and all windows together fit into a message."""
    stays = [sighting_of(new_id(), moment) for moment in range(MAX_TRACKS + 1)]
    record = placed(*stays)
    assert [len(window.track_ids) for window in record.windows] == [MAX_TRACKS, 1]
    assert not any(place(record, again).changed for again in (stays[0], stays[-1]))
    assert record.windows[0].ByteSize() * MAX_WINDOWS < 1_000_000


def test_the_cooldown_counts_from_the_last_sighting():
    """Each sighting within the cooldown of the last one prolongs the alert; one second more is a new alert."""
    assert len(placed(sighting_of("a", 0), sighting_of("b", 30), sighting_of("c", 60)).windows) == 1
    assert len(placed(sighting_of("a", 0), sighting_of("b", 31)).windows) == 2
    assert len(placed(sighting_of("a", 0), sighting_of("b", 31, cooldown=31)).windows) == 1


def test_a_track_stays_in_its_alert_however_long_it_lasts():
    """A later revision of a known track belongs to its alert, across every boundary, and prolongs it."""
    record = placed(sighting_of("a", 0), sighting_of("a", HOUR, revision=2), sighting_of("b", HOUR + 20))
    (window,) = record.windows
    assert span(window) == HOUR + 20
    assert list(window.track_ids) == ["a", "b"]


def test_a_redelivery_an_hour_later_is_nothing_new():
    """What is known changes nothing, also after other visits and with a revision that was overtaken."""
    first, better = sighting_of("a", 0), sighting_of("a", 1, revision=2)
    record = placed(first, better, sighting_of("b", HOUR))
    before = record.SerializeToString(deterministic=True)
    assert not any(place(record, again).changed for again in (first, better, first))
    assert record.SerializeToString(deterministic=True) == before


def test_whoever_comes_after_a_closed_window_is_another_alert():
    """A window that was closed takes no other track, and what was in it stays in it."""
    record = placed(sighting_of("a", 0), sighting_of("b", 5))
    close(record.windows[0], "b")
    (first, second) = placed_into(record, sighting_of("b", 5), sighting_of("c", 6), sighting_of("a", 7)).windows
    assert (list(first.track_ids), list(second.track_ids)) == (["a"], ["b", "c"])
    assert first.alert_id != second.alert_id
    assert window_of(record, "c") == second


def placed_into(record, *sightings):
    """The record after some more sightings."""
    for sighting in sightings:
        place(record, sighting)
    return record


def test_the_id_follows_from_the_first_track():
    """The same sightings give the same id; another track, source or person gives another."""
    ids = [
        placed(sighting).windows[0].alert_id
        for sighting in (
            sighting_of("a", 0),
            sighting_of("a", 5),
            sighting_of("b", 0),
            sighting_of("a", 0, source="t" * 26),
            sighting_of("a", 0, person_id="q" * 26),
        )
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


def test_old_windows_are_forgotten():
    """A record does not grow for ever: it keeps its newest 64 windows."""
    record = placed(*(sighting_of(f"track{n}", n * HOUR) for n in range(MAX_WINDOWS + 3)))
    assert len(record.windows) == MAX_WINDOWS
    assert list(record.windows[0].track_ids) == ["track3"]
