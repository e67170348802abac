"""Ids of faces and pictures as Rekognition's clients know them: UUIDs, made of our own ids and back, stored nowhere.

Our ids are 26 characters of base32, 130 bits; a UUID has 128. It is the first 128 of them, so that it stands for four
of our ids, of which all but one are almost certainly nobody's: whoever has a UUID looks for all four.
"""

from __future__ import annotations

import uuid

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LEFT_OUT = 2
_LENGTH = 26


def to_uuid(own_id: str) -> str:
    """The UUID of one of our ids. Raises KeyError where it is none."""
    bits = 0
    for letter in own_id:
        bits = bits << 5 | _VALUES[letter]
    return str(uuid.UUID(int=bits >> _LEFT_OUT))


def candidates(face_uuid: str) -> list[str]:
    """Our ids that a UUID can stand for."""
    bits = uuid.UUID(face_uuid).int << _LEFT_OUT
    return [_to_own(bits | rest) for rest in range(1 << _LEFT_OUT)]


def _to_own(bits: int) -> str:
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(_LENGTH)))
