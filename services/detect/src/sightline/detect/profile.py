from enum import Enum


class Profile(Enum):
    """At how many sizes a picture is searched; the wider, the longer it takes."""

    DEFAULT = "default"
    """As the pack's detector does by itself."""
    SINGLE = "single"
    """Once, fitted into the input size."""
    MULTI = "multi"
    """Small, for faces that fill the picture, and at twice the input size, for those that are small in it."""
    TILED = "tiled"
    """In overlapping parts, so that the smallest face wanted is found in a picture of any size."""
