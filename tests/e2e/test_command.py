"""The `sightline` command against a system that `sightline up` runs."""

import json
import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from sightline.cli.demo.video import make_demo_media
from sightline.cli.installation import Installation
from sightline.cli.ports import busy
from sightline.cli.secrets_writer import write_secrets
from sightline.v1 import access_pb2

_COMMAND = (sys.executable, "-m", "sightline.cli")
_ROLES = (access_pb2.ROLE_OPERATOR, access_pb2.ROLE_REVIEWER)


class System:
    """A running system, and the command that talks to it."""

    def __init__(self, state, media, key):
        self.state = state
        self.media = media
        self.key = key

    def __call__(self, *words):
        return subprocess.run(
            [*_COMMAND, *words, "--state-dir", str(self.state)],
            env={**os.environ, "SIGHTLINE_API_KEY": self.key},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def json(self, *words):
        answer = self(*words, "--json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)


@pytest.fixture(scope="module")
def system(tmp_path_factory, starter_pack):
    state = tmp_path_factory.mktemp("system")
    key = write_secrets(state / "secrets", roles=_ROLES)
    media = make_demo_media(tmp_path_factory.mktemp("media"))
    options = ["--state-dir", str(state), "--pack", str(starter_pack), "--port-base", "0"]
    options += ["--video-root", str(media.video.parent)]
    log = state / "up.log"
    with log.open("w") as output:
        up = subprocess.Popen([*_COMMAND, "up", *options], stdout=output, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 100
    while "ready: " not in log.read_text():
        assert up.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
    yield System(state, media, key)
    ports = Installation(state).running()
    up.send_signal(signal.SIGTERM)
    up.wait(timeout=60)
    assert busy(ports.all()) == []


@pytest.fixture(scope="module")
def watchlist(system):
    made = system.json("watchlists", "create", "visitors", "--purpose", "test", "--review", "none", "--cooldown", "8")
    system.json("enroll", str(system.media.photo), "--watchlist", "visitors", "--person", "P")
    return made["id"]


def test_an_enrolled_person_is_found_by_another_photo(system, watchlist, tmp_path):
    """Enrol from one picture, search with another crop of the person: the first match is that person."""
    picture = cv2.imread(str(system.media.photo))[40:380, 40:380]
    other = tmp_path / "other.png"
    cv2.imwrite(str(other), cv2.resize(picture, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))
    found = system.json("search", str(other), "--watchlist", "visitors")
    assert found["matches"][0]["person"]["external_id"] == "P"
    assert found["matches"][0]["similarity"] > 80
    assert found["fit_for"] == "demonstration"
    assert "P" in system("search", str(other), "--watchlist", watchlist).stdout


def test_the_same_photo_twice_is_one_face(system, watchlist):
    """Enrolling the same picture again says so and stores nothing."""
    again = system.json("enroll", str(system.media.photo), "--watchlist", "visitors", "--person", "P")
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
    answer = system("enroll", str(photo), "--watchlist", "visitors", "--person", "Q")
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1), answer.stderr
    assert reason in answer.stderr
    assert system.json("watchlists", "get", watchlist)["face_count"] == "1"


def test_an_unknown_watchlist_is_named(system):
    """An unknown watchlist: exit code 1, the name, and how to see those there are."""
    answer = system("search", str(system.media.photo), "--watchlist", "nobody")
    assert answer.returncode == 1
    assert "nobody" in answer.stderr
    assert "watchlists list" in answer.stderr


def test_a_watched_video_raises_alerts(system, watchlist):
    """Add a video as a camera, start it, wait for its end: one alert for each appearance."""
    camera = system.json("cameras", "add", "hall", str(system.media.video), "--watchlist", "visitors")
    assert camera["watchlist_ids"] == [watchlist]
    system.json("cameras", "start", "hall")
    deadline = time.monotonic() + 120
    while (status := system.json("cameras", "status", "hall"))["state"] != "CAMERA_STATE_ENDED":
        assert time.monotonic() < deadline, status
        time.sleep(1)
    alerts = []
    while len(alerts) < 3 and time.monotonic() < deadline:
        alerts = system.json("alerts", "--watchlist", "visitors")
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
