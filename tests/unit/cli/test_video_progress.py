"""The line that says how far a search is."""

from sightline.cli.video.progress import shown
from sightline.v1 import video_job_service_pb2 as pb


def test_a_search_waits_is_fetched_and_is_read():
    """A video that lies elsewhere is on its way first, in megabytes; then it counts in seconds of video."""
    job = pb.VideoJob(state=pb.VIDEO_JOB_STATE_QUEUED)
    assert shown(job)["description"] == "waiting for room"
    job.state = pb.VIDEO_JOB_STATE_RUNNING
    job.progress.fetched_bytes, job.progress.fetch_bytes = 30_000_000, 120_000_000
    fetching = shown(job)
    assert (fetching["description"], fetching["at"]) == ("fetching", "30 of 120 MB")
    assert (fetching["completed"], fetching["total"]) == (30_000_000, 120_000_000)
    job.progress.fetched_bytes = 120_000_000
    job.progress.media_seconds, job.progress.media_duration_seconds = 5, 60
    searching = shown(job)
    assert (searching["description"], searching["completed"], searching["total"]) == ("searching", 5, 60)
    assert searching["at"].endswith("0 appearances")


def test_a_detection_counts_faces():
    """It has no appearances, and nobody is searched for."""
    job = pb.VideoJob(state=pb.VIDEO_JOB_STATE_RUNNING, kind=pb.VIDEO_JOB_KIND_DETECTION)
    job.progress.faces = 7
    line = shown(job)
    assert (line["description"], line["at"]) == ("detecting", "0:00 of video, 0 frames, 7 faces")
