"""Detection side by side, everything after it in order."""

import asyncio

import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from recorded_spans import recorded_spans

from sightline.chassis import tracing
from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.ingest.appearances import Appearances, Closing, Shot
from sightline.ingest.detect_client import FoundFaces
from sightline.ingest.evidence import EvidenceStore
from sightline.ingest.frame_record import Progress
from sightline.ingest.frames import Frame
from sightline.ingest.ingest_metrics import IngestMetrics
from sightline.ingest.pipeline import Pace, Pipeline
from sightline.ingest.tally import Tally
from sightline.ingest.tracker import FaceTracker

START_NS = 1_700_000_000_000_000_000


class FakeFrames:
    """So many frames, and perhaps an error at the end."""

    def __init__(self, count, pause_s=0.0, error=None) -> None:
        self.count, self.pause_s, self.error = count, pause_s, error
        self.given = 0
        self.progress = Progress()
        self.rates = []

    def set_fps(self, fps):
        self.rates.append(fps)

    async def __aiter__(self):
        for index in range(self.count):
            await asyncio.sleep(self.pause_s)
            self.given += 1
            self.progress = Progress(frames_read=10 * self.given, frames_still=self.given // 2)
            yield Frame(index, index / 3, np.full((90, 160, 3), index, np.uint8))
        if self.error:
            raise self.error


class FakeFinder:
    """Finds one face, later frames sooner than earlier ones; knows how many calls it had at once."""

    def __init__(self, face, seconds) -> None:
        self.face, self.seconds = face, seconds
        self.now = self.most = 0
        self.failures = []

    async def find(self, picture, wish):
        _ = wish
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.seconds(int(picture[0, 0, 0])))
        self.now -= 1
        if self.failures:
            raise self.failures.pop()
        return FoundFaces((self.face,), "fake")


class Heard:
    """A NewsChannel that remembers."""

    def __init__(self) -> None:
        self.news = []
        self.traces = []
        self.failures = []

    async def send(self, news):
        if self.failures:
            raise self.failures.pop()
        self.news.append(news)
        self.traces.append(tracing.trace_id())


class Run:
    """A pipeline with fakes around it."""

    def __init__(self, face, *, live=False, seconds=lambda _: 0.0, in_flight=4) -> None:
        self.finder, self.heard = FakeFinder(face, seconds), Heard()
        tracker = FaceTracker()
        self.times = []
        update = tracker.update
        tracker.update = lambda time, *seen: (self.times.append(time), update(time, *seen))[1]
        self.tally = Tally(IngestMetrics(CollectorRegistry()), START_NS)
        self.pipeline = Pipeline(
            Pace(None if live else START_NS, in_flight),
            self.finder,
            Appearances(tracker, EvidenceStore()),
            self.heard,
            self.tally,
        )


async def test_results_are_put_back_in_order(seen_face):
    """Four frames are in detection at once and overtake each other; the tracker sees them in order, all of them."""
    run = Run(seen_face(80, 45, 40), seconds=lambda index: 0.03 - 0.01 * (index % 4))
    await run.pipeline.run(FakeFrames(24))
    assert run.times == [index / 3 for index in range(24)]
    assert run.finder.most == 4
    assert run.tally.status.frames_detected == 24


async def test_a_file_waits_for_detection(seen_face):
    """However slow detection is, a file loses nothing and reads only a few frames ahead."""
    run, frames = Run(seen_face(80, 45, 40), seconds=lambda _: 0.02, in_flight=1), FakeFrames(20)
    task = asyncio.create_task(run.pipeline.run(frames))
    await asyncio.sleep(0.1)
    assert frames.given < 12
    await task
    assert (run.tally.status.frames_detected, run.tally.status.frames_dropped) == (20, 0)


async def test_a_camera_sheds_its_oldest_frames(seen_face):
    """A camera that is faster than detection loses waiting frames, which are counted; the newest are looked at."""
    run = Run(seen_face(80, 45, 40), live=True, seconds=lambda _: 0.3, in_flight=1)
    await run.pipeline.run(FakeFrames(40, pause_s=0.005))
    status = run.tally.status
    assert status.frames_dropped > 20
    assert status.frames_detected + status.frames_dropped == 40
    assert (status.frames_sampled, status.frames_still, status.frames_read) == (60, 20, 400)
    assert run.times[-1] == 39 / 3


async def test_what_came_before_an_error_is_finished(seen_face):
    """The frames before the damage are tracked, the track is closed, and then the error comes."""
    run = Run(seen_face(80, 45, 40), seconds=lambda _: 0.01)
    with pytest.raises(InvalidInput, match="VIDEO_UNREADABLE"):
        await run.pipeline.run(FakeFrames(6, error=InvalidInput("VIDEO_UNREADABLE", "garbage; mend it")))
    shot, closing = run.heard.news
    assert isinstance(shot, Shot)
    assert isinstance(closing, Closing)
    assert (closing.detections, closing.shots) == (6, 1)
    assert closing.last_ns - closing.first_ns == round(5 / 3 * 1e9)
    assert shot.event_ns == START_NS


async def test_a_file_tries_again_where_a_camera_gives_up(seen_face):
    """Detection or broker being away for a moment costs a camera a frame or shot, and a file nothing."""
    for live, lost in ((False, 0), (True, 1)):
        run = Run(seen_face(80, 45, 40), live=live)
        run.finder.failures = [Unavailable("DETECT_UNAVAILABLE", "away")]
        run.heard.failures = [Unavailable("BROKER_UNAVAILABLE", "away")]
        await run.pipeline.run(FakeFrames(3))
        status = run.tally.status
        assert (status.frames_failed, status.shots_dropped, status.shots) == (lost, lost, 1 - lost)


async def test_a_picture_that_cannot_be_looked_at_is_passed_over(seen_face):
    """One bad frame does not end the reading."""
    run = Run(seen_face(80, 45, 40))
    run.finder.failures = [InvalidInput("IMAGE_UNREADABLE", "bad")]
    await run.pipeline.run(FakeFrames(3))
    assert (run.tally.status.frames_detected, run.tally.status.frames_failed) == (2, 1)


async def test_a_face_in_bad_light_is_sent_in_the_end(seen_face):
    """A track without a good view gives its best one when it closes, before the closing."""
    run = Run(seen_face(80, 45, 40, quality=0.1))
    await run.pipeline.run(FakeFrames(3))
    assert [type(news) for news in run.heard.news] == [Shot, Closing]
    assert run.heard.news[1].shots == 1


async def test_each_frame_is_a_trace_and_what_is_seen_in_it_goes_on_in_it(seen_face):
    """Also a view that was kept back until the track closed; a frame that was not looked at says why."""
    run = Run(seen_face(80, 45, 40, quality=0.1))
    run.finder.failures = [InvalidInput("IMAGE_UNREADABLE", "bad")]
    with recorded_spans() as spans:
        await run.pipeline.run(FakeFrames(3))
    assert [span.name for span in spans()] == ["frame"] * 3
    assert len({span.context.trace_id for span in spans()}) == 3
    assert {span.attributes.get("error.type") for span in spans()} == {None, "IMAGE_UNREADABLE"}
    frame = round((run.heard.news[0].event_ns - START_NS) * 3 / 1e9)
    [seen] = [span for span in spans() if span.attributes["sightline.frame"] == frame]
    assert run.heard.traces == [f"{seen.context.trace_id:032x}", ""]
    assert seen.attributes["sightline.faces"] == 1
