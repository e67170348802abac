"""Where a face's five landmarks belong in the chip that a network was trained on."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.chassis.errors import InvalidInput

# InsightFace's `arcface_dst` (utils/face_align.py), for 112 px.
ARCFACE5 = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
ARCFACE5_SIDE = 112
# dlib's mean face with padding 0.25, for 150 px: 100 * (0.25 + p) of its landmarks' mean places.
DLIB5 = np.array([[47.549, 46.599], [100.476, 46.599], [74.013, 76.562], [50.415, 103.023], [97.610, 103.023]])
DLIB5_SIDE = 150
_TINY = 1e-9  # squared px: points closer together than this are one point
TEMPLATES = {"arcface5": (ARCFACE5, ARCFACE5_SIDE), "dlib5": (DLIB5, DLIB5_SIDE)}


def template(name: str, side: int) -> NDArray[np.float64]:
    """(5, 2) target points of a template ("arcface5" or "dlib5") scaled to a chip of `side` pixels."""
    points, own_side = TEMPLATES[name]
    return points * (side / own_side)


def similarity(source: NDArray[np.float32], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation, one scale and shift that bring points closest to others; never a mirror image.

    Least squares in the complex plane, where turning and scaling is one multiplication: a = <p, q> / <p, p> for
    centred p, q. The same as Umeyama (1991) in two dimensions.

    Args:
        source: (n, 2).
        target: (n, 2).

    Returns:
        (2, 3) matrix for `cv2.warpAffine`.

    Raises:
        InvalidInput: LANDMARKS_UNUSABLE when the points coincide, are not finite or look nothing like a face.
    """
    usable = np.nan_to_num(source, posinf=0, neginf=0)
    p, q = usable @ (1, 1j), target @ (1, 1j)
    centred = p - p.mean()
    turn = np.vdot(centred, q - q.mean()) / max(np.vdot(centred, centred).real, _TINY)
    if turn == 0 or not np.isfinite(source).all():
        raise InvalidInput("LANDMARKS_UNUSABLE", "the five landmarks do not span a face; detect them again")
    shift = q.mean() - turn * p.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def cut_chip(picture: NDArray[np.uint8], matrix: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    """Warp a picture by a (2, 3) matrix into a (side, side, 3) chip; black where the picture ends."""
    return np.asarray(cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_LINEAR), np.uint8)
