"""The table of who was in a video, and when."""

import pytest

from sightline.cli.video.clock import clock
from sightline.cli.video.timeline import bar, best_similarity, print_timeline, seen
from sightline.v1 import video_job_service_pb2 as pb


def span(first, last, similarity=90.0):
    """A span of media time."""
    return pb.VideoSpan(first_media_seconds=first, last_media_seconds=last, best_similarity=similarity)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (65, "1:05"), (3725, "1:02:05")])
def test_media_time_is_written_as_players_write_it(seconds, text):
    """To the second, with hours only where there are any."""
    assert clock(seconds) == text


def test_the_line_is_full_where_the_person_was_there():
    """Ten cells for 100 s: each is ten seconds; a moment fills one cell, and the end lies in the last."""
    assert bar([span(0, 5), span(30, 50)], 100, 10) == "█··███····"
    assert bar([span(100, 100)], 100, 10) == "·········█"


def test_the_line_holds_spans_beyond_a_length_that_is_not_known():
    """With no stated length the last span ends the line."""
    assert bar([span(5, 10)], 0, 10) == "·····█████"
    assert bar([], 0, 4) == "····"


def test_a_row_says_who_when_and_how_alike(capsys):
    """One row a person, with every span, the best similarity, and nothing of rich's markup."""
    person = pb.VideoPerson(spans=[span(5, 9, 80.0), span(70, 72, 95.5)])
    person.person.external_id, person.person.display_name = "P-1", "[red]Ada[/red]"
    assert (seen(person), best_similarity(person)) == ("0:05-0:09, 1:10-1:12", 95.5)
    print_timeline([person], 100)
    printed = capsys.readouterr().out
    assert "[red]Ada[/red]" in printed
    assert "95.5" in printed


def test_nobody_is_said(capsys):
    """An empty result is a sentence, not an empty table."""
    print_timeline([], 100)
    assert "nobody of the watchlists was found" in capsys.readouterr().out
