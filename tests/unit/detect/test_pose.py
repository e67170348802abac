import numpy as np
import pytest

from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.pose import _HEAD, head_pose


def _seen(yaw, pitch, roll):
    """The head model turned and seen from far away, (5, 2)."""
    y, p, r = np.radians([-yaw, -pitch, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return ((about_z @ about_y @ about_x @ _HEAD.T).T[:, :2] * 2.5 + 300).astype(np.float32)


@pytest.mark.parametrize("angles", [(0, 0, 0), (30, 0, 0), (0, 20, 0), (0, 0, -45), (-40, 15, 120), (60, -30, 10)])
def test_the_angles_of_a_turned_model_come_back(angles):
    """The landmarks of the head model, turned by known angles, give those angles."""
    pose = head_pose(_seen(*angles))
    assert np.allclose([pose.yaw, pose.pitch, pose.roll], angles, atol=0.1)


def test_signs_mean_what_they_say():
    """A nose to the right of its place is yaw to the right; higher, looking up; lower right eye, roll clockwise."""
    frontal = _seen(0, 0, 0)
    nose_right, nose_up, tilted = (frontal.copy() for _ in range(3))
    nose_right[2] += (15, 0)
    nose_up[2] -= (0, 15)
    tilted[1] += (0, 20)
    assert head_pose(nose_right).yaw > 5
    assert head_pose(nose_up).pitch > 5
    assert head_pose(tilted).roll > 3


def test_a_mirrored_picture_looks_the_other_way(make_pack, load_picture):
    """In a mirrored photo yaw and roll change sign and pitch stays."""
    detector = open_detector(make_pack("scrfd"), Engine("cpu"))
    picture = load_picture("formats/image.bmp")
    one, other = (head_pose(detector.detect(view)[0].landmarks) for view in (picture, picture[:, ::-1].copy()))
    assert abs(one.yaw + other.yaw) < 5
    assert abs(one.roll + other.roll) < 4
    assert abs(one.pitch - other.pitch) < 6


def test_portraits_look_at_the_camera_on_average(make_pack, media_rows, load_picture):
    """The median pose of twenty portraits is within 8 degrees of frontal."""
    detector = open_detector(make_pack("scrfd"), Engine("cpu"))
    found = [detector.detect(load_picture(row["path"])) for row in media_rows("portraits/")[::50]]
    poses = [head_pose(faces[0].landmarks) for faces in found if faces]
    median = np.median([(pose.yaw, pose.pitch, pose.roll) for pose in poses], axis=0)
    assert np.abs(median).max() < 8
