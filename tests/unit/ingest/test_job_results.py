"""Pages of who was found in a stored video."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.chassis.identity.rights import EVERYTHING, Reach, Selection
from sightline.chassis.principal import Principal, enter
from sightline.ingest.job_results import JobResults
from sightline.ingest.job_servicer import VideoJobServicer
from sightline.ingest.video_persons import SeenTrack
from sightline.v1 import events_pb2
from sightline.v1 import video_job_service_pb2 as pb

JOB = pb.VideoJob(id="j" * 26)


class MemorySightings:
    """Tracks in a list; the picture of a track is its id."""

    def __init__(self, tracks) -> None:
        self.tracks = tracks

    async def of(self, _job_id):
        return self.tracks

    async def picture(self, track):
        return track.sighting.track_id.encode()


def track(number, person, watchlist="w", similarity=90.0):
    """A sighting at second `number`."""
    best = events_pb2.Candidate(person_id=person, similarity=similarity, cosine=similarity / 100)
    said = events_pb2.Sighting(track_id=f"t{number}", watchlist_id=watchlist, candidates=[best], fit_for="tests")
    for stamp in (said.track_first_time, said.track_last_time, said.event_time):
        stamp.FromSeconds(number)
    return SeenTrack(said, number)


def shown(page):
    """Persons, each with the pictures of their tracks."""
    return {
        person.person.person_id: [each.thumbnail.decode() for span in person.spans for each in span.tracks]
        for person in page.persons
    }


async def test_pages_hold_everybody_once():
    """Page by page in the order that was asked for; a token that is none of ours is refused."""
    results = JobResults(MemorySightings([track(number, f"p{number}") for number in (3, 1, 2)]))
    asked = pb.GetVideoJobResultsRequest(page_size=2)
    first = await results.page(JOB, asked, EVERYTHING)
    asked.page_token = first.next_page_token
    second = await results.page(JOB, asked, EVERYTHING)
    assert (list(shown(first)), list(shown(second))) == (["p1", "p2"], ["p3"])
    assert (second.next_page_token, second.fit_for, second.job) == ("", "tests", JOB)
    asked.page_token = "bm9uZQ=="  # noqa: S105 - no secret
    with pytest.raises(InvalidInput, match="PAGE_TOKEN_INVALID"):
        await results.page(JOB, asked, EVERYTHING)


async def test_only_what_was_asked_for_and_may_be_seen_is_shown():
    """Of the caller's watchlists, of the one that they name, from the similarity that they name."""
    tracks = [track(1, "a", "v"), track(2, "b", "w"), track(3, "c", "w", similarity=60)]
    results = JobResults(MemorySightings(tracks))
    everything, narrow = pb.GetVideoJobResultsRequest(), Selection.of(["w"])
    assert list(shown(await results.page(JOB, everything, EVERYTHING))) == ["a", "b", "c"]
    assert list(shown(await results.page(JOB, everything, narrow))) == ["b", "c"]
    named = pb.GetVideoJobResultsRequest(watchlist_id="v")
    assert list(shown(await results.page(JOB, named, EVERYTHING))) == ["a"]
    assert list(shown(await results.page(JOB, named, narrow))) == []
    similar = pb.GetVideoJobResultsRequest(min_similarity=80)
    assert list(shown(await results.page(JOB, similar, narrow))) == ["b"]


@pytest.mark.parametrize(
    ("thumbnails", "expected"),
    [
        (pb.VIDEO_THUMBNAILS_UNSPECIFIED, {"a": ["", ""], "b": [""]}),
        (pb.VIDEO_THUMBNAILS_BEST, {"a": ["", "t2"], "b": ["t3"]}),
        (pb.VIDEO_THUMBNAILS_TRACKS, {"a": ["t1", "t2"], "b": ["t3"]}),
    ],
    ids=["none", "best", "tracks"],
)
async def test_thumbnails_come_where_they_were_asked_for(thumbnails, expected):
    """None, that of each person's most similar track, or all."""
    results = JobResults(MemorySightings([track(1, "a", similarity=70), track(2, "a"), track(3, "b")]))
    page = await results.page(JOB, pb.GetVideoJobResultsRequest(thumbnails=thumbnails), EVERYTHING)
    assert shown(page) == expected


async def test_of_two_grants_the_one_with_the_job_counts():
    """Whoever has one watchlist at this job and another elsewhere gets to know of the first one's people alone."""

    async def job(_job_id):
        return JOB

    results = JobResults(MemorySightings([track(1, "a", "v"), track(2, "b", "w")]))
    servicer = VideoJobServicer(SimpleNamespace(get=job), results, None, SimpleNamespace(audit=nullcontext))
    here, elsewhere = Selection.of([JOB.id]), Selection.of(["k" * 26])
    enter(Principal("somebody"), Reach.of(Selection.of("w"), here) | Reach.of(Selection.of("v"), elsewhere))
    page = await servicer.GetVideoJobResults(pb.GetVideoJobResultsRequest(job_id=JOB.id), None)
    assert list(shown(page)) == ["b"]
