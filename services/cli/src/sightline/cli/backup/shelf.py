"""What lies in a place: whole backups by their age, what is left of broken-off ones, and what is kept no longer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sightline.chassis.backup_contents import Part
from sightline.chassis.errors import InvalidInput, NotFound
from sightline.cli.backup import manifest as manifests
from sightline.cli.backup.manifest import Manifest, folder_of, read_folder
from sightline.cli.backup.places import Place, whole
from sightline.cli.backup.restore import Kept

KEYS_KEPT = timedelta(hours=24)
"""The longest that keys may be kept: within this time an erasure is over, backups included."""
_UNFINISHED = timedelta(days=1)
"""A backup that has no manifest by then was broken off."""


@dataclass(frozen=True)
class Lying:
    """A backup in a place, by what its folder says."""

    part: Part
    begun: datetime
    whole: bool
    paths: tuple[str, ...]


async def lying(place: Place) -> list[Lying]:
    """Give what is there, the oldest first; files that are no backup's are left alone."""
    folders: dict[str, list[str]] = {}
    for path in await place.paths():
        folders.setdefault(path.partition("/")[0], []).append(path)
    found = [
        Lying(*named, f"{folder}/{manifests.NAME}" in paths, tuple(paths))
        for folder, paths in folders.items()
        if (named := read_folder(folder))
    ]
    return sorted(found, key=lambda each: each.begun)


async def find(place: Place, part: Part, name: str | None = None) -> Kept:
    """Give the newest whole backup, or the one whose folder is called so.

    Raises:
        NotFound: BACKUP_NOT_FOUND.
        FailedPrecondition: BACKUP_DAMAGED, BACKUP_TOO_NEW.
    """
    there = [each for each in await lying(place) if each.part is part and each.whole]
    chosen = [each for each in there if name in {None, folder_of(part, each.begun)}]
    if not chosen:
        names = ", ".join(folder_of(part, each.begun) for each in there) or "none"
        raise NotFound(
            "BACKUP_NOT_FOUND", f"There is no whole backup {name or part} in this place; there are: {names}."
        )
    text = await whole(place, f"{folder_of(part, chosen[-1].begun)}/{manifests.NAME}")
    return Kept(place, Manifest.from_json(text))


def keeping(part: Part, keep: timedelta | None) -> timedelta | None:
    """Give how long backups are kept: keys a day unless told less. Raises InvalidInput KEYS_KEPT_TOO_LONG."""
    if part is Part.KEYS and keep and keep > KEYS_KEPT:
        raise InvalidInput("KEYS_KEPT_TOO_LONG", "Keys are kept for 24 hours at most: an erasure is over by then.")
    return keep or (KEYS_KEPT if part is Part.KEYS else None)


async def clear(place: Place, part: Part, keep: timedelta, now: datetime) -> list[str]:
    """Remove what is older, and what was broken off long ago; of main backups the newest whole one stays.

    Returns:
        The folders that are gone.
    """
    there = [each for each in await lying(place) if each.part is part]
    stays = next((each for each in reversed(there) if each.whole and part is Part.MAIN), None)
    gone = []
    for each in there:
        age = now - each.begun
        if each is not stays and (age > keep or (not each.whole and age > _UNFINISHED)):
            # The manifest first: what is half gone is no backup any more.
            for path in sorted(each.paths, key=lambda path: not path.endswith(f"/{manifests.NAME}")):
                await place.remove(path)
            gone.append(folder_of(part, each.begun))
    return gone
