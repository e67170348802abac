"""Whole numbers that come as text, from whoever can write some."""

from __future__ import annotations


def whole_number(text: str, least: int, most: int) -> int | None:
    """The number, in ASCII digits and no more of them than `most` has; None: it is none, or out of bounds."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        return None
    number = int(text)
    return number if least <= number <= most else None
