"""From frames to face events: detection side by side, everything after it in order."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

import structlog

from sightline.chassis import tracing
from sightline.chassis.errors import ResourceExhausted, SightlineError, Unavailable
from sightline.ingest.appearances import Closing, Shot, Sight
from sightline.ingest.camera_viewing import DEFAULT_FPS
from sightline.ingest.face import Wish
from sightline.ingest.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from sightline.ingest.detect_client import FaceFinder, FoundFaces
    from sightline.ingest.frames import Frame, FrameStream
    from sightline.ingest.tally import Tally

log = structlog.get_logger()

WAITING_FRAMES = 2
"""Frames that wait for a free place in detection; of a camera the oldest of them is given up for a newer one."""
RETRY_PAUSE_S = 0.5
_OLDEST_NS = 60_000_000_000
"""A decoder that somebody has taken over does not date frames as it likes."""

T = TypeVar("T")
N = TypeVar("N")
N_co = TypeVar("N_co", covariant=True)
N_contra = TypeVar("N_contra", contravariant=True)
_Looked: TypeAlias = "tuple[Sight, FoundFaces | None]"


class Onlooker(Protocol[N_co]):
    """Sees the faces of successive frames, and makes news of them: `Appearances`, or who only notes where faces are."""

    opened: int
    """Tracks so far."""
    seen: int
    """Faces so far, frame by frame, that counted and of which the detector was sure."""

    def look(self, sight: Sight, found: FoundFaces) -> Iterable[N_co]:
        """Take in the next frame; called in a thread."""

    def end(self) -> Iterable[N_co]:
        """What is left to be told, at the end of the source."""


class NewsChannel(Protocol[N_contra]):
    """Where news goes."""

    async def send(self, news: N_contra) -> None:
        """Returns once it is safe there. Raises Unavailable or ResourceExhausted."""


@dataclass(frozen=True)
class Pace:
    """How a source is treated: a camera (`file_start_ns` None) sheds frames, a file waits.

    `file_start_ns` is what a file's event times count from, in nanoseconds since 1970; `fps` what a camera's sampling
    may be lowered from; `source` the id of either.
    """

    file_start_ns: int | None
    frames_in_flight: int
    wish: Wish = field(default_factory=Wish)
    fps: float = DEFAULT_FPS
    source: str = ""


class Pipeline(Generic[N]):
    """One reading of one source."""

    def __init__(
        self, pace: Pace, finder: FaceFinder, onlooker: Onlooker[N], channel: NewsChannel[N], tally: Tally
    ) -> None:
        self._pace = pace
        self._live = pace.file_start_ns is None
        self._finder = finder
        self._onlooker = onlooker
        self._channel = channel
        self._tally = tally
        self._throttle = Throttle(pace.fps)
        self._places = asyncio.Semaphore(pace.frames_in_flight)
        self._waiting: asyncio.Queue[Sight | None] = asyncio.Queue(WAITING_FRAMES)
        self._looking: asyncio.Queue[asyncio.Task[_Looked] | None] = asyncio.Queue()

    async def run(self, frames: FrameStream) -> None:
        """Read to the end; what came before an error of the source is finished first.

        Raises:
            InvalidInput, Unavailable: as the frames do.
        """
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(self._read(frames))
            group.create_task(self._hand_out(group))
            group.create_task(self._settle())
        for news in self._onlooker.end():
            await self._send(news)
        if error := reading.result():
            raise error

    async def _read(self, frames: FrameStream) -> SightlineError | None:
        ended: SightlineError | None = None
        try:
            async for frame in frames:
                self._tally.saw_frame(frame, frames.progress)
                behind = self._live and self._waiting.full()
                if behind and (given_up := self._waiting.get_nowait()):
                    tracing.finish(given_up.span, "FRAME_DROPPED")
                    self._tally.count("frames_dropped")
                if self._live and self._throttle.frame(dropped=behind):
                    frames.set_fps(self._throttle.fps)
                    self._tally.lower(self._throttle.lowered_fps)
                await self._waiting.put(self._sight(frame))
        except SightlineError as error:
            ended = error
        self._tally.follow(frames.progress)
        await self._waiting.put(None)
        return ended

    def _sight(self, frame: Frame) -> Sight:
        now = time.time_ns()
        decoded = min(max(frame.decoded_ns, now - _OLDEST_NS), now)
        start, source = self._pace.file_start_ns, self._pace.source
        span = tracing.begin("frame", parent=tracing.NOWHERE, start_ns=decoded, source=source, frame=frame.index)
        return Sight(frame, decoded if start is None else start + round(frame.media_time_s * 1e9), decoded, span)

    async def _hand_out(self, group: asyncio.TaskGroup) -> None:
        while True:
            await self._places.acquire()  # before a frame is taken: until then it may be given up for a newer one
            sight = await self._waiting.get()
            if sight is None:
                break
            self._looking.put_nowait(group.create_task(self._look(sight)))
        self._looking.put_nowait(None)

    async def _look(self, sight: Sight) -> _Looked:
        async def find() -> FoundFaces:
            return await self._finder.find(sight.frame.picture, self._pace.wish)

        with tracing.within(sight.span):
            try:
                return sight, await (find() if self._live else _patiently(find))
            except SightlineError as error:
                log.warning("frame_not_detected", frame=sight.frame.index, reason=error.reason, detail=error.message)
                tracing.fail(sight.span, error.reason)
                return sight, None

    async def _settle(self) -> None:
        while (looking := await self._looking.get()) is not None:
            sight, found = await looking
            if found is None:
                self._tally.count("frames_failed")
            else:
                with tracing.within(sight.span):
                    await self._take_in(sight, found)
            sight.span.end()
            self._places.release()

    async def _take_in(self, sight: Sight, found: FoundFaces) -> None:
        opened, seen = self._onlooker.opened, self._onlooker.seen
        news = await asyncio.to_thread(self._onlooker.look, sight, found)
        tracing.note(sight.span, faces=self._onlooker.seen - seen)
        self._tally.count("frames_detected")
        self._tally.count("faces", self._onlooker.seen - seen)
        self._tally.count("tracks", self._onlooker.opened - opened)
        for each in news:
            await self._send(each)

    async def _send(self, news: N) -> None:
        # A shot that was kept back is of an earlier frame.
        with tracing.within(news.span if isinstance(news, Shot) else tracing.current()):
            await self._send_within(news)

    async def _send_within(self, news: N) -> None:
        try:
            await (self._channel.send(news) if self._live else _patiently(lambda: self._channel.send(news)))
        except (Unavailable, ResourceExhausted) as error:
            track = news.track_id if isinstance(news, Shot | Closing) else ""
            log.warning("news_dropped", track=track, reason=error.reason)
            self._tally.count("shots_dropped", int(isinstance(news, Shot)))
        else:
            if isinstance(news, Shot):
                self._tally.sent_shot(news.frame_ns)


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Call until it is not merely unavailable or full: a file loses nothing while a service is away."""
    while True:
        try:
            return await call()
        except (Unavailable, ResourceExhausted) as error:
            log.info("waiting", reason=error.reason)
            await asyncio.sleep(RETRY_PAUSE_S)
