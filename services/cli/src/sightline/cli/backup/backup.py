"""Takes a backup: stream after stream, with hashes, and at last what it is."""

import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version

from sightline.chassis.backup_contents import CONTENTS, Part
from sightline.chassis.bus import Bus
from sightline.chassis.topology import RECEIPTS
from sightline.cli.backup import manifest as manifests
from sightline.cli.backup.manifest import BackedUp, Manifest, folder_of
from sightline.cli.backup.places import Place, in_pieces
from sightline.cli.backup.snapshots import snapshot
from sightline.cli.backup.tombstones import tombstones

ENDING = ".snapshot"
TOMBSTONES = "tombstones"
"""A file beside the keys: who was taken out of the ledger, and where."""


@dataclass
class _Measured:
    """What went through, counted and hashed."""

    pieces: AsyncIterator[bytes]
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    async def read(self) -> AsyncGenerator[bytes, None]:
        async for piece in self.pieces:
            self.size += len(piece)
            self.digest.update(piece)
            yield piece


def path_of(part: Part, begun: datetime, name: str) -> str:
    """Give the path of a file in the place."""
    return f"{folder_of(part, begun)}/{name}{ENDING}"


async def take(bus: Bus, place: Place, part: Part, show: Callable[[str, int, int], None] = lambda *_: None) -> Manifest:
    """Take a backup, which is one once this returns.

    Args:
        bus: a connection of the party `backup`.
        place: where it goes.
        part: which of the two.
        show: is told which stream comes next, how many are done, and of how many.

    Raises:
        As `snapshot` and Place.
    """
    begun = datetime.now(UTC)
    files = []
    for done, stream in enumerate(CONTENTS[part]):
        show(stream, done, len(CONTENTS[part]))
        # Of the receipts beside the keys every one is to be handled once more: see `restore`.
        consumers = not (part is Part.KEYS and stream == RECEIPTS)
        async with snapshot(bus, stream, consumers=consumers) as copy:
            measured = _Measured(copy.pieces)
            await place.put(path_of(part, begun, stream), measured.read())
            files.append(BackedUp(stream, measured.size, measured.digest.hexdigest(), copy.config, copy.state))
    if part is Part.KEYS:
        files.append(await _tombstones(bus, place, begun))
    taken = Manifest(part, begun, datetime.now(UTC), version("sightline-cli"), tuple(files))
    await place.put(f"{folder_of(part, begun)}/{manifests.NAME}", in_pieces(taken.to_json()))
    return taken


async def _tombstones(bus: Bus, place: Place, begun: datetime) -> BackedUp:
    text = json.dumps(await tombstones(bus)).encode()
    await place.put(path_of(Part.KEYS, begun, TOMBSTONES), in_pieces(text))
    return BackedUp(TOMBSTONES, len(text), hashlib.sha256(text).hexdigest(), {}, {})
