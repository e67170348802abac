"""Cuts of a video, shown with portraits and clips of the shared folder."""

from __future__ import annotations

import itertools

import av
import cv2
import numpy as np
import pytest

from sightline.cli.demo.people import load_people
from sightline.cli.demo.scene import Scene
from sightline.ingest.appearances import Appearances, Closing, Shot, Sight
from sightline.ingest.detect_client import FoundFaces
from sightline.ingest.evidence import EvidenceStore
from sightline.ingest.frames import Frame
from sightline.ingest.scene_cuts import SceneCuts
from sightline.ingest.tracker import FaceTracker

SIDE, RATE = 480, 5
PORTRAITS = (
    "portraits/Colin_Powell/01_Colin_Powell_0001.jpg",
    "portraits/Hugo_Chavez/01_Hugo_Chavez_0001.jpg",
    "portraits/Colin_Powell/02_Colin_Powell_0002.jpg",
)


@pytest.fixture
def portraits(load_picture):
    """People whose faces are all in the middle, one behind the other, as in a film of them."""
    return [cv2.resize(load_picture(path), (SIDE, SIDE)) for path in PORTRAITS]


def play(pictures, face):
    """What is told of these frames, each with a face in the same place."""
    appearances = Appearances(FaceTracker(), EvidenceStore())
    news = []
    for index, picture in enumerate(pictures):
        sight = Sight(Frame(index, index / RATE, picture), index, index)
        news += appearances.look(sight, FoundFaces((face,), "d"))
    return news + appearances.end()


def test_people_who_are_shown_one_behind_another_are_several_tracks(portraits, seen_face):
    """By place and colours they would be one, whose template is of all of them, or of the first one alone."""
    face = seen_face(SIDE // 2, SIDE // 2, size=150)
    news = play([portrait for portrait in portraits for _ in range(4)], face)
    tracks = [each.track_id for each in news if isinstance(each, Closing)]
    assert len(tracks) == len(set(tracks)) == len(PORTRAITS)
    assert [shot.track_id for shot in news if isinstance(shot, Shot)] == tracks


def test_a_lamp_is_no_cut(portraits, seen_face):
    """Whoever stands in a light that goes on, or behind a sensor that gets used to it, is one track."""
    lit = np.clip(portraits[0].astype(np.int16) + 40, 0, 255).astype(np.uint8)
    news = play([portraits[0], lit] * 3, seen_face(SIDE // 2, SIDE // 2, size=150))
    assert len([each for each in news if isinstance(each, Closing)]) == 1


def cuts_of(path, fps):
    """The times of the frames with which another scene begins, of the clip's first ten seconds."""
    cuts, due, found = SceneCuts(), 0.0, []
    with av.open(str(path)) as container:
        for frame in itertools.takewhile(lambda frame: frame.time < 10, container.decode(video=0)):
            if frame.time >= due:
                due = frame.time + 1 / fps
                if cuts.is_cut(frame.reformat(width=320, height=180, format="rgb24").to_ndarray()):
                    found.append(frame.time)
    return found


@pytest.mark.parametrize("fps", [2, 3, 5])
def test_the_cuts_of_a_dark_film_are_found(shared_media, fps):
    """Between stage and hall; behind the last, somebody sits where the singer's head was. Else there are none."""
    found = cuts_of(shared_media / "video" / "short_hamilton_clip.mp4", fps)
    assert found[-1] == pytest.approx(8.0, abs=0.5)
    assert all(any(abs(each - cut) < 0.6 for cut in (1.5, 3.6, 8.0)) for each in found)


def test_people_who_fill_the_picture_are_none():
    """The demonstration's people are large, and pass each other most closely after 25 seconds."""
    scene, cuts = Scene(load_people()), SceneCuts()
    assert [cuts.is_cut(scene.draw(25 + number / RATE)) for number in range(12)] == [False] * 12


@pytest.mark.parametrize("name", ["cctv_public.mp4", "corridor_walk.mp4", "asl_hungry.mkv"])
def test_people_who_move_are_no_cuts(shared_media, name):
    """Neither in a street nor close to the camera; at two frames a second they move most from one to the next."""
    assert cuts_of(shared_media / "video" / name, 2) == []
