"""What a tracker got wrong on a clip of which is known who is where."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Mistakes:
    """Counts over one or more clips."""

    appearances: int = 0
    """Of people whom the detector was sure of at least once."""
    tracks: int = 0
    switches: int = 0
    """Times that a track went from one person to another: two people in one decision."""
    fragments: int = 0
    """Tracks of an appearance beyond its first: one person decided about twice."""
    missed: int = 0
    """Appearances that are the larger part of no track: people about whom nothing is decided."""

    def __add__(self, other: Mistakes) -> Mistakes:
        return Mistakes(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def mistakes(sightings: Sequence[tuple[str, str]], present: set[str]) -> Mistakes:
    """Count them.

    Args:
        sightings: track and person of each face that a track took, in the order of time; "" for what is nobody.
        present: the appearances that could be tracked.
    """
    tracks: dict[str, list[str]] = defaultdict(list)
    for track, person in sightings:
        tracks[track].append(person)
    switches, owners = 0, Counter[str]()
    for people in tracks.values():
        known = [person for person in people if person]
        switches += sum(before != after for before, after in pairwise(known))
        if known:
            owners[Counter(known).most_common(1)[0][0]] += 1
    fragments = sum(number - 1 for number in owners.values())
    return Mistakes(len(present), len(tracks), switches, fragments, len(present - set(owners)))
