"""Broker and services as processes, with some people enrolled: for searches of stored video, and what they lead to."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc
from broker import run_closed_nats_server
from processes import Service, new_service
from secrets_for_tests import admit_tester, tester

from sightline.chassis.bus import connect_bus
from sightline.chassis.ids import new_id
from sightline.chassis.provision import provision
from sightline.chassis.rpc import open_channel
from sightline.chassis.topology import TOPOLOGY
from sightline.v1 import face_pb2, gallery_service_pb2
from sightline.v1 import video_job_service_pb2 as pb
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.video_job_service_pb2_grpc import VideoJobServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from broker import NatsServer

OVER = (pb.VIDEO_JOB_STATE_DONE, pb.VIDEO_JOB_STATE_FAILED, pb.VIDEO_JOB_STATE_CANCELLED)


@dataclass
class VideoSystem:
    """The services by name, and the watchlist in which people are."""

    nats: NatsServer
    services: dict[str, Service] = field(default_factory=dict)
    watchlist: str = ""

    async def restart(self, *names: str) -> None:
        """Kill services, or the broker (`nats`), and start them again."""
        for name in names:
            if name == "nats":
                self.nats.kill()
                self.nats.start()
                await _provision(self.nats.tester_url)  # as `sightline provision --watch` does
            else:
                self.services[name].kill()
                self.services[name].start()
        for service in self.services.values():
            await service.ready()

    @asynccontextmanager
    async def jobs(self) -> AsyncIterator[Jobs]:
        """The calls of VideoJobService, by somebody who may do everything."""
        async with open_channel(self.services["ingest"].target, tester()) as channel:
            yield Jobs(VideoJobServiceStub(channel), self.watchlist)


@dataclass
class Jobs:
    """Starts jobs, and waits for them."""

    stub: VideoJobServiceStub
    watchlist: str

    async def start(self, path: Path, **options) -> str:
        """Queue a search of a file; gives the job's id."""
        request = pb.StartVideoJobRequest(source_url=path.as_uri(), watchlist_ids=[self.watchlist], **options)
        return (await self.stub.StartVideoJob(request)).job.id

    async def detect(self, path: Path, **options) -> str:
        """Queue a detection of the faces in a file; gives the job's id."""
        request = pb.StartVideoDetectionRequest(source_url=path.as_uri(), **options)
        return (await self.stub.StartVideoDetection(request)).job.id

    async def get(self, job_id: str) -> pb.VideoJob:
        """As it is now, or as soon as somebody answers."""
        while True:
            try:
                return (await self.stub.GetVideoJob(pb.GetVideoJobRequest(job_id=job_id), wait_for_ready=True)).job
            except grpc.aio.AioRpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
                await asyncio.sleep(0.2)

    async def until(self, job_id: str, holds, seconds: float = 90.0) -> pb.VideoJob:
        """The job, once that holds of it."""
        async with asyncio.timeout(seconds):
            while not holds(job := await self.get(job_id)):
                assert job.state not in OVER, f"it ended: {job}"
                await asyncio.sleep(0.05)
        return job

    async def ended(self, job_id: str, seconds: float = 120.0) -> pb.VideoJob:
        """The job, once it has ended."""
        return await self.until(job_id, lambda job: job.state in OVER, seconds)

    async def results(self, job_id: str, **options) -> list[pb.VideoPerson]:
        """Everybody, page by page."""
        persons, token = [], ""
        while True:
            request = pb.GetVideoJobResultsRequest(job_id=job_id, page_token=token, **options)
            page = await self.stub.GetVideoJobResults(request)
            persons += page.persons
            if not (token := page.next_page_token):
                return persons

    async def faces(self, job_id: str, page_size: int) -> list[pb.VideoFace]:
        """All that a detection found, page by page."""
        faces, token = [], ""
        while True:
            request = pb.ListVideoJobFacesRequest(job_id=job_id, page_size=page_size, page_token=token)
            page = await self.stub.ListVideoJobFaces(request)
            faces += page.faces
            if not (token := page.next_page_token):
                return faces


@contextmanager
def running_video_system(
    folder: Path, pack: Path, media: Path, people: dict[str, str], *, alerts: bool = False, **watchlist
) -> Iterator[VideoSystem]:
    """Starts everything and enrols people (external id: picture in the shared media); ends it with the block.

    With `alerts` there is a notify, too; `watchlist` are fields of the one in which the people are. All that any
    process writes is below `folder`.
    """
    (folder / "tmp").mkdir()
    with ExitStack() as stack:
        nats = stack.enter_context(run_closed_nats_server(folder / "nats"))
        asyncio.run(prepare_broker(nats.tester_url))
        system = VideoSystem(nats)
        for name in ("detect", "embed", "match", "ingest", *(["notify"] if alerts else [])):
            targets = {f"SIGHTLINE_{each.upper()}_TARGET": running.target for each, running in system.services.items()}
            env = {
                "TMPDIR": str(folder / "tmp"),
                "SIGHTLINE_NATS_URL": nats.url,
                "SIGHTLINE_STATE_DIR": str(folder / "state"),
                "SIGHTLINE_PACK_DIR": str(pack),
                "SIGHTLINE_VIDEO_ROOTS": json.dumps([str(media / "video")]),
                **targets,
            }
            system.services[name] = new_service(f"sightline.{name}", env, folder / f"{name}.log")
            system.services[name].start()
            stack.callback(system.services[name].kill)
        for each in system.services.values():
            each.wait_serving()
        system.watchlist = asyncio.run(_enrol(system, media, people, watchlist))
        yield system
        assert not nats.violations


async def _provision(url: str) -> None:
    async with connect_bus(url, "test") as bus:
        await provision(bus, TOPOLOGY)


async def prepare_broker(url: str) -> None:
    """Provision a broker, and let the tester in."""
    await _provision(url)
    async with connect_bus(url, "test") as bus:
        await admit_tester(bus)


async def _enrol(system: VideoSystem, media: Path, people: dict[str, str], fields: dict) -> str:
    async with open_channel(system.services["match"].target, tester()) as channel:
        gallery = GalleryServiceStub(channel)
        watchlist = gallery_service_pb2.Watchlist(name=new_id(), purpose="test", **fields)
        made = await gallery.CreateWatchlist(gallery_service_pb2.CreateWatchlistRequest(watchlist=watchlist))
        for person, picture in people.items():
            image = face_pb2.Image(encoded=(media / picture).read_bytes())
            request = gallery_service_pb2.EnrollFaceRequest(
                watchlist=made.watchlist.id, person=person, display_name=display_name(person), image=image
            )
            await gallery.EnrollFace(request)
    return str(made.watchlist.id)


def display_name(person: str) -> str:
    """As reviewers see somebody who is enrolled here."""
    return f"Displayed as {person}"


def without_ids(persons: list[pb.VideoPerson]) -> list[bytes]:
    """What two readings have to agree in, down to the last digit: tracks of different jobs have different ids."""
    for person in persons:
        for span in person.spans:
            for track in span.tracks:
                track.ClearField("track_id")
    return [person.SerializeToString(deterministic=True) for person in persons]
