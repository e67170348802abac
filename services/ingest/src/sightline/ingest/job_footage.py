"""Where a job's video is: in a folder, among the uploads, or in an object store, from which it is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.object_store import SCHEME
from sightline.ingest.fetching import Fetched
from sightline.ingest.source import SourceRules, admit

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.ingest.fetching import Fetcher
    from sightline.ingest.source import Source
    from sightline.ingest.uploads import Uploads
    from sightline.v1 import records_pb2


class JobFootage:
    """The video of one job."""

    def __init__(
        self, record: records_pb2.VideoJobRecord, rules: SourceRules, uploads: Uploads, fetcher: Fetcher
    ) -> None:
        self._job = record.job
        self._rules = rules
        self._uploads = uploads
        self._fetcher = fetcher
        # What was begun with one version of an object goes on with no other.
        self.fetched = Fetched(record.checkpoint.object_etag)
        """How far its copy is, where it is fetched."""

    async def admit(self) -> Source:
        """What the decoder opens, once it is here.

        Raises:
            NotFound: UPLOAD_NOT_FOUND.
            SightlineError: as `source.admit` and `Fetcher.fetch`.
        """
        if self._job.upload_id:
            return await _admit_own(self._uploads.find(self._job.upload_id))
        if self._job.source_url.startswith(SCHEME):
            return await _admit_own(await self._fetcher.fetch(self._job.id, self._job.source_url, self.fetched))
        return await admit(self._job.source_url, self._rules)


async def _admit_own(path: Path) -> Source:
    return await admit(path.as_uri(), SourceRules(video_roots=(path.parent,)))
