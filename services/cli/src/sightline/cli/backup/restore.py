"""Brings backups back to a broker that has nothing yet: the main one, and the keys as they were later.

What was interrupted is repeated: a stream is there whole or not at all, and one that is there whole is passed over.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

from sightline.chassis.backup_contents import Part
from sightline.chassis.bus import Bus
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.topology import RECEIPTS
from sightline.cli.backup.backup import TOMBSTONES, path_of
from sightline.cli.backup.manifest import BackedUp, Manifest, folder_of
from sightline.cli.backup.places import Place, whole
from sightline.cli.backup.snapshots import restore, stream_info
from sightline.cli.backup.tombstones import bury_again

# Where a stream comes from, in its metadata. Brokers before 2.10 keep none: what was interrupted begins anew there.
_ORIGIN = "sightline-backup"
# The broker may count a moment longer what it has just taken in.
_TRIES = 20
_PAUSE = 0.25


@dataclass(frozen=True)
class Kept:
    """A backup, and where it is."""

    place: Place
    manifest: Manifest

    async def pieces(self, file: BackedUp) -> AsyncGenerator[bytes, None]:
        """Give a file, whose hash is looked at as it passes. Raises FailedPrecondition BACKUP_DAMAGED."""
        digest = hashlib.sha256()
        async for piece in self.place.get(path_of(self.manifest.part, self.manifest.begun, file.name)):
            digest.update(piece)
            yield piece
        if digest.hexdigest() != file.sha256:
            raise FailedPrecondition(
                "BACKUP_DAMAGED", f"{file.name} is not what was written then: its hash is another. Use another backup."
            )

    async def verify(self) -> None:
        """Read every file. Raises FailedPrecondition BACKUP_DAMAGED, NotFound BACKUP_FILE_MISSING."""
        for file in self.manifest.files:
            async for _ in self.pieces(file):
                pass


@dataclass(frozen=True)
class Restored:
    """What was done: streams that were brought back and passed over, and erasures that were done again."""

    streams: int
    passed_over: int
    erased_again: int


async def bring_back(
    bus: Bus,
    main: Kept,
    keys: Kept,
    *,
    replicas: int | None = None,
    show: Callable[[str, int, int], None] = lambda *_: None,
) -> Restored:
    """Restore everything, and erase again who was erased between the two.

    Args:
        bus: a connection of the party `restore`.
        main: the main backup, verified.
        keys: the keys, from behind it, verified.
        replicas: of each stream; None: as in the backup.
        show: is told which stream comes next, how many are done, and of how many.

    Raises:
        FailedPrecondition: KEYS_OLDER, the keys were taken before the main backup; BROKER_NOT_EMPTY, a stream is there
            and another one; and as `restore` and Kept.
    """
    if keys.manifest.begun < main.manifest.finished:
        raise FailedPrecondition(
            "KEYS_OLDER",
            "The keys were taken before the main backup was whole, and miss those of whoever was enrolled between: "
            "name later keys, or an older main backup.",
        )
    # What the backups have, which an older release may have made. The receipts are the later ones, which say whose
    # alerts have to forget them.
    plan = [(main, file.name) for file in main.manifest.files if file.name != RECEIPTS]
    plan += [(keys, file.name) for file in keys.manifest.files if file.name != TOMBSTONES]
    missing = [(kept, name) for kept, name in plan if not await _is_there(bus, kept, name)]
    for done, (kept, name) in enumerate(missing):
        show(name, done, len(missing))
        file = kept.manifest.file(name)
        await restore(bus, _config(kept, file, replicas), file.state, kept.pieces(file))
        await _settled(bus, file)
    known = json.loads(await whole(keys.place, path_of(Part.KEYS, keys.manifest.begun, TOMBSTONES)))
    return Restored(len(missing), len(plan) - len(missing), await bury_again(bus, known))


def _config(kept: Kept, file: BackedUp, replicas: int | None) -> dict[str, Any]:
    marked = {"metadata": (file.config.get("metadata") or {}) | {_ORIGIN: _origin(kept)}}
    return file.config | marked | ({"num_replicas": replicas} if replicas else {})


def _origin(kept: Kept) -> str:
    return folder_of(kept.manifest.part, kept.manifest.begun)


async def _is_there(bus: Bus, kept: Kept, name: str) -> bool:
    """Whether it was restored already. Raises FailedPrecondition BROKER_NOT_EMPTY where another one is there."""
    there = await stream_info(bus, name)
    if there is None:
        return False
    if (there["config"].get("metadata") or {}).get(_ORIGIN) != _origin(kept):
        raise FailedPrecondition(
            "BROKER_NOT_EMPTY",
            f"The broker has a {name} of another origin: stop every service, `sightline provision --watch` as well, "
            "and give the broker an empty folder for its streams.",
        )
    return True


async def _settled(bus: Bus, file: BackedUp) -> None:
    """Return once the broker has what was copied. Raises FailedPrecondition STREAM_NOT_RESTORED."""
    for _ in range(_TRIES):
        there = await stream_info(bus, file.name)
        # What came between the broker's answer and its copy is in the copy, too.
        if there is not None and there["state"]["last_seq"] >= file.state["last_seq"]:
            return
        await asyncio.sleep(_PAUSE)
    raise FailedPrecondition(
        "STREAM_NOT_RESTORED", f"{file.name} ends before it does in the backup: restore into an empty broker again."
    )
