"""What somebody may do: for each role, on which watchlists and cameras."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from sightline.chassis.enum_names import enum_word
from sightline.v1 import access_pb2, access_service_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALL = "*"
PEOPLES_ROLES = tuple(
    value for value in access_pb2.Role.values() if value not in {access_pb2.ROLE_UNSPECIFIED, access_pb2.ROLE_SERVICE}
)
"""Roles that can be granted; ROLE_SERVICE belongs to Sightline's own services alone."""


def role_word(role: int) -> str:
    """A role in one word, as "operator"."""
    return enum_word(access_pb2.Role, role)


@dataclass(frozen=True, slots=True)
class Selection:
    """Some ids, or all of them, also those to come (`ids` is None)."""

    ids: frozenset[str] | None

    @classmethod
    def of(cls, ids: Iterable[str]) -> Selection:
        """From ids as a grant lists them, where `*` means all."""
        chosen = frozenset(ids)
        return EVERYTHING if ALL in chosen else cls(chosen)

    def __contains__(self, item: str) -> bool:
        return self.ids is None or item in self.ids

    def __or__(self, other: Selection) -> Selection:
        return EVERYTHING if self.ids is None or other.ids is None else Selection(self.ids | other.ids)

    def __and__(self, other: Selection) -> Selection:
        if self.ids is None:
            return other
        return self if other.ids is None else Selection(self.ids & other.ids)

    def covers(self, other: Selection) -> bool:
        """Whether the other has nothing that this one has not."""
        return self.ids is None or (other.ids is not None and other.ids <= self.ids)

    def listed(self) -> list[str]:
        """As a grant lists it."""
        return [ALL] if self.ids is None else sorted(self.ids)


EVERYTHING = Selection(None)
NOTHING = Selection(frozenset())


@dataclass(frozen=True, slots=True)
class Part:
    """Watchlists at cameras, as a grant has them."""

    watchlists: Selection
    cameras: Selection

    def has(self, watchlist: str, camera: str) -> bool:
        """Whether both are in it; "" stands for none, and is in every part."""
        return (not watchlist or watchlist in self.watchlists) and (not camera or camera in self.cameras)

    def __and__(self, other: Part) -> Part:
        return Part(self.watchlists & other.watchlists, self.cameras & other.cameras)


def _normal(parts: frozenset[Part]) -> frozenset[Part]:
    """What the parts have together, each watchlist with all its cameras in one part, and those of equal cameras in one.

    The part of all watchlists has the cameras of those that no other part names. A part of no watchlist is there if
    some camera is in no other, and has all cameras.
    """
    naming: defaultdict[str, list[Part]] = defaultdict(list)  # by watchlist, and by ALL, as if it were one
    for part in parts:
        for watchlist in part.watchlists.listed():
            naming[watchlist].append(part)
    holders = {watchlist: frozenset([*found, *naming.get(ALL, ())]) for watchlist, found in naming.items()}
    cameras = {held: _union(part.cameras for part in held) for held in set(holders.values())}
    alike: defaultdict[Selection, set[str]] = defaultdict(set)
    for watchlist, held in holders.items():
        alike[cameras[held]].add(watchlist)
    normal = {Part(Selection.of(watchlists), there) for there, watchlists in alike.items()}
    if (anywhere := _union(part.cameras for part in parts)) != _union(alike):
        normal.add(Part(NOTHING, anywhere))
    return frozenset(normal)


def _union(selections: Iterable[Selection]) -> Selection:
    return reduce(or_, selections, NOTHING)


@dataclass(frozen=True, slots=True)
class Reach:
    """The objects that a caller may touch in one call.

    What belongs to a watchlist and to a camera, as an alert does, is within reach where one part has both. What belongs
    to one of them alone is within reach where any part has it.

    Attributes:
        parts: in their only form (see `_normal`), so that equal reaches have equal parts.
        subjects: whose keys and grants: everybody's, or their own.
    """

    parts: frozenset[Part] = frozenset()
    subjects: Selection = NOTHING

    @classmethod
    def of(cls, watchlists: Selection = NOTHING, cameras: Selection = NOTHING, subjects: Selection = NOTHING) -> Reach:
        """Of one part."""
        return cls.summed([Part(watchlists, cameras)], subjects)

    @classmethod
    def summed(cls, parts: Iterable[Part], subjects: Selection) -> Reach:
        """Of several parts, each for itself."""
        return cls(_normal(frozenset(parts)), subjects)

    @property
    def watchlists(self) -> Selection:
        """All of them, whatever the cameras."""
        return _union(part.watchlists for part in self.parts)

    @property
    def cameras(self) -> Selection:
        """All of them, whatever the watchlists."""
        return _union(part.cameras for part in self.parts)

    def watchlists_at(self, camera: str) -> Selection:
        """Those that are within reach at this camera."""
        return _union(part.watchlists for part in self.parts if camera in part.cameras)

    def has(self, watchlist: str = "", camera: str = "") -> bool:
        """Whether what belongs to this watchlist and to this camera is within reach; "" stands for none."""
        return not (watchlist or camera) or any(part.has(watchlist, camera) for part in self.parts)

    def __or__(self, other: Reach) -> Reach:
        return Reach.summed(self.parts | other.parts, self.subjects | other.subjects)

    def __and__(self, other: Reach) -> Reach:
        shared = (mine & theirs for mine in self.parts for theirs in other.parts)
        return Reach.summed(shared, self.subjects & other.subjects)

    def covers(self, other: Reach) -> bool:
        """Whether the other reaches nothing that this one does not."""
        return self | other == self

    def listed(self) -> list[tuple[list[str], list[str]]]:
        """Watchlists and cameras of each part, as grants list them; a reach of nothing is a grant on nothing."""
        return sorted((part.watchlists.listed(), part.cameras.listed()) for part in self.parts) or [([], [])]


FULL_REACH = Reach.of(EVERYTHING, EVERYTHING, EVERYTHING)


@dataclass(frozen=True, slots=True)
class Rights:
    """A reach for each role that somebody has."""

    by_role: Mapping[int, Reach]

    @classmethod
    def of(cls, grants: Iterable[access_service_pb2.Grant]) -> Rights:
        """The sum of the grants: each gives its watchlists at its cameras, and none at those of another."""
        parts: defaultdict[int, list[Part]] = defaultdict(list)
        for grant in grants:
            parts[grant.role].append(Part(Selection.of(grant.watchlist_ids), Selection.of(grant.camera_ids)))
        return cls({role: Reach.summed(granted, EVERYTHING) for role, granted in parts.items()})

    def __and__(self, other: Rights) -> Rights:
        """What both allow."""
        return Rights(
            {role: reach & other.by_role[role] for role, reach in self.by_role.items() if role in other.by_role}
        )

    def __or__(self, other: Rights) -> Rights:
        """What either allows."""
        roles = {*self.by_role, *other.by_role}
        return Rights({role: self.by_role.get(role, Reach()) | other.by_role.get(role, Reach()) for role in roles})

    def covers(self, other: Rights) -> bool:
        """Whether the other allows nothing that this one does not."""
        return all(role in self.by_role and self.by_role[role].covers(reach) for role, reach in other.by_role.items())

    def reach(self, roles: Iterable[int]) -> Reach | None:
        """What these roles reach, each for itself; None for whoever has none of them."""
        held = [self.by_role[role] for role in roles if role in self.by_role]
        return reduce(or_, held) if held else None

    def grants(self) -> list[access_service_pb2.Grant]:
        """One grant for each part of each role."""
        return [
            access_service_pb2.Grant(
                role=role,  # type: ignore[arg-type]  # the stub wants the enum's own type, which is an int
                watchlist_ids=watchlists,
                camera_ids=cameras,
            )
            for role, reach in sorted(self.by_role.items())
            for watchlists, cameras in reach.listed()
        ]


NO_RIGHTS = Rights({})
SERVICE_RIGHTS = Rights({access_pb2.ROLE_SERVICE: FULL_REACH})
