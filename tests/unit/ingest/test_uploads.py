"""The folder of uploaded videos."""

from __future__ import annotations

import os
import stat
import time

import pytest

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, ResourceExhausted
from sightline.ingest.uploads import KEEP_S, Uploads


@pytest.fixture
def uploads(tmp_path):
    """With room for ten bytes."""
    return Uploads(tmp_path / "uploads", 10)


async def chunks(*parts):
    """As they come from a caller."""
    for part in parts:
        yield part


async def test_an_upload_is_its_chunks_and_nobody_elses(uploads):
    """What was sent is there, for the service alone to read; deleted, it is gone."""
    upload_id, size = await uploads.receive(chunks(b"ab", b"cd"))
    path = uploads.find(upload_id)
    assert (path.read_bytes(), size) == (b"abcd", 4)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    uploads.delete(upload_id, "job")
    with pytest.raises(NotFound, match="UPLOAD_NOT_FOUND"):
        uploads.find(upload_id)


async def test_the_limit_is_for_all_together(uploads, tmp_path):
    """One that is larger alone can never be taken; one that is too large beside others can, later."""
    with pytest.raises(InvalidInput, match="UPLOAD_TOO_LARGE"):
        await uploads.receive(chunks(b"x" * 6, b"x" * 6))
    upload_id, _ = await uploads.receive(chunks(b"x" * 6))
    with pytest.raises(ResourceExhausted, match="UPLOADS_FULL"):
        await uploads.receive(chunks(b"x" * 3, b"x" * 3))
    assert [path.stem for path in (tmp_path / "uploads").iterdir()] == [upload_id]


async def test_what_nobody_needs_is_swept(uploads, tmp_path):
    """After a day what no job uses goes, and at once copies without a job and what a crash left unfinished."""
    kept, _ = await uploads.receive(chunks(b"a"))
    old, _ = await uploads.receive(chunks(b"b"))
    used, _ = await uploads.receive(chunks(b"c"))
    (tmp_path / "uploads" / "left.part").write_bytes(b"d")
    (tmp_path / "uploads" / "gone.copy").write_bytes(b"e")
    (tmp_path / "uploads" / "running.copy").write_bytes(b"f")
    yesterday = time.time() - KEEP_S - 1
    for upload_id in (old, used):
        os.utime(uploads.find(upload_id), (yesterday, yesterday))
    uploads.sweep([used, "running"])
    assert sorted(path.stem for path in (tmp_path / "uploads").iterdir()) == sorted([kept, used, "running"])


async def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    """Whoever sends a video hears that the state folder has to be mended, not where it lies."""
    (tmp_path / "file").touch()
    with pytest.raises(FailedPrecondition, match="UPLOADS_UNUSABLE") as refusal:
        await Uploads(tmp_path / "file" / "uploads", 10).receive(chunks(b"a"))
    assert str(tmp_path) not in str(refusal.value)
