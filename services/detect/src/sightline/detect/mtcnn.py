"""MTCNN: three networks in a cascade; proposals on a pyramid, then two rounds of refinement.

Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional Networks" (2016),
with the constants of the package `mtcnn` 1.0.0.
"""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.chassis.session_pool import SessionPool
from sightline.detect.crops import cut_squares
from sightline.detect.detection import UNSURE_SHARE, Detection, wanted
from sightline.detect.nms import suppress
from sightline.detect.profile import Profile
from sightline.detect.window import Size

_CELL = 12  # side of PNet's field of view, px
_STRIDE = 2
_PYRAMID_STEP = 0.709
_PNET_SCORE, _RNET_SCORE = 0.6, 0.7
_ONET_SIDE = 48
_BATCH = 256  # a crowd must not exhaust the memory
# A picture this small is mostly face: look for smaller ones, with room around it.
_SMALL_PICTURE, _SMALL_FACE, _MARGIN = 200, 20, 0.25

Floats = NDArray[np.float32]


class Mtcnn:
    """MTCNN on ONNX Runtime.

    Args:
        pnet: input (n, 3, h, w); outputs reg (n, 4, h', w'), prob (n, 2, h', w').
        rnet: input (n, 3, 24, 24); outputs reg (n, 4), prob (n, 2).
        onet: input (n, 3, 48, 48); outputs reg (n, 4), lmk (n, 10), prob (n, 2).
        min_face: side of the smallest face, px; the time goes with its inverse square.
        score_threshold: faces that ONet gives less are unsure.
    """

    def __init__(
        self,
        pnet: SessionPool,
        rnet: SessionPool,
        onet: SessionPool,
        min_face: int,
        score_threshold: float,
    ) -> None:
        self._pnet, self._rnet, self._onet = pnet, rnet, onet
        self._min_face = min_face
        self._score_threshold = score_threshold

    def detect(
        self,
        picture: NDArray[np.uint8],
        *,
        min_face: int | None = None,
        profile: Profile = Profile.DEFAULT,  # noqa: ARG002 - its pyramid shows every size in any case
        unsure: bool = False,
        trim: bool = False,  # noqa: ARG002 - its inputs are as large as the picture
    ) -> list[Detection]:
        """See `FaceDetector.detect`; without `min_face` a small picture is searched for smaller faces."""
        return wanted(self._search(picture, min_face), None, unsure=unsure)

    def _search(self, picture: NDArray[np.uint8], min_face: int | None) -> list[Detection]:
        side = min(picture.shape[:2])
        if min_face is None and side < _SMALL_PICTURE:
            margin = max(1, int(side * _MARGIN))
            picture = _with_margin(picture, margin)
            return [_moved(face, -margin) for face in self._detect(picture, min(_SMALL_FACE, self._min_face))]
        return self._detect(picture, min_face or self._min_face)

    def useful_scale(self, size: Size, *, min_face: int | None = None, profile: Profile = Profile.DEFAULT) -> float:  # noqa: ARG002 - as above
        """See `FaceDetector.useful_scale`: until the smallest face is of ONet's size."""
        return 1.0 if min(size) < _SMALL_PICTURE else _ONET_SIDE / (min_face or self._min_face)

    def _detect(self, picture: NDArray[np.uint8], min_face: int) -> list[Detection]:
        image = picture.astype(np.float32)
        image -= 127.5
        image *= 1 / 128
        return self._describe(image, self._refine(image, self._propose(image, max(min_face, _CELL))))

    def _propose(self, image: Floats, min_face: int) -> Floats:
        """(n, 4) squares that may hold a face, by PNet on every level of the pyramid."""
        found = [(np.empty((0, 4), np.float32), np.empty(0, np.float32))]
        for level, scale in _pyramid(image, _CELL / min_face):
            boxes, scores = self._scan(level, scale)
            kept = suppress(boxes, scores, 0.5)
            found.append((boxes[kept], scores[kept]))
        boxes, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return _squares(boxes[suppress(boxes, scores, 0.7)])

    def _scan(self, level: Floats, scale: float) -> tuple[Floats, Floats]:
        """PNet on one level: boxes (n, 4) in the picture's pixels and scores (n,) of the cells that fire."""
        reg, prob = self._pnet.run(["reg", "prob"], {"input": level.transpose(2, 0, 1)[None]})
        rows, columns = np.nonzero(prob[0, 1] > _PNET_SCORE)
        corners = np.stack([columns, rows], axis=1) * _STRIDE
        boxes = np.hstack([corners + 1, corners + _CELL]) + reg[0, :, rows, columns] * (_CELL - 1)
        return (boxes / scale).astype(np.float32), prob[0, 1, rows, columns]

    def _refine(self, image: Floats, squares: Floats) -> Floats:
        """RNet: of n squares the (m, 4) better ones."""
        reg, prob = _in_batches(self._rnet, ["reg", "prob"], image, squares, 24)
        chosen = prob[:, 1] > _RNET_SCORE
        boxes, scores = _regressed(squares[chosen], reg[chosen]), prob[chosen, 1]
        return _squares(boxes[suppress(boxes, scores, 0.7)])

    def _describe(self, image: Floats, squares: Floats) -> list[Detection]:
        """ONet: of n squares the faces with their landmarks."""
        reg, lmk, prob = _in_batches(self._onet, ["reg", "lmk", "prob"], image, squares, _ONET_SIDE)
        chosen = prob[:, 1] > UNSURE_SHARE * self._score_threshold
        squares, scores = squares[chosen], prob[chosen, 1]
        sides = squares[:, 2:] - squares[:, :2] + 1
        landmarks = lmk[chosen].reshape(-1, 2, 5).transpose(0, 2, 1) * sides[:, None] + squares[:, None, :2] - 1
        boxes = _regressed(squares, reg[chosen])
        kept = suppress(boxes, scores, 0.7, over_smaller=True)
        is_sure = scores > self._score_threshold
        return [Detection(boxes[i], landmarks[i], float(scores[i]), bool(is_sure[i])) for i in kept]


def _pyramid(image: Floats, scale: float) -> Iterator[tuple[Floats, float]]:
    """The image at falling scales, down to where PNet's cell no longer fits, with each scale."""
    height, width = image.shape[:2]
    while min(height, width) * scale >= _CELL:
        size = (int(width * scale), int(height * scale))
        yield np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32), scale
        scale *= _PYRAMID_STEP


def _in_batches(net: SessionPool, outputs: list[str], image: Floats, squares: Floats, side: int) -> list[Floats]:
    """The network's outputs for every square of the image, (n, k) each."""
    starts = range(0, max(len(squares), 1), _BATCH)
    parts = [net.run(outputs, {"input": cut_squares(image, squares[start : start + _BATCH], side)}) for start in starts]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def _regressed(boxes: Floats, reg: Floats) -> Floats:
    """Each side moved by the regression, which is in box sides."""
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    return boxes + reg * np.hstack([sides, sides])


def _squares(boxes: Floats) -> Floats:
    """The squares of each box's longer side around its centre."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    halves = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True, initial=0) / 2
    return np.hstack([centres - halves, centres + halves])


def _with_margin(picture: NDArray[np.uint8], margin: int) -> NDArray[np.uint8]:
    edges = (margin, margin, margin, margin)
    return np.asarray(cv2.copyMakeBorder(picture, *edges, cv2.BORDER_REPLICATE), np.uint8)


def _moved(face: Detection, by: int) -> Detection:
    return replace(face, box=face.box + np.float32(by), landmarks=face.landmarks + np.float32(by))
