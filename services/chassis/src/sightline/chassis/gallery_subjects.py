"""The ledger's subjects: where records of the gallery are, by what they are of."""

from __future__ import annotations

from enum import StrEnum

from sightline.chassis.topology import ROOT, checked_id


class GalleryKind(StrEnum):
    """Kinds of ledger records, in the order in which a rebuild needs them."""

    WATCHLIST = "watchlist"
    NAME = "name"
    PERSON = "person"
    FACE = "face"
    CHUNK = "chunk"
    KEY = "key"
    TEMPLATE = "template"
    MIGRATION = "migration"
    ENROLMENT = "enrolment"


def known_kind(token: str) -> GalleryKind | None:
    """The kind of that word; None: only a newer release has it."""
    return next((kind for kind in GalleryKind if kind == token), None)


def gallery(watchlist: str, kind: str, record: str) -> str:
    """Where the ledger keeps the last record of one thing in a watchlist."""
    return f"{ROOT}.gallery.{checked_id(watchlist)}.{kind}.{checked_id(record)}"


def gallery_records(watchlist: str, kind: GalleryKind) -> str:
    """All records of one kind in a watchlist, as a pattern."""
    return f"{ROOT}.gallery.{checked_id(watchlist)}.{kind}.*"


def gallery_watchlist(watchlist: str) -> str:
    """All records of a watchlist and of what is in it, as a pattern."""
    return f"{ROOT}.gallery.{checked_id(watchlist)}.>"
