"""Jobs of a real ingest on a real broker, with stand-ins for the stages around it."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from broker import run_nats_server
from free_ports import find_free_ports
from job_stages import Stages
from processes import start
from secrets_for_tests import tester
from squares import HEIGHT, RATE, WALKS, WIDTH, serve_squares, squares, write_frames, write_video
from video_system import Jobs, prepare_broker

from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.chassis.ids import new_id
from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.ingest.jobs import open_jobs
from sightline.v1 import video_job_service_pb2 as pb
from sightline.v1.video_job_service_pb2_grpc import VideoJobServiceStub

UPLOAD_BYTES = 100_000
TRACKS = 3
FRAMES = 35
"""Of the video of squares, at five frames a second."""
LONG = 140
"""Frames of two of them."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """A provisioned broker that knows the tester."""
    with run_nats_server(tmp_path_factory.mktemp("nats")) as server:
        asyncio.run(prepare_broker(server.url))
        yield server


@pytest.fixture(scope="module")
def ingest(tmp_path_factory, broker, square_video):
    """A running ingest; its detect comes with each test."""
    folder = tmp_path_factory.mktemp("ingest")
    env = {
        "SIGHTLINE_NATS_URL": broker.url,
        "SIGHTLINE_DETECT_TARGET": f"127.0.0.1:{find_free_ports(1)[0]}",
        "SIGHTLINE_VIDEO_ROOTS": f'["{square_video.parent}"]',
        "SIGHTLINE_CAMERA_NETWORKS": '["127.0.0.0/8"]',
        "SIGHTLINE_STATE_DIR": str(folder),
        "SIGHTLINE_UPLOAD_BYTES": str(UPLOAD_BYTES),
    }
    with start("sightline.ingest", env, folder / "ingest.log") as service:
        service.wait_serving()
        yield service


@pytest.fixture
async def bus(broker):
    """A connection to the broker."""
    async with connect_bus(broker.url, "test") as connection:
        yield connection


@pytest.fixture
async def detect(bus, ingest):
    """What ingest takes for detect."""
    async with serve_squares(bus, int(ingest.env["SIGHTLINE_DETECT_TARGET"].rpartition(":")[2])) as running:
        yield running


@pytest.fixture
async def stages(bus):
    """What stands behind ingest."""
    async with Stages(bus).running() as running:
        yield running


@pytest.fixture
async def jobs(ingest, detect):
    """The jobs of that ingest."""
    async with open_channel(ingest.target, tester()) as channel:
        yield Jobs(VideoJobServiceStub(channel), new_id())


async def raised(call):
    """The answer, or our own error."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error, "ingest") from error


async def until_announced(bus, job_id):
    """The states that were published, once the job is done in them, too."""
    states = []
    async with asyncio.timeout(60):
        while "done" not in states:
            await asyncio.sleep(0.1)
            info = await bus.js.stream_info("EVENTS", subjects_filter=f"sightline.events.job.*.{job_id}")
            states = [subject.split(".")[3] for subject in info.state.subjects or {}]
    order = ("queued", "running", "done")
    return sorted(states, key=order.index)


async def sightings_of(bus, job_id):
    """How many lie in the stream."""
    info = await bus.js.stream_info("SIGHTINGS", subjects_filter=f"sightline.sightings.*.{job_id}")
    return sum((info.state.subjects or {}).values())


async def test_a_job_says_who_was_there_until_it_is_deleted(bus, jobs, stages, square_video):
    """All is counted; spans are in media time; every track has its picture; deleted, it is gone with its sightings."""
    job_id = await jobs.start(square_video, sample_fps=5, purpose="test", case_reference="C-1")
    job = await jobs.ended(job_id)
    assert (job.state, job.name, job.case_reference) == (pb.VIDEO_JOB_STATE_DONE, "squares.mp4", "C-1")
    progress = job.progress
    assert (progress.frames, progress.faces, progress.tracks, progress.tracks_matched) == (FRAMES, 25, TRACKS, TRACKS)
    assert progress.checkpoint_media_seconds == progress.media_seconds == pytest.approx(6.8)
    [ann] = await jobs.results(job_id, thumbnails=pb.VIDEO_THUMBNAILS_TRACKS)
    assert ann.track_count == TRACKS
    spans = [(span.first_media_seconds, span.last_media_seconds, len(span.tracks)) for span in ann.spans]
    assert spans == [(pytest.approx(0.6), pytest.approx(2.4), 2), (pytest.approx(4.6), pytest.approx(5.8), 1)]
    assert all(track.thumbnail.startswith(b"\xff\xd8") for span in ann.spans for track in span.tracks)
    listed = await jobs.stub.ListVideoJobs(pb.ListVideoJobsRequest(state=pb.VIDEO_JOB_STATE_DONE))
    assert job_id in [each.id for each in listed.jobs]
    assert await sightings_of(bus, job_id) == TRACKS
    assert await until_announced(bus, job_id) == ["queued", "running", "done"]
    await jobs.stub.DeleteVideoJob(pb.DeleteVideoJobRequest(job_id=job_id, purpose="test"))
    assert await sightings_of(bus, job_id) == 0
    with pytest.raises(NotFound, match="JOB_NOT_FOUND"):
        await raised(jobs.stub.GetVideoJobResults(pb.GetVideoJobResultsRequest(job_id=job_id)))
    # What is left says to match that it is gone, and nothing about the video.
    [mark] = [each.record for each in await (await open_jobs(bus)).deleted() if each.job.id == job_id]
    assert mark.HasField("delete_time")
    assert (mark.job.name, mark.job.source_url, mark.job.case_reference) == ("", "", "")
    assert job_id not in [each.id for each in (await jobs.stub.ListVideoJobs(pb.ListVideoJobsRequest())).jobs]


async def test_a_detection_says_where_faces_are_and_keeps_nothing_else(bus, jobs, square_video):
    """No stage behind ingest is needed: no face goes there. Every sampled face comes, in pages, until it is deleted."""
    before = (await bus.js.stream_info("FACES_JOB")).state.last_seq
    job_id = await jobs.detect(square_video, sample_fps=5, purpose="test")
    job = await jobs.ended(job_id)
    assert (job.state, job.kind) == (pb.VIDEO_JOB_STATE_DONE, pb.VIDEO_JOB_KIND_DETECTION)
    assert (job.progress.frames, job.progress.faces, job.progress.tracks) == (FRAMES, 25, 0)
    assert job.progress.checkpoint_media_seconds == job.progress.media_seconds == pytest.approx(6.8)
    video = {"codec": "mpeg4", "format": "QuickTime / MOV", "frame_rate": RATE, "width": WIDTH, "height": HEIGHT}
    assert job.progress.video == pb.VideoProperties(**video, color_range=pb.COLOR_RANGE_LIMITED)
    faces = await jobs.faces(job_id, page_size=10)
    assert len(faces) == 25
    moments = [each.media_seconds for each in faces]
    assert moments == sorted(moments)
    assert (moments[0], moments[-1]) == (pytest.approx(0.6), pytest.approx(5.8))
    first = faces[0].face
    assert first.bounding_box.width == pytest.approx(48 / 320, abs=0.02)
    assert first.landmarks.left_eye.x < first.landmarks.right_eye.x
    assert first.quality.overall > 0
    assert await jobs.results(job_id) == []
    assert (await bus.js.stream_info("FACES_JOB")).state.last_seq == before
    await jobs.stub.DeleteVideoJob(pb.DeleteVideoJobRequest(job_id=job_id, purpose="test"))
    info = await bus.js.stream_info("DETECTIONS", subjects_filter=f"sightline.detections.{job_id}.>")
    assert not info.state.subjects


async def test_a_killed_detection_goes_on_where_it_was(bus, ingest, detect, jobs, square_video):
    """Ingest dies over it: the rest is looked at, no face is missing or there twice, and the video is still known."""
    moments = [number / RATE for number in range(LONG)]
    shown = [at for at in moments for start, end, _ in WALKS if start <= at % 7 < end]
    video = write_frames(square_video.with_name("long.mp4"), [squares(at % 7) for at in moments])
    detect.delay, book = 0.05, await open_jobs(bus)
    job_id = await jobs.detect(video, sample_fps=RATE)
    async with asyncio.timeout(60):
        while not (await book.get(job_id)).record.checkpoint.frames:
            await asyncio.sleep(0.05)
    asked = len(detect.calls)
    ingest.kill()
    detect.delay = 0.0
    ingest.start()
    await ingest.ready()
    job = await jobs.ended(job_id)
    progress = job.progress
    assert (job.state, progress.frames, progress.faces) == (pb.VIDEO_JOB_STATE_DONE, LONG, len(shown))
    assert progress.resumptions > 0
    assert 0 < len(detect.calls) - asked < LONG, "it does not begin anew"
    assert [each.media_seconds for each in await jobs.faces(job_id, page_size=50)] == pytest.approx(shown)
    assert (progress.media_duration_seconds, progress.video.codec) == (pytest.approx(LONG / RATE), "mpeg4")


async def test_a_job_waits_for_match(jobs, stages, square_video):
    """While nothing is matched a job that was read to its end goes on waiting; then nothing is missing."""
    stages.open.clear()
    job_id = await jobs.start(square_video, sample_fps=5)
    await jobs.until(job_id, lambda job: job.progress.tracks == TRACKS)
    await asyncio.sleep(1.5)
    job = await jobs.get(job_id)
    assert (job.state, job.progress.tracks_matched) == (pb.VIDEO_JOB_STATE_RUNNING, 0)
    stages.open.set()
    job = await jobs.ended(job_id)
    assert (job.state, job.progress.tracks_matched) == (pb.VIDEO_JOB_STATE_DONE, TRACKS)
    assert [event.attempt for event in stages.closed] == [1] * TRACKS


async def test_what_is_lost_on_its_way_is_sent_again(jobs, stages, square_video):
    """Two tracks that no stage answers for are sent a second time; each counts once in the results."""
    stages.losing = 2
    job_id = await jobs.start(square_video, sample_fps=5)
    job = await jobs.ended(job_id)
    assert (job.state, job.progress.tracks_matched) == (pb.VIDEO_JOB_STATE_DONE, TRACKS)
    assert sorted(event.attempt for event in stages.closed) == [1] * TRACKS + [2] * 2
    [ann] = await jobs.results(job_id)
    assert ann.track_count == TRACKS


async def test_jobs_side_by_side_get_the_same_and_others_wait(jobs, stages, detect, square_video):
    """Of three jobs two run, equally far; the third begins when one of them has ended."""
    detect.delay = 0.3
    first, second, third = [await jobs.start(square_video, sample_fps=5) for _ in range(3)]
    pair = (first, second)
    begun = [(await jobs.until(job_id, lambda job: job.progress.frames > 0)).progress.frames for job_id in pair]
    await jobs.until(first, lambda job: job.progress.frames >= begun[0] + 8)
    came = [(await jobs.get(job_id)).progress.frames for job_id in pair]
    gained, other = [now - before for now, before in zip(came, begun, strict=True)]
    assert abs(gained - other) <= 5
    assert (await jobs.get(third)).state == pb.VIDEO_JOB_STATE_QUEUED
    detect.delay = 0.0
    assert [(await jobs.ended(job_id)).state for job_id in (first, second, third)] == [pb.VIDEO_JOB_STATE_DONE] * 3


async def test_a_cancelled_job_stops_and_keeps_what_it_found(jobs, stages, detect, square_video):
    """Detection ends within a round; the job stays cancelled, and cancelling it again changes nothing."""
    detect.delay = 0.3
    job_id = await jobs.start(square_video, sample_fps=5)
    await jobs.until(job_id, lambda job: job.progress.frames > 2)
    cancelled = (await jobs.stub.CancelVideoJob(pb.CancelVideoJobRequest(job_id=job_id))).job
    assert cancelled.state == pb.VIDEO_JOB_STATE_CANCELLED
    await detect.quiet()
    again = (await jobs.stub.CancelVideoJob(pb.CancelVideoJobRequest(job_id=job_id))).job
    assert again == await jobs.get(job_id)
    assert again.end_time == cancelled.end_time
    assert again.progress.frames < FRAMES
    assert await jobs.results(job_id) == []


async def test_a_damaged_video_fails_with_what_it_had(jobs, stages, square_video):
    """What is seen before the damage is found all the same; the job says what is wrong."""
    cut = write_video(square_video.with_name("cut.avi"))
    whole = cut.read_bytes()
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    job_id = await jobs.start(cut, sample_fps=5)
    job = await jobs.ended(job_id)
    assert (job.state, job.problem.reason) == (pb.VIDEO_JOB_STATE_FAILED, "VIDEO_UNREADABLE")
    [ann] = await jobs.results(job_id)
    assert ann.track_count == job.progress.tracks_matched >= 2


async def test_an_uploaded_video_is_searched_and_deleted(jobs, stages, square_video):
    """It is good for one job, and gone from the disk when that has ended."""
    data = square_video.read_bytes()
    pieces = [pb.UploadVideoRequest(chunk=data[place : place + 5000]) for place in range(0, len(data), 5000)]
    upload = await jobs.stub.UploadVideo(iter(pieces))
    assert upload.size_bytes == len(data)
    request = pb.StartVideoJobRequest(upload_id=upload.upload_id, watchlist_ids=[jobs.watchlist], sample_fps=5)
    job_id = (await jobs.stub.StartVideoJob(request)).job.id
    with pytest.raises(FailedPrecondition, match="UPLOAD_USED"):
        await raised(jobs.stub.StartVideoJob(request))
    job = await jobs.ended(job_id)
    assert (job.state, job.progress.tracks) == (pb.VIDEO_JOB_STATE_DONE, TRACKS)
    with pytest.raises(NotFound, match="UPLOAD_NOT_FOUND"):
        await raised(jobs.stub.StartVideoJob(request))


async def test_of_an_uploaded_video_that_is_none_no_place_on_the_server_is_told(jobs):
    """Who sent it knows which one it is."""
    upload = await jobs.stub.UploadVideo(iter([pb.UploadVideoRequest(chunk=b"no video")]))
    request = pb.StartVideoJobRequest(upload_id=upload.upload_id, watchlist_ids=[jobs.watchlist])
    job = await jobs.ended((await jobs.stub.StartVideoJob(request)).job.id)
    assert job.problem.reason == "VIDEO_UNREADABLE"
    assert job.problem.message.startswith("the video that was sent: ")


async def test_what_is_too_large_or_no_stored_video_is_refused(ingest, jobs, tmp_path):
    """An upload is cut off at the limit, and nothing of it stays; a job reads files in the video folders alone."""
    pieces = [pb.UploadVideoRequest(chunk=b"x" * (UPLOAD_BYTES // 3)) for _ in range(4)]
    with pytest.raises(InvalidInput, match="UPLOAD_TOO_LARGE"):
        await raised(jobs.stub.UploadVideo(iter(pieces)))
    assert [path.name for path in (ingest.log.parent / "ingest" / "uploads").iterdir()] == []
    for url, reason in (((tmp_path / "x.mp4").as_uri(), "SOURCE_NOT_ALLOWED"), ("rtsp://127.0.0.1/", "JOB_NO_FILE")):
        request = pb.StartVideoJobRequest(source_url=url, watchlist_ids=[jobs.watchlist])
        with pytest.raises(InvalidInput, match=reason):
            await raised(jobs.stub.StartVideoJob(request))
