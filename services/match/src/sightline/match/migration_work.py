"""What a migration takes, done in the background by whichever process follows the ledger, again after every restart."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import FailedPrecondition, Internal, SightlineError, Unavailable
from sightline.chassis.identity.rights import Reach
from sightline.chassis.principal import enter
from sightline.match.expiry import SERVICE
from sightline.match.gallery import Gallery
from sightline.match.migration_records import has_watchlists_of, turned_round
from sightline.match.reembedding import Reembedding
from sightline.match.templates import Templates
from sightline.v1 import migration_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sightline.match.embedder_stores import EmbedderStores, Store
    from sightline.match.inference import FaceReader
    from sightline.match.migration_records import MigrationRecords
    from sightline.match.parts import Parts
    from sightline.match.projection import GalleryProjection
    from sightline.match.watchlist_rebinding import WatchlistRebinding
    from sightline.v1 import records_pb2

log = structlog.get_logger()

LOOK_EVERY = 0.2
RETRY_SECONDS = 2.0
BLOCK = 64


class Task(Enum):
    """What there is to do."""

    NOTHING = auto()
    MAKE_TEMPLATES = auto()
    UNDO = auto()
    SWITCH = auto()
    FOLLOW_UP = auto()


@dataclass(frozen=True)
class Readers:
    """Who makes templates: of the embedder in use, and of the coming one (None: match was not told where it is)."""

    present: FaceReader
    coming: Callable[[pb.Embedder], FaceReader] | None

    def require_coming(self, embedder: pb.Embedder) -> FaceReader:
        """Raises FailedPrecondition MIGRATION_TARGET_UNSET."""
        if self.coming is None:
            raise FailedPrecondition(
                "MIGRATION_TARGET_UNSET",
                "match was not told where the coming embedder is: start `sightline up` with --coming-pack, or set "
                "SIGHTLINE_MIGRATION_EMBED_TARGET.",
            )
        return self.coming(embedder)


@dataclass(frozen=True)
class Effort:
    """A gallery that gets templates, and who makes them (None: nobody does just now)."""

    store: Store
    gallery: Gallery
    reembedding: Reembedding | None


class MigrationWork:
    """Does what the ledger's record of the migration asks for, for as long as it does.

    Args:
        own: the embedder in use.
        serving: what is kept for it.
        parts: the use cases.
        records: the migration's record.
        stores: of all embedders.
        readers: who makes templates.
        rebinding: of watchlists.
    """

    def __init__(
        self,
        own: pb.Embedder,
        serving: Store,
        parts: Parts,
        records: MigrationRecords,
        stores: EmbedderStores,
        readers: Readers,
        rebinding: WatchlistRebinding,
    ) -> None:
        self._own = own
        self._serving = serving
        self._parts = parts
        self._records = records
        self._stores = stores
        self._readers = readers
        self._rebinding = rebinding
        self._templates = Templates(parts.ledger)
        self._trouble: SightlineError | None = None
        self.effort: Effort | None = None
        """What templates are being made for; None: for none."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Works while the block runs."""
        task = asyncio.create_task(self._run(), name="migration")
        try:
            yield
        finally:
            await end(task)

    @property
    def trouble(self) -> SightlineError | None:
        """Why it does not go on just now."""
        reembedding = self.effort.reembedding if self.effort else None
        return self._trouble or (reembedding.trouble if reembedding else None)

    async def check(self) -> None:
        """Raises Unavailable while watchlists are not bound to the pack that was migrated to; for health."""
        if self._task_of(self._projection.migration()) is Task.SWITCH:
            raise Unavailable("GALLERY_SWITCHING", "The watchlists are being bound to the new embedder.")

    @property
    def _projection(self) -> GalleryProjection:
        return self._serving.projection

    def _task_of(self, record: records_pb2.MigrationRecord | None) -> Task:
        if record is None:
            return Task.NOTHING
        if record.target.id == self._own.id:
            after = {pb.MIGRATION_STATE_SETTLED: Task.SWITCH, pb.MIGRATION_STATE_SWITCHED: Task.FOLLOW_UP}
            return after.get(record.state, Task.NOTHING)
        if record.source.id != self._own.id or record.state == pb.MIGRATION_STATE_SWITCHED:
            return Task.NOTHING
        return Task.UNDO if record.state == pb.MIGRATION_STATE_CANCELLING else Task.MAKE_TEMPLATES

    async def _run(self) -> None:
        # Nobody calls: what is done here, match does by itself.
        enter(SERVICE, Reach())
        while True:
            record, self._trouble = self._projection.migration(), None
            kind = self._task_of(record)
            work = asyncio.create_task(self._persist(kind, record), name=f"migration {kind.name.lower()}")
            try:
                await self._until_otherwise(kind, record)
            finally:
                await end(work)

    async def _until_otherwise(self, kind: Task, record: records_pb2.MigrationRecord | None) -> None:
        """Returns when there is something else to do."""
        attempt = record.attempt if record else 0
        while True:
            await asyncio.sleep(LOOK_EVERY)
            newest = self._projection.migration()
            if self._task_of(newest) is not kind or (newest and record and newest.target.id != record.target.id):
                return
            if newest and newest.attempt != attempt:
                attempt = newest.attempt
                if self.effort and self.effort.reembedding:
                    self.effort.reembedding.try_again()

    async def _persist(self, kind: Task, record: records_pb2.MigrationRecord | None) -> None:
        """Does it, again where it fails."""
        if record is None or kind is Task.NOTHING:
            return
        log.info("migration", task=kind.name.lower(), embedder=record.target.id)
        while True:
            try:
                await self._do(kind, record)
            except SightlineError as error:
                self._trouble = error
                log.warning("migration_interrupted", reason=error.reason, detail=error.message)
            except Exception:
                self._trouble = Internal("MIGRATION_FAILED", "It failed unexpectedly; the log of match says how.")
                log.exception("migration_failed")
            else:
                self._trouble = None
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def _do(self, kind: Task, record: records_pb2.MigrationRecord) -> None:
        if kind is Task.MAKE_TEMPLATES:
            await self._make_templates(record.target)
        elif kind is Task.UNDO:
            await self._undo(record.target)
        elif kind is Task.SWITCH:
            await self._switch(record)
        else:
            await self._work_on(self._serving, self._parts.gallery, record.target, lambda _: self._readers.present)

    async def _make_templates(self, to: pb.Embedder) -> None:
        """In a gallery beside the one that serves, which follows the same ledger."""
        async with self._stores.opened(to) as store:
            gallery = Gallery(self._parts.ledger, store.index, store.projection, to.id, to.dimension)
            async with gallery.following():
                await self._work_on(store, gallery, to, self._readers.require_coming)

    async def _work_on(
        self, store: Store, gallery: Gallery, embedder: pb.Embedder, reader: Callable[[pb.Embedder], FaceReader]
    ) -> None:
        """Makes templates for good; without somebody who makes them that gallery follows the ledger all the same."""
        self.effort = Effort(store, gallery, None)
        try:
            parts, ours = self._parts, self._projection
            reembedding = Reembedding(
                *(store.projection, gallery, ours, self._templates, parts.references),
                *(reader(embedder), embedder.id),
            )
            self.effort = Effort(store, gallery, reembedding)
            await reembedding.work()
        except FailedPrecondition as error:
            self._trouble = error
            await asyncio.Event().wait()
        finally:
            self.effort = None

    async def _undo(self, to: pb.Embedder) -> None:
        """Once it has been given up: its templates are deleted, then its index, then its record."""
        await self._parts.gallery.caught_up()
        while some := self._projection.templates_by(to.id, BLOCK):
            buried = await asyncio.gather(*(self._templates.bury(each.watchlist_id, each.id) for each in some))
            await self._parts.gallery.applied(max(buried))
        await self._stores.discard(to)
        await self._parts.gallery.caught_up()
        if has_watchlists_of(self._projection, to):
            # A process with the new pack bound them before it heard.
            await self._records.change(lambda newest: turned_round(newest) if newest else None)
        else:
            await self._records.bury()

    async def _switch(self, record: records_pb2.MigrationRecord) -> None:
        """Every watchlist is bound to the new embedder, and what was kept for the old one goes."""
        await self._parts.gallery.caught_up()
        await self._rebinding.rebind(record)
        await self._stores.discard(record.source)

        def switched(newest: records_pb2.MigrationRecord | None) -> records_pb2.MigrationRecord | None:
            if newest is not None:
                newest.state = pb.MIGRATION_STATE_SWITCHED
            return newest

        await self._records.change(switched)
