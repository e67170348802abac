"""The `sightline` command against a system that `sightline up` runs."""

import time

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="module")
def system(people):
    """The command of somebody who may run cameras and see alerts."""
    return people["orla"]


@pytest.fixture(scope="module")
def watchlist(system, media):
    made = system.json("watchlists", "create", "guests", "--purpose", "test", "--review", "none", "--cooldown", "8")
    system.json("enroll", str(media.photo), "--watchlist", "guests", "--person", "P")
    return made["id"]


def test_an_enrolled_person_is_found_by_another_photo(system, media, watchlist, tmp_path):
    """Enrol from one picture, search with another crop of the person: the first match is that person."""
    picture = cv2.imread(str(media.photo))[40:380, 40:380]
    other = tmp_path / "other.png"
    cv2.imwrite(str(other), cv2.resize(picture, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))
    found = system.json("search", "--purpose", "test", str(other), "--watchlist", "guests")
    assert found["matches"][0]["person"]["external_id"] == "P"
    assert found["matches"][0]["similarity"] > 80
    assert found["fit_for"] == "demonstration"
    assert "P" in system("search", "--purpose", "test", str(other), "--watchlist", watchlist).stdout


def test_the_same_photo_twice_is_one_face(system, media, watchlist):
    """Enrolling the same picture again says so and stores nothing."""
    again = system.json("enroll", str(media.photo), "--watchlist", "guests", "--person", "P")
    assert again["created"] is False
    assert system.json("watchlists", "get", watchlist)["face_count"] == "1"


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (None, "FILE_NOT_FOUND"),
        (b"", "IMAGE_EMPTY"),
        (b"no picture at all", "IMAGE_FORMAT"),
        (np.full((240, 320, 3), 120, np.uint8), "NO_FACE"),
    ],
)
def test_a_photo_that_cannot_be_enrolled_says_why(system, watchlist, tmp_path, picture, reason):
    """One line with the reason and what to do, exit code 1, and the watchlist as it was."""
    photo = tmp_path / "photo.png"
    if isinstance(picture, bytes):
        photo.write_bytes(picture)
    elif picture is not None:
        cv2.imwrite(str(photo), picture)
    answer = system("enroll", str(photo), "--watchlist", "guests", "--person", "Q")
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1), answer.stderr
    assert reason in answer.stderr
    assert system.json("watchlists", "get", watchlist)["face_count"] == "1"


def test_an_unknown_watchlist_is_named(system, media):
    """An unknown watchlist: exit code 1, the name, and how to see those there are."""
    answer = system("search", "--purpose", "test", str(media.photo), "--watchlist", "nobody")
    assert answer.returncode == 1
    assert "nobody" in answer.stderr
    assert "watchlists list" in answer.stderr


def test_a_watched_video_raises_alerts(system, media, watchlist):
    """Add a video as a camera, start it, wait for its end: one alert for each appearance."""
    camera = system.json("cameras", "add", "hall", str(media.video), "--watchlist", "guests")
    assert camera["watchlist_ids"] == [watchlist]
    system.json("cameras", "start", "hall")
    deadline = time.monotonic() + 200
    while (status := system.json("cameras", "status", "hall"))["state"] != "CAMERA_STATE_ENDED":
        assert time.monotonic() < deadline, status
        time.sleep(1)
    alerts = []
    while len(alerts) < 3 and time.monotonic() < deadline:
        alerts = system.json("alerts", "list", "--watchlist", "guests")
    assert [alert["person"]["external_id"] for alert in alerts] == ["P", "P", "P"]
    assert "crop" not in alerts[0]["sighting"] or alerts[0]["sighting"]["crop"] == ""
    assert "hall" in system("cameras", "list").stdout
    assert system("cameras", "delete", "hall").returncode == 0


def test_a_file_outside_the_video_folders_is_refused(system, tmp_path):
    """`file:` reaches the folders that were named at the start, and nothing else."""
    answer = system("cameras", "add", "passwords", "/etc/passwd")
    assert answer.returncode == 1
    assert "SOURCE_NOT_ALLOWED" in answer.stderr


def test_a_deleted_watchlist_is_gone(system):
    """Delete asks first; with --yes the watchlist is gone."""
    system.json("watchlists", "create", "short", "--purpose", "test")
    assert system("watchlists", "delete", "short").returncode == 1
    assert system("watchlists", "delete", "short", "--yes").returncode == 0
    assert "WATCHLIST_NOT_FOUND" in system("watchlists", "get", "short").stderr
