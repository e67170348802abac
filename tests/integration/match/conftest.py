"""match without its process: the real broker, the real index and the real use cases; only inference is a fake."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest
from fakes import ComingReader, FakeFaceReader, coming_pack, fake_pack, picture
from inference_server import running_inference
from key_files import write_keys

from sightline.chassis.audit import Auditor
from sightline.chassis.policy import load_policy
from sightline.match.application import Application
from sightline.match.embedder_stores import EmbedderStores, Store, embedder_of
from sightline.match.migration_parts import assemble_migration
from sightline.match.migration_work import Readers
from sightline.match.parts import assemble
from sightline.match.projection import GalleryProjection
from sightline.match.search import Terms
from sightline.match.settings import MatchSettings
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import migration_service_pb2 as migration_pb
from sightline.v1 import search_service_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sightline.chassis.bus import Bus
    from sightline.match.application import Enrolled
    from sightline.match.index import FaceIndex
    from sightline.match.migrations import Migrations
    from sightline.match.parts import Parts

KEY = bytes(range(32))
ROTATION = bytes(range(100, 132))
PACK = fake_pack()
POLICY = load_policy("default")


@dataclass
class Match:
    """The use cases, with shorter words for tests; `path` is the projection's file."""

    parts: Parts
    index: FaceIndex
    projection: GalleryProjection
    migrations: Migrations
    path: Path

    async def create(self, name: str = "wanted", **fields) -> pb.Watchlist:
        """Makes a watchlist."""
        return await self.parts.watchlists.create(pb.Watchlist(name=name, purpose="test", **fields))

    async def enroll(self, watchlist: pb.Watchlist, name: str, *, shows: str | None = None, **options) -> Enrolled:
        """Enrols the person of that name with a picture that shows them, or somebody else."""
        source = options.pop("source", None) or picture(shows or name)
        application = Application(watchlist, name, f"Display of {name}", source, "test", "case", **options)
        return await self.parts.enrolment.enroll(application)

    async def found(self, watchlist: pb.Watchlist, name: str) -> list[str]:
        """The ids of the faces that a search for this person finds."""
        sought = await self.parts.probes.read(search_service_pb2.BatchProbe(image=picture(name)), None)
        [matches] = await self.parts.search.faces(sought, Terms([watchlist]))
        return [match.face.id for match in matches]


@asynccontextmanager
async def open_match(
    bus: Bus,
    state: Path,
    wrap=lambda index: index,
    reader=None,
    keys=(KEY,),
    rotations=(ROTATION,),
    calibration=None,
    now=time.time,
    pack=PACK,
    coming=None,
    policy=POLICY,
) -> AsyncIterator[Match]:
    """As the process does it, from a state folder.

    `wrap` may put something in front of the index; `coming` is a reader of the embedder that is to come.
    """
    rotation_keys = write_keys(state / "rotation.key", *rotations)
    stores = EmbedderStores(MatchSettings(state_dir=state), rotation_keys)
    folder = stores.folder(pack.embedder_id)
    async with stores.open_index(embedder_of(pack)) as edge:
        with closing(GalleryProjection(folder / "projection.db", now)) as projection:
            index = wrap(edge)
            key_file = write_keys(state / "installation.key", *keys)
            reader = reader or FakeFaceReader(pack.embedder.dimension)
            parts = await assemble(bus, index, projection, reader, pack, key_file, policy, calibration)
            readers = Readers(reader, (lambda _: coming) if coming else None)
            migration = assemble_migration(
                parts, pack, Store(index, projection), stores, readers, Auditor(bus, "match")
            )
            async with parts.gallery.following(), migration.work.running():
                await parts.gallery.applied(await parts.ledger.last_sequence())
                yield Match(parts, index, projection, migration.migrations, folder / "projection.db")


class Clock:
    """A time that the test sets."""

    def __init__(self):
        self.time = time.time()

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    """The time of the gallery."""
    return Clock()


@pytest.fixture
def match_on():
    """A function that opens match on a broker and a state folder."""
    return open_match


@pytest.fixture
def opened(bus: Bus):
    """A function that opens match on a state folder, as often as a test likes."""
    return lambda state, **options: open_match(bus, state, **options)


@pytest.fixture
async def match(bus: Bus, tmp_path: Path) -> AsyncIterator[Match]:
    """One with an empty gallery."""
    async with open_match(bus, tmp_path / "state") as opened:
        yield opened


@pytest.fixture
def coming():
    """The reader of the coming embedder."""
    return ComingReader()


@pytest.fixture
def state(tmp_path):
    """A state folder, for those who open match themselves."""
    return tmp_path / "state"


@pytest.fixture
def before(opened, state, coming):
    """Opens match with the present pack."""
    return partial(opened, state, coming=coming)


@pytest.fixture
def after(opened, state):
    """Opens match with the coming pack."""
    return partial(opened, state, pack=coming_pack())


@pytest.fixture
def migrated(until):
    """A function that returns how the migration stands once no face waits any more."""

    async def wait(match) -> migration_pb.Migration:
        async def done() -> bool:
            told, index = await match.migrations.get()
            if index is None or told.HasField("trouble"):
                return False
            # What was enrolled or deleted a moment ago counts, too.
            await match.migrations._work.effort.gallery.caught_up()
            told, _ = await match.migrations.get()
            return told.faces > 0 and told.waiting == 0

        await until(done)
        return (await match.migrations.get())[0]

    return wait


@pytest.fixture
def switched(until):
    """A function that returns once the watchlists of a match with the new pack are bound to it."""

    async def wait(match) -> None:
        async def done() -> bool:
            told, _ = await match.migrations.get()
            return told.state == migration_pb.MIGRATION_STATE_SWITCHED and told.faces > 0 and told.waiting == 0

        await until(done)

    return wait


@pytest.fixture
def stored():
    """A function that returns every message of a stream."""

    async def read(bus, stream, kind) -> list:
        state = (await bus.js.stream_info(stream)).state
        messages = [await bus.js.get_msg(stream, n) for n in range(1, state.last_seq + 1)]
        return [kind.FromString(message.data) for message in messages]

    return read


@pytest.fixture
async def inference_servicer():
    """A running server that is both detect and embed."""
    async with running_inference() as servicer:
        yield servicer


@pytest.fixture
def inference(inference_servicer):
    """Its address."""
    return inference_servicer.target
