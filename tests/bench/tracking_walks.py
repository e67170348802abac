"""Where people are at every moment of a made scene: entering, passing, meeting, turning away and coming back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

WIDTH, HEIGHT = 1280, 720
BOB = 0.06
"""How far a walking head goes up and down, in face sizes."""


@dataclass(frozen=True)
class Walk:
    """One appearance of one person: along a line of places, from one time to another."""

    start_s: float
    end_s: float
    places: NDArray[np.float64]
    """(n, 3): x, y of the face's middle and its side, in pixels, at equal times; between them a spline of lines."""
    turned: tuple[tuple[float, float], ...] = ()
    """When the face looks away, in seconds of the scene."""

    def at(self, time_s: float) -> NDArray[np.float64] | None:
        """x, y and side of the face; None while it is not there."""
        if not self.start_s <= time_s <= self.end_s:
            return None
        part = (time_s - self.start_s) / (self.end_s - self.start_s) * (len(self.places) - 1)
        x, y, side = (np.interp(part, np.arange(len(self.places)), column) for column in self.places.T)
        return np.array([x, y + BOB * side * np.sin(2 * np.pi * 1.9 * time_s), side])

    def is_turned(self, time_s: float) -> bool:
        """Whether it looks away."""
        return any(start <= time_s <= end for start, end in self.turned)


@dataclass(frozen=True)
class Scene:
    """People and pillars of one made clip; who is nearer, and so larger, hides who is behind."""

    name: str
    seconds: float
    walks: tuple[Walk, ...]
    pillars: tuple[tuple[int, int], ...] = field(default=())
    """Left and right edges of what stands in front of everybody, in pixels."""


def crossing(random: np.random.Generator) -> Scene:
    """Two people walk past each other at nearly the same height, the nearer hiding the farther."""
    speed, level = random.uniform(150, 420), random.uniform(260, 400)
    near, far = random.uniform(95, 130), random.uniform(65, 95)
    seconds = WIDTH * 0.8 / speed
    shift = random.uniform(-0.2, 0.2) * seconds
    first = _line(random, 0.5, seconds, (120, level, near), (1150, level + random.normal(0, 15), near))
    second = _line(random, 0.5 + shift, seconds, (1160, level + random.normal(0, 20), far), (110, level, far))
    return Scene("crossing", seconds + 1.5, (first, second))


def meeting(random: np.random.Generator) -> Scene:
    """Two walk towards each other, stand face to face for a moment, and go back to where they came from."""
    level, side = random.uniform(260, 400), random.uniform(80, 110)
    gap = random.uniform(0.9, 1.3) * side
    walks = []
    for sign in (-1, 1):
        far, near = (640 + sign * 480, level, side), (640 + sign * gap / 2, level + random.normal(0, 10), side)
        walks.append(Walk(0.4, 9.0, np.array([far, far, near, near, near, far])))
    return Scene("meeting", 9.5, tuple(walks))


def pillar(random: np.random.Generator) -> Scene:
    """Three people pass behind a pillar one way or the other, hidden for a part of a second."""
    left = int(random.uniform(500, 640))
    walks = []
    for number in range(3):
        level, side, speed = random.uniform(200, 480), random.uniform(60, 110), random.uniform(180, 350)
        ends = [(60, level, side), (1220, level + random.normal(0, 20), side)]
        begin, end = ends if random.random() < 0.5 else ends[::-1]
        walks.append(_line(random, 0.5 + 1.8 * number, WIDTH / speed, begin, end))
    return Scene("pillar", max(walk.end_s for walk in walks) + 1, tuple(walks), ((left, left + 130),))


def succession(random: np.random.Generator) -> Scene:
    """One after the other through the same door: each goes out of the picture as the next comes in."""
    walks, start = [], 0.5
    for _ in range(4):
        seconds = random.uniform(2.2, 4.0)
        begin = (random.normal(420, 25), random.normal(330, 15), random.uniform(55, 70))
        end = (random.normal(900, 60), random.normal(360, 30), random.uniform(95, 140))
        walks.append(_line(random, start, seconds, begin, end))
        start += seconds + random.uniform(0.4, 1.4)
    return Scene("succession", start, tuple(walks))


def crowd(random: np.random.Generator) -> Scene:
    """Six people stroll about at once and turn away now and then."""
    walks = []
    for number in range(6):
        side = random.uniform(60, 110)
        points = [
            (random.uniform(100, 1180), random.uniform(160, 560), side * random.uniform(0.85, 1.2)) for _ in "12345"
        ]
        begin = 0.3 * number
        away = begin + random.uniform(2, 7)
        walks.append(Walk(begin, 12.0, np.array(points), ((away, away + random.uniform(0.4, 1.0)),)))
    return Scene("crowd", 12.5, tuple(walks))


def approach(random: np.random.Generator) -> Scene:
    """Four people come down a corridor towards the camera, fast at the end, in pairs side by side."""
    walks = []
    for number in range(4):
        start, seconds = 0.5 + 1.6 * (number // 2), random.uniform(4.0, 6.0)
        end_x = random.uniform(150, 500) if number % 2 else random.uniform(780, 1130)
        part = np.linspace(0, 1, 12) ** 2.2
        path = np.stack([640 + (end_x - 640) * part, 300 + 60 * part, 45 + 120 * part], axis=1)
        walks.append(Walk(start, start + seconds, path + np.array([60 * (number - 1.5), 0, 0])))
    return Scene("approach", 10.0, tuple(walks))


def queue(random: np.random.Generator) -> Scene:
    """Five people stop at the same door, one after the other: each steps in as the one before steps aside."""
    walks, start = [], 0.5
    for _ in range(5):
        stay, side = random.uniform(1.5, 4.0), random.uniform(85, 115)
        door = (640 + random.normal(0, 12), 340 + random.normal(0, 12), side)
        come, go = (640 + random.normal(0, 30), 260, 0.6 * side), (640 + random.choice((-1, 1)) * 420, 350, side)
        part = [come, door, *[door] * round(2 * stay), go]
        walks.append(Walk(start, start + 1.0 + stay, np.array(part)))
        start += 0.7 + stay + random.uniform(0.0, 0.8)
    return Scene("queue", start + 1.5, tuple(walks))


def stepping_in_front(random: np.random.Generator) -> Scene:
    """One stands, another steps in front of them, nearer to the camera, and stays; the first goes away unseen."""
    place, side = np.array([random.uniform(400, 880), random.uniform(280, 400)]), random.uniform(70, 100)
    stood = (*place, side)
    nearer = (*(place + random.normal(0, 0.1 * side, 2)), side * random.uniform(1.05, 1.35))
    come = (place[0] + random.choice((-1, 1)) * random.uniform(3, 6) * side, place[1], nearer[2])
    first = Walk(0.3, 5.0, np.array([stood, stood]))
    second = Walk(3.0, 9.0, np.array([come, *[nearer] * 6]))
    return Scene("stepping in front", 9.5, (first, second))


FAMILIES: tuple[Callable[[np.random.Generator], Scene], ...] = (
    crossing, meeting, pillar, succession, crowd, approach,
)  # fmt: skip

SWAPS: tuple[Callable[[np.random.Generator], Scene], ...] = (crossing, queue, stepping_in_front)
"""Where one takes another's place without a cut."""


def _line(
    random: np.random.Generator,
    start_s: float,
    seconds: float,
    begin: tuple[float, float, float],
    end: tuple[float, float, float],
) -> Walk:
    """From place to place, now faster and now slower."""
    part = np.cumsum(random.uniform(0.6, 1.4, 9))
    part = (part - part[0]) / (part[-1] - part[0])
    return Walk(start_s, start_s + seconds, np.array(begin) + part[:, None] * (np.array(end) - np.array(begin)))
