"""Jobs whose video lies in an object store: a real ingest, a real broker, and stores in the two ways."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from broker import run_nats_server
from free_ports import find_free_ports
from job_stages import Stages
from object_stores import ToldStore, put, serve_moto
from processes import start
from secrets_for_tests import tester
from squares import serve_squares
from video_system import Jobs, prepare_broker

from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.ids import new_id
from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.v1 import video_job_service_pb2 as pb
from sightline.v1.video_job_service_pb2_grpc import VideoJobServiceStub

UPLOAD_BYTES = 100_000
SECRET = "hunter2-correct"  # noqa: S105 - of no store
TRACKS = 3
"""Of the video of squares."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """A provisioned broker that knows the tester."""
    with run_nats_server(tmp_path_factory.mktemp("nats")) as server:
        asyncio.run(prepare_broker(server.url))
        yield server


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    """A real S3-compatible store."""
    with serve_moto(tmp_path_factory.mktemp("moto") / "log") as endpoint:
        yield endpoint


@pytest.fixture
def open_ingest(tmp_path, broker):
    """A function that starts an ingest on a store."""
    credentials = tmp_path / "s3"
    credentials.write_text(f"[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {SECRET}\n")
    credentials.chmod(0o600)

    def run(endpoint):
        env = {
            "SIGHTLINE_NATS_URL": broker.url,
            "SIGHTLINE_DETECT_TARGET": f"127.0.0.1:{find_free_ports(1)[0]}",
            "SIGHTLINE_STATE_DIR": str(tmp_path),
            "SIGHTLINE_UPLOAD_BYTES": str(UPLOAD_BYTES),
            "SIGHTLINE_LOG_LEVEL": "debug",
            "SIGHTLINE_S3_ENDPOINT": endpoint,
            "SIGHTLINE_S3_BUCKETS": '["films"]',
            "SIGHTLINE_S3_CREDENTIALS_FILE": str(credentials) if endpoint else "",
        }
        return start("sightline.ingest", env, tmp_path / "ingest.log")

    return run


@pytest.fixture
async def served(broker):
    """A function that serves what stands around an ingest, and gives its jobs."""
    async with connect_bus(broker.url, "test") as bus, Stages(bus).running():
        stack = []

        async def serve(ingest):
            await ingest.ready()
            stack.append(serve_squares(bus, int(ingest.env["SIGHTLINE_DETECT_TARGET"].rpartition(":")[2])))
            await stack[-1].__aenter__()
            stack.append(open_channel(ingest.target, tester()))
            return Jobs(VideoJobServiceStub(await stack[-1].__aenter__()), new_id())

        yield serve
        for each in reversed(stack):
            await each.__aexit__(None, None, None)


async def ask(jobs, url):
    """Queue a search of an object; gives the job. Raises our own errors."""
    request = pb.StartVideoJobRequest(source_url=url, watchlist_ids=[jobs.watchlist], sample_fps=5)
    try:
        return (await jobs.stub.StartVideoJob(request)).job
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error, "ingest") from error


def copies(tmp_path):
    """What lies in the folder of uploads."""
    return [path.name for path in (tmp_path / "ingest" / "uploads").iterdir()]


async def test_an_object_is_searched_as_a_file_is(moto, open_ingest, served, square_video, tmp_path):
    """It is fetched, read and deleted again; the job says how far that is, and nowhere is there a secret."""
    put(moto, "films", "2026/squares one.mp4", square_video.read_bytes())
    with open_ingest(moto) as ingest:
        jobs = await served(ingest)
        job = await jobs.ended((await ask(jobs, "s3://films/2026/squares one.mp4")).id)
        size = square_video.stat().st_size
        assert (job.state, job.name, job.progress.tracks_matched) == (
            pb.VIDEO_JOB_STATE_DONE,
            "squares one.mp4",
            TRACKS,
        )
        assert (job.progress.fetched_bytes, job.progress.fetch_bytes) == (size, size)
        [ann] = await jobs.results(job.id)
        assert ann.track_count == TRACKS
        assert copies(tmp_path) == []
        missing = await jobs.ended((await ask(jobs, "s3://films/missing.mp4")).id)
        assert (missing.state, missing.problem.reason) == (pb.VIDEO_JOB_STATE_FAILED, "S3_OBJECT_NOT_FOUND")
        put(moto, "films", "large.mp4", b"x" * (UPLOAD_BYTES + 1))
        large = await jobs.ended((await ask(jobs, "s3://films/large.mp4")).id)
        assert (large.state, large.problem.reason) == (pb.VIDEO_JOB_STATE_FAILED, "UPLOAD_TOO_LARGE")
        with pytest.raises(InvalidInput, match="SOURCE_NOT_ALLOWED"):
            await ask(jobs, "s3://others/a.mp4")
    said = ingest.log.read_text()
    assert SECRET not in said
    assert "X-Amz" not in said


async def test_a_fetch_that_is_killed_begins_anew(open_ingest, served, square_video, tmp_path):
    """The job is resumed by the next ingest, finds everybody, and its copy is gone after."""
    with ToldStore(square_video.read_bytes(), pause_s=0.3).running() as store, open_ingest(store.endpoint) as ingest:
        jobs = await served(ingest)
        job = await ask(jobs, "s3://films/a.mp4")
        fetching = await jobs.until(job.id, lambda job: job.progress.fetched_bytes > 0)
        assert fetching.progress.fetched_bytes < fetching.progress.fetch_bytes == len(store.data)
        ingest.kill()
        assert copies(tmp_path) == [f"{job.id}.part"]
        store.pause_s = 0.0
        ingest.start()
        await ingest.ready()
        job = await jobs.ended(job.id)
        assert (job.state, job.progress.resumptions, job.progress.tracks_matched) == (
            pb.VIDEO_JOB_STATE_DONE,
            1,
            TRACKS,
        )
        assert copies(tmp_path) == []


async def test_a_cancelled_fetch_ends(open_ingest, served, square_video, tmp_path):
    """Nothing of it stays on the disk, and the store is asked for no more."""
    with ToldStore(square_video.read_bytes(), pause_s=0.3).running() as store, open_ingest(store.endpoint) as ingest:
        jobs = await served(ingest)
        job = await ask(jobs, "s3://films/a.mp4")
        await jobs.until(job.id, lambda job: job.progress.fetched_bytes > 0)
        await jobs.stub.CancelVideoJob(pb.CancelVideoJobRequest(job_id=job.id))
        async with asyncio.timeout(60):
            while copies(tmp_path):
                await asyncio.sleep(0.1)
        assert len(store.asked) == 1
        assert (await jobs.get(job.id)).state == pb.VIDEO_JOB_STATE_CANCELLED


async def test_an_installation_without_a_store_says_how_to_get_one(open_ingest, served):
    """The refusal comes with the call, not with the job."""
    with open_ingest("") as ingest:
        jobs = await served(ingest)
        with pytest.raises(FailedPrecondition, match="S3_NOT_CONFIGURED"):
            await ask(jobs, "s3://films/a.mp4")
