"""What is said of a stored video, as Rekognition says it."""

import pytest

from sightline.gateway.rekognition.video_results import status_of
from sightline.v1 import video_job_service_pb2 as pb


def job_of(**progress):
    """A job that is done."""
    return pb.VideoJob(id="j", state=pb.VIDEO_JOB_STATE_DONE, progress=pb.VideoJobProgress(**progress))


def test_a_video_is_told_with_what_is_known_of_it():
    """What nobody knows is left out, and where that is all, so is the whole: no empty words, and no zeros."""
    assert "VideoMetadata" not in status_of(job_of(media_seconds=3))
    bare = job_of(video=pb.VideoProperties(codec="h264", format="raw H.264 video", width=640, height=480))
    assert status_of(bare)["VideoMetadata"] == {
        "Codec": "h264",
        "Format": "raw H.264 video",
        "FrameWidth": 640,
        "FrameHeight": 480,
    }
    for word in ("FULL", "LIMITED"):
        whole = job_of(media_duration_seconds=67.3014)
        whole.progress.video.frame_rate = 30000 / 1001
        whole.progress.video.color_range = pb.ColorRange.Value(f"COLOR_RANGE_{word}")
        said = status_of(whole)["VideoMetadata"]
        assert said == {"DurationMillis": 67301, "FrameRate": pytest.approx(29.97, abs=0.01), "ColorRange": word}


def test_a_state_of_a_newer_release_is_waited_for_until_it_has_ended():
    """Rekognition has three words: its clients ask again until there is an end, and what it was is not known here."""
    job = pb.VideoJob(id="j", state=77)
    assert status_of(job)["JobStatus"] == "IN_PROGRESS"
    job.end_time.GetCurrentTime()
    assert status_of(job)["JobStatus"] == "FAILED"
