"""What the broker has of a gallery: records, keys and references, for tests that want them gone."""

from __future__ import annotations

from sightline.chassis.wrapped_keys import WrappedKeys


async def subjects_of(bus, watchlist):
    """Kinds and ids of all records that the ledger has of a watchlist, tombstones too."""
    info = await bus.js.stream_info("GALLERY", subjects_filter=f"sightline.gallery.{watchlist.id}.>")
    return {tuple(subject.split(".")[3:]) for subject in info.state.subjects or {}}


async def owners(bus):
    """Whoever has a data key."""
    return {each.owner async for each in WrappedKeys(bus).revisions()}


async def references(match):
    """The faces of which a reference is kept."""
    return {kept.face_id async for kept in match.parts.references.kept()}
