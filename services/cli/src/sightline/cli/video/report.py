"""The results of a job as one HTML page: no scripts, nothing from elsewhere, fit for print."""

import base64
from pathlib import Path

from sightline.chassis.enum_names import enum_word
from sightline.chassis.errors import InvalidInput
from sightline.cli.moments import moment
from sightline.cli.private_files import write_private
from sightline.cli.video.clock import clock
from sightline.cli.video.timeline import best_similarity
from sightline.v1 import video_job_service_pb2 as pb

# What a person's line shows of one appearance at least, so that short ones can be seen, in percent of the line.
_LEAST_WIDTH = 0.4


def write_report(path: Path, results: pb.GetVideoJobResultsResponse, watchlists: dict[str, str]) -> None:
    """Write the page, for its owner's eyes alone: it shows faces.

    Args:
        path: where to; what is there is replaced.
        results: with thumbnails, if the page is to have them.
        watchlists: names by id.

    Raises:
        InvalidInput: REPORT_NOT_WRITTEN.
    """
    try:
        write_private(path, render(results, watchlists).encode())
    except OSError as error:
        raise InvalidInput("REPORT_NOT_WRITTEN", f"{path} cannot be written: {error.strerror}.") from error


def render(results: pb.GetVideoJobResultsResponse, watchlists: dict[str, str]) -> str:
    """The page's text; everything that people wrote is escaped."""
    import jinja2  # noqa: PLC0415 - it takes a tenth of a second, which other commands need not pay

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sightline.cli.video", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": clock, "picture": _picture}
    job, progress = results.job, results.job.progress
    length = max([progress.media_duration_seconds, progress.media_seconds, *_lasts(results)], default=0.0)
    return environment.get_template("report.html").render(
        job=job,
        state=enum_word(pb.VideoJobState, job.state),
        created=moment(job.create_time, absent="unknown"),
        ended=moment(job.end_time, absent="still running"),
        length=length,
        watchlists=[watchlists.get(each, each) for each in job.watchlist_ids],
        fit_for=results.fit_for,
        persons=[_row(person, length, watchlists) for person in results.persons],
        ticks=[length * quarter / 4 for quarter in range(5)],
    )


def _row(person: pb.VideoPerson, length: float, watchlists: dict[str, str]) -> dict[str, object]:
    tracks = [track for span in person.spans for track in span.tracks]
    pictures = [track for track in tracks if track.thumbnail]
    return {
        "who": person.person,
        "watchlist": watchlists.get(person.watchlist_id, person.watchlist_id),
        "similarity": best_similarity(person),
        "picture": max(pictures, key=lambda track: track.similarity, default=None),
        "spans": [_bar(span, length) for span in person.spans],
        "tracks": person.track_count,
    }


def _bar(span: pb.VideoSpan, length: float) -> dict[str, object]:
    first, last = span.first_media_seconds, span.last_media_seconds
    width = max(100 * (last - first) / length, _LEAST_WIDTH) if length else 100.0
    left = min(100 * first / length, 100 - width) if length else 0.0
    return {"span": span, "left": left, "width": width}


def _lasts(results: pb.GetVideoJobResultsResponse) -> list[float]:
    return [person.last_media_seconds for person in results.persons]


def _picture(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
