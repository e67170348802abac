"""Who does what: each of several processes takes its fair share of the pieces, and lets go of what is beyond it.

Nobody tells anybody what to do. All see the same leases and the same processes, and come to the same shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Collection

MANY = 20


@dataclass(frozen=True)
class Sight:
    """What one process sees of the pieces of work (cameras to be read, say) that are to be done now.

    Attributes:
        me: this process.
        replicas: all that share the work, with or without this one.
        free: pieces that nobody has.
        mine: pieces that this process has.
        others: how many pieces the others have.
        movable: of mine, those that another process could go on with.
    """

    me: str
    replicas: Collection[str]
    free: Collection[str]
    mine: Collection[str]
    others: int
    movable: Collection[str]


def to_take(sight: Sight) -> list[str]:
    """The free pieces that this process should try to get, up to its share: first those that it ranks first for."""
    room = max(0, _share(sight) - len(sight.mine))
    return sorted(sight.free, key=lambda piece: (_rank(sight, piece), piece))[:room]


def to_let_go(sight: Sight) -> list[str]:
    """Pieces beyond this process's share: one, or a twentieth of many; none while one is free that others may take."""
    surplus = len(sight.mine) - _share(sight)
    if sight.free or surplus <= 0:
        return []
    worst_first = sorted(sight.movable, key=lambda piece: (_rank(sight, piece), piece), reverse=True)
    return worst_first[: 1 + surplus // MANY]


def first_for(piece: str, replicas: Collection[str]) -> str | None:
    """The process that sees to what any of them could do for one piece (rendezvous hashing)."""
    return min(replicas, key=lambda replica: derived_id(replica, piece), default=None)


def _share(sight: Sight) -> int:
    pieces = len(sight.free) + len(sight.mine) + sight.others
    return -(-pieces // len({sight.me, *sight.replicas}))


def _rank(sight: Sight, piece: str) -> int:
    """How many processes come before this one for a piece: they differ in what they try to get first."""
    mine = derived_id(sight.me, piece)
    return sum(derived_id(replica, piece) < mine for replica in sight.replicas)
