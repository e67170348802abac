"""Copies of objects: whole or not at all, within the room of uploads."""

from __future__ import annotations

import asyncio

import pytest
from object_stores import PIECE, ToldStore

from sightline.chassis.errors import Conflict, InvalidInput, ResourceExhausted, Unavailable
from sightline.chassis.s3_store import S3Access, open_store
from sightline.ingest.fetching import TRIES, Fetched, Fetcher
from sightline.ingest.uploads import Uploads

DATA = bytes(range(250)) * 40
URL = "s3://films/a.mp4"


@pytest.fixture
def store():
    """A store that does as it is told."""
    with ToldStore(DATA).running() as running:
        yield running


@pytest.fixture
def uploads(tmp_path):
    """With room for one and a half of the object."""
    return Uploads(tmp_path / "uploads", len(DATA) * 3 // 2)


@pytest.fixture
def fetcher(store, uploads):
    """Of that store, into that folder."""
    return Fetcher(open_store(S3Access(store.endpoint, "eu", ("films",), None, None), "ingest"), uploads, pause_s=0.01)


def files(uploads):
    """What lies in the folder."""
    return sorted(path.name for path in uploads.copy_path("x").parent.iterdir())


async def test_a_copy_is_fetched_once_and_is_the_object(store, fetcher, uploads):
    """It is there for every reading of its job, and goes with the job."""
    fetched = Fetched()
    path = await fetcher.fetch("job", URL, fetched)
    assert path.read_bytes() == DATA
    assert (fetched.bytes, fetched.size, fetched.etag) == (len(DATA), len(DATA), '"1"')
    assert await fetcher.fetch("job", URL, Fetched()) == path
    assert len(store.asked) == 1
    uploads.sweep(["job"])
    assert files(uploads) == ["job.copy"]
    uploads.delete("", "job")
    assert files(uploads) == []


async def test_a_store_that_breaks_off_is_asked_for_the_rest(store, fetcher):
    """Of the same version, from the next byte on: the copy is the object, and nothing is sent twice."""
    store.breaks = [PIECE, 2 * PIECE, 10]
    path = await fetcher.fetch("job", URL, Fetched())
    assert path.read_bytes() == DATA
    asked = [(headers.get("Range"), headers.get("If-Match")) for _, headers in store.asked]
    assert asked == [(None, None), ("bytes=1000-", '"1"'), ("bytes=3000-", '"1"'), ("bytes=3010-", '"1"')]


async def test_no_copy_is_put_together_from_two_versions(store, fetcher, uploads):
    """An object that was replaced while it was fetched is refused, and leaves nothing behind."""
    store.breaks = [PIECE]

    async def replace():
        while not store.asked:
            await asyncio.sleep(0)
        store.etag = '"2"'

    async with asyncio.TaskGroup() as group:
        replacing = group.create_task(replace())
        with pytest.raises(Conflict, match="S3_OBJECT_CHANGED"):
            await fetcher.fetch("job", URL, Fetched())
    assert replacing.done()
    assert files(uploads) == []


async def test_a_job_that_goes_on_elsewhere_reads_the_version_that_it_began_with(store, fetcher):
    """Results of two videos under one name would be those of none."""
    with pytest.raises(Conflict, match="S3_OBJECT_CHANGED"):
        await fetcher.fetch("job", URL, Fetched('"0"'))


async def test_a_store_that_is_away_is_given_up_after_some_tries(store, fetcher, uploads):
    """The job may be taken up again; nothing is left of the try."""
    store.status = 503
    with pytest.raises(Unavailable, match="S3_UNAVAILABLE"):
        await fetcher.fetch("job", URL, Fetched())
    assert (len(store.asked), files(uploads)) == (TRIES, [])


async def test_what_a_kill_left_is_fetched_anew(fetcher, uploads):
    """A part of before is no obstacle, and no beginning either."""
    await fetcher.fetch("other", URL, Fetched())
    uploads.delete("", "other")
    uploads.copy_path("job").with_suffix(".part").write_bytes(b"left")
    assert (await fetcher.fetch("job", URL, Fetched())).read_bytes() == DATA


async def test_what_can_never_fit_is_refused_before_it_is_fetched(store, fetcher, uploads):
    """The limit is that of uploads."""
    store.data = DATA * 2
    with pytest.raises(InvalidInput, match="UPLOAD_TOO_LARGE"):
        await fetcher.fetch("job", URL, Fetched())
    assert files(uploads) == []


async def test_a_copy_waits_for_another_to_go_but_not_for_uploads(fetcher, uploads):
    """Copies go with jobs that run; an upload may wait for the very place that this job has."""

    async def upload():
        yield DATA

    upload_id, _ = await uploads.receive(upload())
    with pytest.raises(ResourceExhausted, match="UPLOADS_FULL"):
        await fetcher.fetch("first", URL, Fetched())
    uploads.delete(upload_id, "")
    await fetcher.fetch("first", URL, Fetched())
    waiting = asyncio.create_task(fetcher.fetch("second", URL, Fetched()))
    done, _ = await asyncio.wait({waiting}, timeout=0.3)
    assert not done
    uploads.delete("", "first")
    assert (await waiting).read_bytes() == DATA
