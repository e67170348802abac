"""The use case: who was found in a stored video, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.pages import from_token, page_size, refused_token, to_token
from sightline.ingest.video_persons import persons_of
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.chassis.identity.rights import Selection
    from sightline.ingest.job_sightings import JobSightings
    from sightline.ingest.video_persons import SeenPerson, SeenTrack

MAX_THUMBNAILS = 400
"""Of a page: crops have some 15 kB, and an answer at most 32 MB."""


class JobResults:
    """Puts together what is shown of a job."""

    def __init__(self, sightings: JobSightings) -> None:
        self._sightings = sightings

    async def page(
        self, job: pb.VideoJob, asked: pb.GetVideoJobResultsRequest, chosen: Selection
    ) -> pb.GetVideoJobResultsResponse:
        """One page of the persons of the chosen watchlists.

        Raises:
            InvalidInput: PAGE_TOKEN_INVALID.
            Unavailable: BROKER_UNAVAILABLE.
        """
        tracks = [track for track in await self._sightings.of(job.id) if _is_asked(track, asked, chosen)]
        persons = persons_of(tracks, job.create_time.ToNanoseconds(), asked.order)
        first, size = _place(persons, asked.page_token), page_size(asked.page_size)
        page = persons[first : first + size]
        await self._show(page, asked.thumbnails)
        return pb.GetVideoJobResultsResponse(
            persons=[person.shown for person in page],
            next_page_token=to_token(page[-1].key) if len(persons) > first + size else "",
            job=job,
            fit_for=tracks[0].sighting.fit_for if tracks else "",
        )

    async def _show(self, page: list[SeenPerson], thumbnails: pb.VideoThumbnails) -> None:
        """Put pictures to the tracks, to each person's most similar ones first."""
        each = {pb.VIDEO_THUMBNAILS_BEST: 1, pb.VIDEO_THUMBNAILS_TRACKS: MAX_THUMBNAILS}.get(thumbnails, 0)
        left = MAX_THUMBNAILS
        for person in page:
            shown = {track.track_id: track for span in person.shown.spans for track in span.tracks}
            for track in person.tracks[: min(each, left)]:
                shown[track.sighting.track_id].thumbnail = await self._sightings.picture(track)
                left -= 1


def _is_asked(track: SeenTrack, asked: pb.GetVideoJobResultsRequest, chosen: Selection) -> bool:
    watchlist_id = track.sighting.watchlist_id
    return (
        watchlist_id in chosen
        and asked.watchlist_id in ("", watchlist_id)
        and (not asked.HasField("min_similarity") or track.best.similarity >= asked.min_similarity)
    )


def _place(persons: Iterable[SeenPerson], token: str) -> int:
    """Where a page begins: behind the last one of the page before, wherever that is by now."""
    if not token:
        return 0
    last = from_token(token)
    for place, person in enumerate(persons):
        if person.key == last:
            return place + 1
    raise refused_token()
