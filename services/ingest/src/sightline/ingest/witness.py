"""Showing why an alert was raised, without showing anybody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from sightline.chassis.picture import decode_picture, encode_jpeg
from sightline.ingest.face import Wish
from sightline.ingest.redaction import others, redacted
from sightline.v1 import face_pb2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.ingest.detect_client import FaceFinder, FoundFaces
    from sightline.ingest.evidence import EvidenceStore, Moment

LOOK_AGAIN = Wish(min_face_px=16, profile=face_pb2.DETECTION_PROFILE_TILED)
"""More thorough than a camera's frames are searched: below 16 px hardly anybody is recognised."""
_JPEG_QUALITY = 90


class Witness:
    """Gives the evidence of a track.

    Before a frame leaves the process every other face in it is made unrecognisable: those that were found when it was
    new, sure or not, and those that a second, more thorough search finds now. What remains: a face that the detector
    does not see in either (turned away, covered, below 16 px), and what else tells who somebody is: clothes, gait,
    company, place. Where there are reasons to hide these, a camera gets privacy masks.
    """

    def __init__(self, store: EvidenceStore, finder: FaceFinder) -> None:
        self._store = store
        self._finder = finder

    async def snapshot(self, track_id: str) -> bytes:
        """The best frame of the track as JPEG, its face outlined.

        Raises:
            NotFound: EVIDENCE_GONE.
            Unavailable: detect is away; then nothing is shown rather than too much.
        """
        moment, place = self._store.find(track_id)
        matched = moment.boxes[place]
        picture = await asyncio.to_thread(decode_picture, moment.jpeg)
        found = await self._finder.find(picture, LOOK_AGAIN)
        return await asyncio.to_thread(_shown, picture, _hidden(moment, found, matched), matched)


def _hidden(moment: Moment, found: FoundFaces, matched: NDArray[np.float32]) -> NDArray[np.float32]:
    again = np.array([face.box for face in found.faces], np.float32).reshape(-1, 4)
    boxes = np.concatenate([moment.boxes, again])
    is_sure = np.concatenate([moment.is_sure, np.array([face.is_sure for face in found.faces], bool)])
    return others(boxes, is_sure, matched)


def _shown(picture: NDArray[np.uint8], hidden: NDArray[np.float32], matched: NDArray[np.float32]) -> bytes:
    return encode_jpeg(redacted(picture, hidden, matched), _JPEG_QUALITY)
