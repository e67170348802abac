"""Faces made of numbers, and sources made of files."""

import numpy as np
import pytest

from sightline.ingest.face import FaceQuality, HeadPose, SeenFace
from sightline.ingest.source import SourceRules, admit

# Where the five landmarks of an upright face lie in its box.
LANDMARKS = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)


@pytest.fixture
def seen_face():
    """Makes a face around a centre, in pixels."""

    def make(x, y, size=60, score=0.95, quality=0.8, sure=True):
        box = np.array([x - size / 2, y - size / 2, x + size / 2, y + size / 2], np.float32)
        landmarks = box[:2] + LANDMARKS * np.float32(size)
        measured = FaceQuality(quality, quality, 0.5, 0.4 * size)
        return SeenFace(box, landmarks, score, HeadPose(0, 0, 0), measured, sure)

    return make


@pytest.fixture
def file_source():
    """Admits a file for reading."""

    async def make(path):
        return await admit(f"file:{path}", SourceRules(video_roots=(path.parent,)))

    return make
