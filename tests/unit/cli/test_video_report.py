"""The page of who was in a video."""

import re

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.cli.video.report import render, write_report
from sightline.v1 import video_job_service_pb2 as pb

WATCHLIST = "w" * 26


def found(persons=(), **job):
    """Results of a job of 100 s."""
    facts = {"name": "gate.mp4", "watchlist_ids": [WATCHLIST], "state": pb.VIDEO_JOB_STATE_DONE, **job}
    results = pb.GetVideoJobResultsResponse(persons=persons, job=pb.VideoJob(**facts), fit_for="demonstration")
    results.job.progress.media_duration_seconds = 100
    return results


def person(name="Ada", first=10.0, last=20.0, thumbnail=b"jpeg"):
    """Somebody with one appearance."""
    track = pb.VideoTrack(first_media_seconds=first, last_media_seconds=last, similarity=91.25, thumbnail=thumbnail)
    span = pb.VideoSpan(first_media_seconds=first, last_media_seconds=last, best_similarity=91.25, tracks=[track])
    one = pb.VideoPerson(watchlist_id=WATCHLIST, spans=[span], track_count=1, last_media_seconds=last)
    one.person.display_name, one.person.external_id = name, "P-1"
    return one


def test_a_person_has_a_picture_a_name_and_a_line_of_time():
    """What was found is on the page: who, how alike, where on the line, with the picture in the page itself."""
    page = render(found([person()]), {WATCHLIST: "wanted"})
    for text in ("gate.mp4", "Ada", "P-1", "wanted", "91.2", "0:10-0:20", "left: 10.00%; width: 10.00%"):
        assert text in page
    assert "data:image/jpeg;base64,anBlZw==" in page
    assert "demonstration only" in page


def test_nothing_that_people_wrote_is_markup():
    """Names of people, files, watchlists, purposes and cases are escaped."""
    evil = "<script>x</script>"
    page = render(found([person(evil)], name=evil, purpose=evil, case_reference=evil), {WATCHLIST: evil})
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 5


def test_the_page_asks_nothing_of_the_network():
    """No address in it, and a policy that forbids any."""
    page = render(found([person()]), {})
    assert not re.search(r"https?://|src=\"(?!data:)", page)
    assert "default-src 'none'" in page


def test_an_empty_page_does_not_say_that_nobody_was_there():
    """Nobody found is not nobody there, and the page says so; a person without a picture is shown without."""
    assert "Nobody of these watchlists was found" in render(found(), {})
    assert "no picture" in render(found([person(thumbnail=b"")]), {})


def test_a_failed_search_says_why():
    """The reason stands beside the state."""
    job = found(state=pb.VIDEO_JOB_STATE_FAILED)
    job.job.problem.reason, job.job.problem.message = "VIDEO_UNREADABLE", "it ends in garbage"
    assert "failed: it ends in garbage" in render(job, {})


def test_the_page_is_for_its_owner_alone(tmp_path):
    """It shows faces: nobody else may read the file, and one that cannot be written is said."""
    path = tmp_path / "report.html"
    write_report(path, found([person()]), {})
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InvalidInput, match="REPORT_NOT_WRITTEN"):
        write_report(tmp_path / "nowhere" / "report.html", found(), {})
