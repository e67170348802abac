"""Who reads what: each of several processes takes its fair share of the cameras, and lets go of what is beyond it.

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
    """What one process sees of the cameras that are to be read now.

    Attributes:
        me: this process.
        replicas: all that read cameras, with or without this one.
        free: cameras that nobody has.
        mine: cameras that this process has.
        others: how many cameras the others have.
        movable: of mine, those that another process could go on with.
    """

    me: str
    replicas: Collection[str]
    free: Collection[str]
    mine: Collection[str]
    others: int
    movable: Collection[str]


def to_take(sight: Sight) -> list[str]:
    """The free cameras that this process should try to get, up to its share: first those that it ranks first for."""
    room = max(0, _share(sight) - len(sight.mine))
    return sorted(sight.free, key=lambda camera: (_rank(sight, camera), camera))[:room]


def to_let_go(sight: Sight) -> list[str]:
    """Cameras beyond this process's share: one, or a twentieth of many; none while one is free that others may take."""
    surplus = len(sight.mine) - _share(sight)
    if sight.free or surplus <= 0:
        return []
    worst_first = sorted(sight.movable, key=lambda camera: (_rank(sight, camera), camera), reverse=True)
    return worst_first[: 1 + surplus // MANY]


def first_for(camera: str, replicas: Collection[str]) -> str | None:
    """The process that sees to what any of them could do for a camera (rendezvous hashing)."""
    return min(replicas, key=lambda replica: derived_id(replica, camera), default=None)


def _share(sight: Sight) -> int:
    cameras = len(sight.free) + len(sight.mine) + sight.others
    return -(-cameras // len({sight.me, *sight.replicas}))


def _rank(sight: Sight, camera: str) -> int:
    """How many processes come before this one for the camera: they differ in what they try to get first."""
    mine = derived_id(sight.me, camera)
    return sum(derived_id(replica, camera) < mine for replica in sight.replicas)
