"""What is said of a stored video, as Rekognition says it."""

import pytest

from sightline.chassis.ids import new_id
from sightline.gateway.rekognition.matched_faces import MatchedFaces
from sightline.gateway.rekognition.video_results import person_matches, status_of
from sightline.v1 import events_pb2
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


def person_of(name, track_id, best_s, similarity=90.0):
    """Somebody who is shown in one track, best at one moment."""
    track = pb.VideoTrack(track_id=track_id, first_media_seconds=1, best_media_seconds=best_s, similarity=similarity)
    who = events_pb2.Candidate(person_id=name, face_id=new_id(), similarity=similarity)
    return pb.VideoPerson(person=who, spans=[pb.VideoSpan(tracks=[track])])


def test_two_people_in_one_track_are_two_persons():
    """Each at the moment of their own best view; whom one view resembles in two watchlists is one person."""
    persons = [person_of("ann", "t", 2.0), person_of("ben", "t", 5.0), person_of("cat", "t", 5.0, 80.0)]
    matches = person_matches(persons, MatchedFaces({}), "TIMESTAMP")
    assert [(match["Timestamp"], match["Person"]["Index"]) for match in matches] == [(2000, 0), (5000, 1)]
    assert [[round(face["Similarity"]) for face in match["FaceMatches"]] for match in matches] == [[90], [90, 80]]
