"""What the demonstration plays."""

from itertools import pairwise

import av
import cv2
import numpy as np
import pytest

from sightline.cli.demo.camera_clip import write_camera_clip
from sightline.cli.demo.people import load_people
from sightline.cli.demo.scene import Scene
from sightline.cli.demo.video import make_demo_media
from sightline.cli.demo.walks import DURATION_S, ENROLLED, WALKS


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    return make_demo_media(tmp_path_factory.mktemp("media"))


def test_the_video_is_small_and_under_a_minute(media):
    """At most 640 x 480 and under a minute: two cores get through it in the time that the demo has."""
    with av.open(str(media.video)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (640, 480)
        assert sum(1 for _ in container.decode(stream)) / float(stream.average_rate) == DURATION_S < 60


def test_the_enrolled_person_comes_three_times(media):
    """Three appearances, each some seconds long, more than ten seconds apart."""
    assert len(media.appearances) == 3
    assert all(end - start > 3 for start, end in media.appearances)
    assert all(later[0] - earlier[1] > 10 for earlier, later in pairwise(media.appearances))


def test_at_least_five_others_come_and_sometimes_nobody(media):
    """Five others walk by, some at the same time, and there are moments without anybody."""
    assert media.people[0] == ENROLLED
    assert {walk.person for walk in WALKS} == set(media.people)
    assert len(media.people) >= 6
    crowd = [sum(walk.at(second) is not None for walk in WALKS) for second in np.arange(0, DURATION_S, 0.25)]
    assert min(crowd) == 0
    assert max(crowd) >= 2


def test_the_photo_is_not_taken_from_the_video(media):
    """Scaled to the video, the photo still differs from every place in the frame: tilt, light, JPEG."""
    face = cv2.imread(str(media.photo))[110:220, 150:250]
    frame = Scene(load_people()).draw(sum(media.appearances[0]) / 2)[:, :, ::-1]
    small = cv2.resize(face, None, fx=0.8 / 1.35, fy=0.8 / 1.35, interpolation=cv2.INTER_AREA)
    differences = cv2.matchTemplate(frame, small, cv2.TM_SQDIFF) / small.size
    assert np.sqrt(differences.min()) > 10  # of 255 levels, root mean square at the best place


def test_a_camera_gets_the_video_as_cameras_send_it(tmp_path):
    """Each picture has its delimiter, none comes out of order, and there is a key picture every second."""
    with av.open(str(tmp_path / "video.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height = 96, 64
        for number in range(25):
            picture = np.full((64, 96, 3), 10 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    clip = tmp_path / "video.h264"
    write_camera_clip(tmp_path / "video.mp4", clip, 10)
    assert clip.read_bytes().count(b"\x00\x00\x00\x01\x09") == 25
    with av.open(str(clip)) as container:
        kinds = [av.video.frame.PictureType(frame.pict_type).name for frame in container.decode(video=0)]
    assert [number for number, kind in enumerate(kinds) if kind == "I"] == [0, 10, 20]
    assert len(kinds) == 25
    assert "B" not in kinds


def test_it_is_drawn_the_same_each_time(media, tmp_path):
    """The same machine draws the same photo and the same frames: a failure can be repeated."""
    people = load_people()
    assert all((Scene(people).draw(t) == Scene(people).draw(t)).all() for t in (0.0, 5.0, 24.5))
    again = make_demo_media(tmp_path)
    assert again.photo.read_bytes() == media.photo.read_bytes()
    assert again.video.read_bytes() == media.video.read_bytes()
