"""The key within which lie those of everybody in a watchlist: destroyed last, it ends a large watchlist soon."""

from __future__ import annotations

from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.ids import derived_id

_OF_PERSONS = {GalleryKind.PERSON, GalleryKind.FACE, GalleryKind.KEY, GalleryKind.TEMPLATE}


def vault_of(watchlist_id: str) -> str:
    """The owner of that key, whom nothing else belongs to."""
    return derived_id("keys of everybody in a watchlist", watchlist_id)


def vault_for(watchlist_id: str, kind: str) -> str:
    """Within whose key that of a record's owner lies; of what belongs to no person, within nobody's."""
    return vault_of(watchlist_id) if kind in _OF_PERSONS else ""
