from __future__ import annotations

from collections import Counter

import pytest

from sightline.chassis.sharing import Sight, first_for, to_let_go, to_take


class Processes:
    """Processes that share cameras in turns, each with the whole in sight."""

    def __init__(self, cameras, *names) -> None:
        self.names = list(names)
        self.holders = dict.fromkeys(f"camera {number}" for number in range(cameras))
        self.pinned = set()
        self.moves = 0

    def sight(self, me):
        """What one sees."""
        mine = [camera for camera, holder in self.holders.items() if holder == me]
        free = [camera for camera, holder in self.holders.items() if holder is None]
        others = len(self.holders) - len(mine) - len(free)
        return Sight(me, self.names, free, mine, others, [camera for camera in mine if camera not in self.pinned])

    def turn(self):
        """Each takes, and lets go."""
        for me in self.names:
            for camera in to_take(self.sight(me)):
                self.holders[camera] = me
            for camera in to_let_go(self.sight(me)):
                self.holders[camera] = None
                self.moves += 1

    def counts(self):
        """How many each has; None: nobody."""
        return Counter(self.holders.values())

    def die(self, name):
        """A process is gone, and its leases have ended."""
        self.names.remove(name)
        self.holders = {camera: None if holder == name else holder for camera, holder in self.holders.items()}


@pytest.mark.parametrize("cameras", [0, 1, 5, 8, 100])
@pytest.mark.parametrize("replicas", [1, 2, 3, 7])
def test_every_camera_is_read_and_nobody_has_more_than_a_fair_share(cameras, replicas):
    """After one turn all cameras are held, and none holds more than the rounded up share."""
    processes = Processes(cameras, *(f"p{number}" for number in range(replicas)))
    processes.turn()
    assert None not in processes.counts()
    assert max(processes.counts().values(), default=0) <= -(-cameras // replicas)


def test_what_a_dead_one_had_goes_to_the_others():
    """The share of those who are left grows, and they take what is free; nobody lets go of anything."""
    processes = Processes(8, "a", "b", "c")
    processes.turn()
    processes.die("b")
    processes.turn()
    assert processes.counts() == {"a": 4, "c": 4}
    assert processes.moves == 0


def test_a_new_one_gets_its_share_camera_by_camera():
    """Each lets go of at most one camera a turn, and none again before somebody took it; no camera moves twice."""
    processes = Processes(8, "a", "b")
    processes.turn()
    processes.names.append("c")
    processes.turn()
    assert processes.counts()[None] <= 1
    for _ in range(4):
        processes.turn()
    assert sorted(processes.counts().values()) == [2, 3, 3]
    assert processes.moves == 2
    processes.turn()
    assert processes.moves == 2


def test_hundreds_of_cameras_move_in_less_than_hundreds_of_turns():
    """A twentieth of what is too much at a time, none twice, and no more than the share."""
    processes = Processes(500, "a")
    processes.turn()
    processes.names.append("b")
    processes.turn()
    assert processes.counts()["b"] == 13
    for _ in range(60):
        processes.turn()
    assert processes.counts() == {"a": 250, "b": 250}
    assert processes.moves == 250


def test_a_file_is_not_let_go():
    """What another process could only begin anew stays where it is, however many cameras that makes."""
    processes = Processes(4, "a")
    processes.turn()
    processes.names.append("b")
    processes.pinned = set(processes.holders)
    processes.turn()
    assert processes.counts() == {"a": 4}


def test_two_who_start_together_try_different_cameras_first():
    """Of a hundred cameras the halves that they begin with hardly meet."""
    cameras = [f"camera {number}" for number in range(100)]
    one, two = (set(to_take(Sight(me, ("a", "b"), cameras, (), 0, ()))) for me in "ab")
    assert len(one) == len(two) == 50
    assert len(one & two) < 20


def test_one_process_is_first_for_a_camera_whoever_asks():
    """It depends on the camera and the processes, not on their order; all have their part of it."""
    replicas = ["a", "b", "c"]
    first = [first_for(f"camera {number}", replicas) for number in range(60)]
    assert first == [first_for(f"camera {number}", replicas[::-1]) for number in range(60)]
    assert set(first) == set(replicas)
    assert first_for("camera", []) is None
