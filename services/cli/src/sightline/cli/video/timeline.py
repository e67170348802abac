"""Who was there when, as a table with a line of time."""

from collections.abc import Iterator, Sequence

from rich.console import Console

from sightline.cli.output import print_table
from sightline.cli.video.clock import clock
from sightline.v1 import video_job_service_pb2 as pb

# Of the line, in cells; in a narrow terminal what is left beside the words.
WIDTH, LEAST_WIDTH, WORDS = 40, 12, 64
_COLUMNS = ("person", "name", "similarity", "seen", "")


def print_timeline(persons: Sequence[pb.VideoPerson], duration_s: float) -> None:
    """Print a row for each person, or that nobody was found."""
    width = max(LEAST_WIDTH, min(WIDTH, Console().width - WORDS))
    print_table(_COLUMNS, _rows(persons, duration_s, width), empty="nobody of the watchlists was found")


def bar(spans: Sequence[pb.VideoSpan], duration_s: float, width: int = WIDTH) -> str:
    """A line of `width` cells for the whole video; those in which the person was there are full."""
    length = max([duration_s, *(span.last_media_seconds for span in spans)], default=0.0)
    cells = ["·"] * width
    for span in spans:
        first, last = (min(int(at / length * width), width - 1) if length else 0 for at in _ends(span))
        cells[first : last + 1] = "█" * (last + 1 - first)
    return "".join(cells)


def seen(person: pb.VideoPerson) -> str:
    """The spans in words, as 0:05-0:09, 1:10-1:12."""
    return ", ".join("-".join(clock(at) for at in _ends(span)) for span in person.spans)


def _rows(persons: Sequence[pb.VideoPerson], duration_s: float, width: int) -> Iterator[tuple[str, ...]]:
    for found in persons:
        who = found.person
        similarity = f"{best_similarity(found):.1f}"
        yield who.external_id, who.display_name, similarity, seen(found), bar(found.spans, duration_s, width)


def best_similarity(person: pb.VideoPerson) -> float:
    """Of all spans, 0..100."""
    return max((span.best_similarity for span in person.spans), default=0.0)


def _ends(span: pb.VideoSpan) -> tuple[float, float]:
    return span.first_media_seconds, span.last_media_seconds
