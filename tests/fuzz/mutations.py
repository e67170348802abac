"""Files and requests, spoilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADER = 512
"""Lengths and sizes are written in the first bytes."""
_TELLING = (b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x00")


@st.composite
def spoilt(draw, originals: Sequence[bytes], most: int = 1 << 20) -> bytes:
    """One of the originals, cut off, overwritten, with pieces taken out, repeated, or of another one put in."""
    data = bytearray(draw(st.sampled_from(originals))[:most])
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(0, min(len(data), _HEADER if draw(st.booleans()) else most))))
        length = draw(st.integers(1, 64))
        match draw(st.integers(0, 5)):
            case 0:
                del data[place:]
            case 1:
                data[place : place + length] = draw(st.binary(min_size=length, max_size=length))
            case 2:
                telling = draw(st.sampled_from(_TELLING))
                data[place : place + len(telling)] = telling
            case 3:
                del data[place : place + length * 16]
            case 4:
                data[place:place] = data[place : place + length * 16]
            case _:
                other = draw(st.sampled_from(originals))[:most]
                data[place : place + length] = other[place : place + length]
    return bytes(data)
