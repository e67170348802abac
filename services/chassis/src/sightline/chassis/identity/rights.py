"""What somebody may do: for each role, on which watchlists and cameras."""

from __future__ import annotations

from dataclasses import dataclass
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
class Reach:
    """The objects that a caller may touch in one call."""

    watchlists: Selection = NOTHING
    cameras: Selection = NOTHING
    subjects: Selection = NOTHING
    """Whose keys and grants: everybody's, or their own."""

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.watchlists | other.watchlists, self.cameras | other.cameras, self.subjects | other.subjects)

    def __and__(self, other: Reach) -> Reach:
        return Reach(self.watchlists & other.watchlists, self.cameras & other.cameras, self.subjects & other.subjects)

    def covers(self, other: Reach) -> bool:
        """Whether the other reaches nothing that this one does not."""
        return (
            self.watchlists.covers(other.watchlists)
            and self.cameras.covers(other.cameras)
            and self.subjects.covers(other.subjects)
        )


FULL_REACH = Reach(EVERYTHING, EVERYTHING, EVERYTHING)


@dataclass(frozen=True, slots=True)
class Rights:
    """A reach for each role that somebody has."""

    by_role: Mapping[int, Reach]

    @classmethod
    def of(cls, grants: Iterable[access_service_pb2.Grant]) -> Rights:
        """The sum of the grants."""
        by_role: dict[int, Reach] = {}
        for grant in grants:
            reach = Reach(Selection.of(grant.watchlist_ids), Selection.of(grant.camera_ids), EVERYTHING)
            by_role[grant.role] = by_role.get(grant.role, Reach()) | reach
        return cls(by_role)

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
        """What these roles together reach; None for whoever has none of them."""
        held = [self.by_role[role] for role in roles if role in self.by_role]
        total = Reach()
        for reach in held:
            total |= reach
        return total if held else None

    def grants(self) -> list[access_service_pb2.Grant]:
        """One grant for each role."""
        return [
            access_service_pb2.Grant(
                role=role,  # type: ignore[arg-type]  # the stub wants the enum's own type, which is an int
                watchlist_ids=reach.watchlists.listed(),
                camera_ids=reach.cameras.listed(),
            )
            for role, reach in sorted(self.by_role.items())
        ]


NO_RIGHTS = Rights({})
SERVICE_RIGHTS = Rights({access_pb2.ROLE_SERVICE: FULL_REACH})
