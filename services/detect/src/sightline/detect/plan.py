"""Where each kind of grid network looks, for each profile."""

from functools import partial

from sightline.chassis.errors import InvalidInput
from sightline.detect.grid_detector import Plan
from sightline.detect.profile import Profile
from sightline.detect.window import Size, Window, tiles, whole

# A face that fills the picture is larger than the largest anchor at 640 px; insightface too looks twice.
_OVERVIEW = (128, 128)
_BUCKETS = 4  # sizes a side that YuNet's input may have: sixteen shapes, for which the memory is kept
_STRIDE = 32


def scrfd_plan(size: Size, min_face: int, *, is_fixed: bool) -> Plan:
    """SCRFD's: fitted into the input size, and into 128 px for faces that fill the picture.

    Args:
        size: of the input.
        min_face: smallest face that tiles are for where a request names none, px.
        is_fixed: the graph takes no other size.
    """
    return partial(_scrfd, size, min_face, is_fixed)


def yunet_plan(size: Size, min_face: int, *, is_fixed: bool) -> Plan:
    """YuNet's: fitted into the input size, and a smaller picture as it is."""
    return partial(_yunet, size, min_face, is_fixed)


def _scrfd(
    size: Size, pack_face: int, is_fixed: bool, picture: Size, profile: Profile, face: int | None
) -> list[Window]:
    small = [] if is_fixed else [_OVERVIEW]
    match profile:
        case Profile.SINGLE:
            return [whole(picture, size)]
        case Profile.MULTI if _is_larger(picture, size):
            return [whole(picture, each) for each in (*small, _doubled(size, is_fixed))]
        case _:
            windows = [whole(picture, each) for each in dict.fromkeys([*small, size])]
    return [*windows, *tiles(picture, size, face or pack_face)] if profile is Profile.TILED else windows


def _yunet(
    size: Size, pack_face: int, is_fixed: bool, picture: Size, profile: Profile, face: int | None
) -> list[Window]:
    window = whole(picture, size if is_fixed else _bucket(picture, size))
    match profile:
        case Profile.MULTI if _is_larger(picture, size):
            return [window, whole(picture, _bucket(picture, _doubled(size, is_fixed)))]
        case Profile.TILED:
            return [window, *tiles(picture, size, face or pack_face)]
        case _:
            return [window]


def _is_larger(picture: Size, size: Size) -> bool:
    return picture[0] > size[0] or picture[1] > size[1]


def _doubled(size: Size, is_fixed: bool) -> Size:
    if is_fixed:
        message = f"the pack's detector takes {size[0]} x {size[1]} and no larger input; ask for TILED"
        raise InvalidInput("PROFILE_UNSUPPORTED", message)
    return size[0] * 2, size[1] * 2


def _bucket(picture: Size, size: Size) -> Size:
    """The smallest of sixteen sizes that holds the picture, scaled down to the input size."""
    scale = min(size[0] / picture[0], size[1] / picture[1], 1)
    width, height = (_padded(length * scale, side) for length, side in zip(picture, size, strict=True))
    return width, height


def _padded(length: float, side: int) -> int:
    step = -(-side // (_BUCKETS * _STRIDE)) * _STRIDE
    return max(1, -(-int(length) // step)) * step
