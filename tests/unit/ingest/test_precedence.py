"""Cameras before jobs, and jobs among each other."""

from __future__ import annotations

import asyncio
import time

import pytest

from sightline.ingest import precedence
from sightline.ingest.precedence import JobFinder, Precedence


class Finder:
    """A FaceFinder that takes until it is let go, and keeps who came in which order."""

    def __init__(self) -> None:
        self.begun = []
        self.go = asyncio.Event()

    async def find(self, picture, _wish):
        self.begun.append(picture)
        await asyncio.sleep(0)
        await self.go.wait()
        return picture


@pytest.fixture
def finder():
    """As above."""
    return Finder()


async def test_a_job_waits_for_cameras_but_not_for_ever(finder):
    """Its frame is looked at when no camera's is, at the latest after a second."""
    shared = Precedence(finder, 1)
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        group.create_task(shared.find("camera", None))
        group.create_task(JobFinder(shared).find("job", None))
        for _ in range(10):
            await asyncio.sleep(0)
        assert finder.begun == ["camera"]
        while len(finder.begun) < 2:
            await asyncio.sleep(0.01)
        assert time.monotonic() - began >= precedence.PATIENCE_S - 0.2
        finder.go.set()


async def test_a_job_goes_on_as_soon_as_cameras_are_done(finder, monkeypatch):
    """Nothing is waited for where nobody is in front."""
    shared = Precedence(finder, 1)
    finder.go.set()
    await shared.find("camera", None)
    monkeypatch.setattr(precedence, "PATIENCE_S", 600.0)
    async with asyncio.timeout(60):
        assert await JobFinder(shared).find("job", None) == "job"


async def test_jobs_take_turns(finder):
    """With one place for all, frames of two jobs that have as many waiting alternate."""
    shared = Precedence(finder, 1)
    finder.go.set()
    jobs = JobFinder(shared)

    async def read(name):
        for _ in range(4):
            await jobs.find(name, None)

    await asyncio.gather(read("a"), read("b"))
    assert finder.begun == ["a", "b"] * 4
