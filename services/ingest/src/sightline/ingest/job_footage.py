"""A job's video: in a folder, among the uploads, or in an object store, from which it is fetched; and how far it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.chassis.object_store import SCHEME
from sightline.ingest.camera_viewing import DEFAULT_FPS
from sightline.ingest.fetching import Fetched
from sightline.ingest.source import SourceRules, admit
from sightline.ingest.video_facts import FULL, LIMITED, VideoFacts
from sightline.ingest.viewing import Viewing
from sightline.v1 import records_pb2
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.ingest.fetching import Fetcher
    from sightline.ingest.frames import FrameStream
    from sightline.ingest.source import Source
    from sightline.ingest.uploads import Uploads
    from sightline.v1 import camera_service_pb2

_COLOR_RANGES = {LIMITED: pb.COLOR_RANGE_LIMITED, FULL: pb.COLOR_RANGE_FULL}


class JobFootage:
    """The video of one job."""

    def __init__(
        self, record: records_pb2.VideoJobRecord, rules: SourceRules, uploads: Uploads, fetcher: Fetcher
    ) -> None:
        self._job = record.job
        self._start = record.checkpoint
        self._rules = rules
        self._uploads = uploads
        self._fetcher = fetcher
        # What was begun with one version of an object goes on with no other.
        self.fetched = Fetched(record.checkpoint.object_etag)
        """How far its copy is, where it is fetched."""
        self._frames: FrameStream | None = None

    async def admit(self) -> Source:
        """What the decoder opens, once it is here.

        Raises:
            NotFound: UPLOAD_NOT_FOUND.
            SightlineError: as `source.admit` and `Fetcher.fetch`.
        """
        if self._job.upload_id:
            return await _admit_own(self._uploads.find(self._job.upload_id), "the video that was sent")
        if self._job.source_url.startswith(SCHEME):
            copy = await self._fetcher.fetch(self._job.id, self._job.source_url, self.fetched)
            return await _admit_own(copy, self._job.source_url)
        return await admit(self._job.source_url, self._rules)

    @property
    def viewing(self) -> Viewing:
        """How it is looked at: from the checkpoint on."""
        start = self._start
        origin = start.origin_seconds if start.HasField("origin_seconds") else None
        fps = self._job.sample_fps or DEFAULT_FPS
        return Viewing(fps, first=start.frames, first_s=start.media_seconds, origin_s=origin)

    def watch(self, frames: FrameStream) -> None:
        """From now on `progress` says what that decoder says of the video."""
        self._frames = frames

    def checkpoint(self, reached: records_pb2.VideoJobCheckpoint) -> records_pb2.VideoJobCheckpoint:
        """That place in this version of the video."""
        checkpoint = records_pb2.VideoJobCheckpoint(object_etag=self.fetched.etag)
        checkpoint.MergeFrom(reached)
        return checkpoint

    def progress(self, status: camera_service_pb2.CameraStatus) -> pb.VideoJobProgress:
        """How far reading and fetching are, as a tally has it."""
        known = self._job.progress
        return pb.VideoJobProgress(
            media_seconds=max(status.media_seconds, self._start.media_seconds),
            media_duration_seconds=status.media_duration_seconds or known.media_duration_seconds,
            fetched_bytes=self.fetched.bytes,
            fetch_bytes=self.fetched.size,
            video=self._video(status) or (known.video if known.HasField("video") else None),
        )

    def _video(self, status: camera_service_pb2.CameraStatus) -> pb.VideoProperties | None:
        """What it is; None before its first frame, and of a folder of pictures."""
        facts = self._frames.facts if self._frames else VideoFacts()
        if not (facts.codec and status.width):
            return None
        return pb.VideoProperties(
            codec=facts.codec,
            format=facts.format,
            frame_rate=facts.fps,
            width=status.width,
            height=status.height,
            color_range=_COLOR_RANGES.get(facts.color_range, pb.COLOR_RANGE_UNSPECIFIED),
        )


async def _admit_own(path: Path, shown: str) -> Source:
    """Where its copy lies here tells nobody anything."""
    return replace(await admit(path.as_uri(), SourceRules(video_roots=(path.parent,))), shown=shown)
