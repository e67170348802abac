"""Sampling under load."""

import pytest

from sightline.ingest.throttle import FLOOR_FPS, WINDOW_S, Throttle


class Camera:
    """Frames at the throttle's rate, of which detection manages so many a second."""

    def __init__(self, wanted) -> None:
        self.now = 0.0
        self.throttle = Throttle(wanted, lambda: self.now)
        self.rates = [wanted]

    def run(self, seconds, managed):
        """Let time pass; frames beyond what is managed are dropped."""
        due = 0.0
        for _ in range(round(seconds * self.throttle.fps * 2)):
            self.now += 1 / self.throttle.fps
            due = min(due + managed / self.throttle.fps, 2.0)
            dropped = due < 1
            due -= 0 if dropped else 1
            if self.throttle.frame(dropped=dropped):
                self.rates.append(self.throttle.fps)
            if self.now > seconds:
                return


def test_a_camera_that_is_too_fast_is_lowered_until_it_fits():
    """From ten frames a second to what detection manages, step by step, and not far below it."""
    camera = Camera(10.0)
    camera.run(60, 4.0)
    assert camera.rates[:4] == pytest.approx([10.0, 7.0, 4.9, 3.43])
    assert camera.throttle.lowered_fps == camera.throttle.fps < 6
    assert all(rate > 2.0 for rate in camera.rates)


def test_it_never_falls_below_one_frame_a_second():
    """Where nothing is managed one frame a second goes on; a camera that wants less is left alone."""
    camera, slow = Camera(3.0), Camera(0.5)
    camera.run(100, 0.0)
    slow.run(100, 0.0)
    assert camera.throttle.fps == FLOOR_FPS
    assert (slow.throttle.fps, slow.throttle.lowered_fps) == (0.5, 0.0)


def test_it_is_raised_again():
    """When detection is fast again the camera gets what it wanted, and says that it is not lowered."""
    camera = Camera(5.0)
    camera.run(30, 1.5)
    assert camera.throttle.lowered_fps > 0
    camera.run(camera.now + 200, 100.0)
    assert (camera.throttle.fps, camera.throttle.lowered_fps) == (5.0, 0.0)


def test_what_piled_up_before_the_first_frame_is_no_load():
    """A camera gives what it had buffered at once when it is opened: most of it is dropped, and the rate stays."""
    camera = Camera(5.0)
    camera.now = 60.0
    assert not any(camera.throttle.frame(dropped=number > 2) for number in range(15))
    camera.run(camera.now + 30, 100.0)
    assert camera.rates == [5.0]


def test_a_single_dropped_frame_changes_nothing():
    """A burst of faces costs a frame now and then; that is no reason to look less often."""
    camera = Camera(5.0)
    for number in range(int(WINDOW_S * 5 * 6)):
        camera.now += 0.2
        assert not camera.throttle.frame(dropped=number % 20 == 0)
