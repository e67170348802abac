"""Faces from one look at one or more windows of a picture, with one suppression over all of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sightline.detect.batcher import Batcher
from sightline.detect.candidates import Candidates, GridNetwork
from sightline.detect.detection import Detection, wanted
from sightline.detect.nms import suppress
from sightline.detect.profile import Profile
from sightline.detect.window import Size, View, Window, show

Plan: TypeAlias = Callable[[Size, Profile, int | None], list[Window]]
"""The windows of a picture of this width and height; None: the smallest face is the pack's own."""


class GridDetector:
    """A `FaceDetector` on a network that looks at windows of a picture.

    Pictures of many threads whose views have the same sizes are searched together.

    Args:
        network: what looks.
        plan: where it looks.
        limit: pictures searched together; the network gets no more than it takes.
        linger: seconds that a picture waits for others.
        places: searches at the same time.
        enlarge: whether a window smaller than the input is enlarged.
        is_fixed: the network takes inputs of one size alone: nothing is trimmed.
    """

    def __init__(
        self,
        network: GridNetwork,
        plan: Plan,
        *,
        limit: int,
        linger: float,
        places: int,
        enlarge: bool,
        is_fixed: bool,
    ) -> None:
        self._network = network
        self._plan = plan
        self._enlarge = enlarge
        self._step = None if is_fixed else network.stride
        self._batch = min(limit, network.max_batch)
        self._search = Batcher(self._search_all, self._batch, linger, places)

    def detect(
        self,
        picture: NDArray[np.uint8],
        *,
        min_face: int | None = None,
        profile: Profile = Profile.DEFAULT,
        unsure: bool = False,
        trim: bool = False,
    ) -> list[Detection]:
        """See `FaceDetector.detect`; smaller faces are found in any case."""
        height, width = picture.shape[:2]
        windows, step = self._plan((width, height), profile, min_face), self._step if trim else None
        views = [show(picture, window, enlarge=self._enlarge, step=step) for window in windows]
        found = self._search(tuple(view.pixels.shape for view in views), views)
        return wanted(found, min_face, unsure=unsure)

    def useful_scale(self, size: Size, *, min_face: int | None = None, profile: Profile = Profile.DEFAULT) -> float:
        """See `FaceDetector.useful_scale`."""
        return max(window.scale for window in self._plan(size, profile, min_face))

    def _search_all(self, pictures: Sequence[Sequence[View]]) -> list[list[Detection]]:
        """The faces of each picture, the surest first: a batch for every input size, one suppression for all."""
        by_size: dict[tuple[int, ...], list[tuple[int, View]]] = {}
        for owner, views in enumerate(pictures):
            for view in views:
                by_size.setdefault(view.pixels.shape, []).append((owner, view))
        parts = [
            self._propose(owned[start : start + self._batch])
            for owned in by_size.values()
            for start in range(0, len(owned), self._batch)
        ]
        every = Candidates.joined(parts)
        kept = suppress(
            every.extents, every.scores, self._network.overlap, border=self._network.border, groups=every.owner
        )
        faces: list[list[Detection]] = [[] for _ in pictures]
        for i in kept:
            is_sure = bool(every.scores[i] >= self._network.score_threshold)
            face = Detection(every.boxes[i], every.landmarks[i], float(every.scores[i]), is_sure)
            faces[every.owner[i]].append(face)
        return faces

    def _propose(self, owned: Sequence[tuple[int, View]]) -> Candidates:
        """The candidates of views of one size, in their pictures' pixels."""
        owners, views = zip(*owned, strict=True)
        found = self._network.propose(np.stack([view.pixels for view in views]))
        view = found.owner
        scale = np.array([each.scale for each in views], np.float32)[view, None]
        corner = np.array([each.corner for each in views])[view]
        corners = np.hstack([corner, corner])
        boxes = found.boxes / scale + corners
        moved = replace(
            found,
            owner=np.array(owners)[view],
            boxes=boxes,
            landmarks=found.landmarks / scale[:, :, None] + corner[:, None],
            extents=found.extents / scale + corners,
        )
        limits = np.array([each.limits for each in views])[view]
        is_inside = np.hstack([boxes[:, :2] >= limits[:, :2], boxes[:, 2:] <= limits[:, 2:]])
        return moved.chosen(np.flatnonzero(is_inside.all(axis=1)))
