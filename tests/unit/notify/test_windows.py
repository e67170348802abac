from __future__ import annotations

from fakes import sighting_of
from hypothesis import given
from hypothesis import strategies as st

from sightline.notify.windows import MAX_WINDOWS, place
from sightline.v1 import alert_service_pb2, records_pb2

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
    """A record after these sightings, and how many alerts they opened."""
    record = records_pb2.AlertRecord()
    return record, sum(place(record, sighting).opened for sighting in sightings)


@given(visits())
def test_a_visit_is_one_alert_in_whatever_order_it_is_told(case):
    """The number of alerts is the number of visits, however the sightings are mixed and repeated."""
    sightings, count = case
    record, opened = placed(*sightings)
    assert opened == len(record.windows) == count
    assert len({window.alert.id for window in record.windows}) == count


def test_the_cooldown_counts_from_the_last_sighting():
    """Each sighting within the cooldown of the last one prolongs the alert; one second more is a new alert."""
    assert placed(sighting_of("a", 0), sighting_of("b", 30), sighting_of("c", 60))[1] == 1
    assert placed(sighting_of("a", 0), sighting_of("b", 31))[1] == 2
    assert placed(sighting_of("a", 0), sighting_of("b", 31, cooldown=31))[1] == 1


def test_a_track_stays_in_its_alert_however_long_it_lasts():
    """A later revision of a known track belongs to its alert, across every boundary, and prolongs it."""
    record, opened = placed(sighting_of("a", 0), sighting_of("a", HOUR, revision=2), sighting_of("b", HOUR + 20))
    (window,) = record.windows
    assert opened == 1
    assert (window.alert.end_time.seconds - window.alert.start_time.seconds) == HOUR + 20
    assert list(window.alert.track_ids) == ["a", "b"]


def test_a_redelivery_an_hour_later_is_nothing_new():
    """What is known changes nothing, also after other visits and with a revision that was overtaken."""
    first, better = sighting_of("a", 0), sighting_of("a", 1, revision=2)
    record, opened = placed(first, better, sighting_of("b", HOUR))
    before = record.SerializeToString(deterministic=True)
    assert opened == 2
    assert not any(place(record, again).changed for again in (first, better, first))
    assert record.SerializeToString(deterministic=True) == before


def test_an_alert_shows_its_best_sighting_and_the_whole_time():
    """Person and sighting are those of the highest cosine; start and end embrace all; each change is a revision."""
    record, _ = placed(
        sighting_of("b", 10, cosine=0.93), sighting_of("a", 0, cosine=0.99), sighting_of("c", 20, cosine=0.95)
    )
    alert = record.windows[0].alert
    assert alert.revision == 3
    assert alert.sighting.track_id == "a"
    assert alert.person.cosine == alert.sighting.candidates[0].cosine
    assert alert.end_time.seconds - alert.start_time.seconds == 20
    assert alert.state == alert_service_pb2.ALERT_STATE_RAISED


def test_an_alert_carries_no_pixels():
    """The crop is evidence, with a retention of its own; the alert's sighting has none."""
    alert = placed(sighting_of("a", 0))[0].windows[0].alert
    assert alert.sighting.crop == b""
    assert alert.sighting.track_id == "a"


def test_the_id_follows_from_the_first_track():
    """The same sightings give the same id; another track, source or person gives another."""
    ids = [
        placed(sighting)[0].windows[0].alert.id
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
    record, opened = placed(*(sighting_of(f"track{n}", n * HOUR) for n in range(MAX_WINDOWS + 3)))
    assert opened == MAX_WINDOWS + 3
    assert len(record.windows) == MAX_WINDOWS
    assert "track3" in record.windows[0].tracks
