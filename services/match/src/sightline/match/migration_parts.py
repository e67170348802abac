"""The migration, wired together with the rest of match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.match.embedder_stores import embedder_of
from sightline.match.migration_records import MigrationRecords
from sightline.match.migration_work import MigrationWork
from sightline.match.migrations import Migrations
from sightline.match.watchlist_rebinding import WatchlistRebinding

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.chassis.pack import Pack
    from sightline.match.embedder_stores import EmbedderStores, Store
    from sightline.match.migration_work import Readers
    from sightline.match.parts import Parts


@dataclass(frozen=True)
class MigrationParts:
    """What is asked for, and what is done about it."""

    migrations: Migrations
    work: MigrationWork


def assemble_migration(
    parts: Parts, pack: Pack, serving: Store, stores: EmbedderStores, readers: Readers, auditor: Auditor
) -> MigrationParts:
    """Wires it; `serving` is what is kept for the pack's embedder."""
    own, projection = embedder_of(pack), serving.projection
    records = MigrationRecords(parts.ledger, parts.gallery)
    rebinding = WatchlistRebinding(parts.records, parts.gallery, projection, auditor)
    work = MigrationWork(own, serving, parts, records, stores, readers, rebinding)
    return MigrationParts(Migrations(own, projection, records, work, readers), work)
