"""Videos as pictures of tracks."""

import numpy as np
import pytest
from clips import write_clip

from sightline.chassis.errors import InvalidInput
from sightline.chassis.picture import decode_picture
from sightline.cli.clips import frames_for_videos
from sightline.cli.datasets import read_dataset

FPS = 10


@pytest.fixture
def clip(tmp_path):
    """Three seconds that grow brighter, a little with each frame."""
    pictures = (np.full((64, 96, 3), 20 + 7 * number, np.uint8) for number in range(3 * FPS))
    return write_clip(tmp_path / "walk.mp4", pictures, FPS)


def brightness(picture):
    """Which frame it was, by its light."""
    return round((decode_picture(picture.path.read_bytes()).mean() - 20) / 7)


def expanded(path, fps=3.0):
    """What there is while the block runs: person, track and number of each frame; and the folder afterwards."""
    with frames_for_videos(read_dataset(path), path.parent / "frames", fps) as dataset:
        return [(each.person, each.track, brightness(each)) for each in dataset.pictures]


def test_a_clip_is_a_track_of_the_frames_that_a_camera_would_look_at(clip, tmp_path):
    """Three of each second, in order, for this user's eyes alone, and gone at the end; the same video the same keys."""
    (tmp_path / "set.csv").write_text("path,identity\nwalk.mp4,ann\n")
    keys = []
    for _ in range(2):
        with frames_for_videos(read_dataset(tmp_path / "set.csv"), tmp_path / "frames") as dataset:
            assert [brightness(each) for each in dataset.pictures] == pytest.approx([0, 4, 7, 10, 14, 17, 20, 24, 27])
            assert {(each.person, each.track) for each in dataset.pictures} == {("ann", str(clip))}
            assert (tmp_path / "frames").stat().st_mode & 0o777 == 0o700
            keys.append([each.key for each in dataset.pictures])
        assert not (tmp_path / "frames").exists()
    assert keys[0] == keys[1]


@pytest.mark.usefixtures("clip")
def test_part_of_a_clip_is_of_one_person_and_another_of_somebody_else(tmp_path):
    """`begin` and `end` say when somebody is seen; a box is right at one moment, and a track may have several."""
    (tmp_path / "set.csv").write_text(
        "path,identity,begin,end,time,left,top,width,height,track\n"
        "walk.mp4,ann,0,1,,,,,,\nwalk.mp4,ben,2,,,,,,,\n"
        "walk.mp4,cid,,,1.5,1,2,30,40,t\nwalk.mp4,cid,,,1.8,2,2,30,40,t\nwalk.mp4,dan,,,1.5,50,2,30,40,\n"
    )
    found = expanded(tmp_path / "set.csv", 2)
    clip = tmp_path / "walk.mp4"
    assert [each for each in found if each[0] == "ann"] == [("ann", f"{clip} from 0 s", place) for place in (0, 5, 10)]
    assert [each for each in found if each[0] == "ben"] == [("ben", f"{clip} from 2 s", place) for place in (20, 25)]
    assert [each for each in found if each[0] == "cid"] == [("cid", "t", 15), ("cid", "t", 18)]
    assert [each for each in found if each[0] == "dan"] == [("dan", f"{clip} from 1.5 s", 15)]


@pytest.mark.usefixtures("clip")
def test_what_cannot_be_right_is_refused_with_what_to_do(tmp_path):
    """No video, no such second, a box at no moment, and one whole clip of two people."""
    (tmp_path / "text.mp4").write_text("no video")
    for text, reason in (
        ("path,identity\ntext.mp4,ann\n", "VIDEO_UNREADABLE.*text.mp4"),
        ("path,identity,time\nwalk.mp4,ann,30\n", "TIME_INVALID.*second 30"),
        ("path,identity,begin,end\nwalk.mp4,ann,2,1\n", "TIME_INVALID.*correct it"),
        ("path,identity,begin\nwalk.mp4,ann,soon\n", "TIME_INVALID.*are seconds"),
        ("path,identity,left,top,width,height\nwalk.mp4,ann,1,2,3,4\n", "TIME_MISSING"),
        ("path,identity\nwalk.mp4,ann\nwalk.mp4,ben\n", "LABELS_CONTRADICT"),
        ("path,identity,begin\nwalk.mp4,ann,0\nwalk.mp4,ben,1\n", "LABELS_CONTRADICT"),
    ):
        (tmp_path / "set.csv").write_text(text)
        with pytest.raises(InvalidInput, match=reason):
            expanded(tmp_path / "set.csv")
        assert not (tmp_path / "frames").exists()


def test_a_folder_of_pictures_in_a_person_s_folder_is_a_track(clip, tmp_path):
    """As YouTube Faces are published: person, number of the video, frames; a clip beside it is another one."""
    people = tmp_path / "people"
    for name in ("Ann_A/0/0.1.jpg", "Ann_A/0/0.2.jpg", "Ann_A/1/1.7.jpg", "Ben_B/photo.jpg", "Ben_B/.seen/x.jpg"):
        (people / name).parent.mkdir(parents=True, exist_ok=True)
        (people / name).write_text(name)
    clip.rename(people / "Ben_B" / "gate.mp4")
    found = [(each.person, each.track) for each in read_dataset(people).pictures]
    assert found == [("Ann_A", "0"), ("Ann_A", "0"), ("Ann_A", "1"), ("Ben_B", "gate.mp4"), ("Ben_B", "")]
