"""Who walks through the picture when: the script of the demonstration's video."""

import math
from dataclasses import dataclass

ENROLLED = "astronaut"
DURATION_S = 50.0
WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True)
class Walk:
    """One person crossing the picture at an even pace.

    Attributes:
        person: name of the person.
        start_s: when the face is at `from_x`, in seconds of the video.
        seconds: how long the walk takes.
        from_x: x of the face at the start, in pixels; to_x: at the end.
        scale: size of the cut-out; nearer people are larger and drawn later.
    """

    person: str
    start_s: float
    seconds: float
    from_x: float
    to_x: float
    scale: float

    @property
    def end_s(self) -> float:
        """When the walk is over, in seconds of the video."""
        return self.start_s + self.seconds

    def at(self, time_s: float) -> tuple[float, float, float] | None:
        """Give x of the face in pixels, bob in pixels and sway in degrees, or None outside the walk."""
        if not self.start_s <= time_s <= self.end_s:
            return None
        done = (time_s - self.start_s) / self.seconds
        step = 2 * math.pi * 0.9 * (time_s - self.start_s)
        return self.from_x + (self.to_x - self.from_x) * done, 2.5 * math.sin(2 * step), 1.2 * math.sin(step)

    def in_picture(self) -> tuple[float, float]:
        """Give when the middle of the face enters and leaves the picture, in seconds of the video."""
        pace = (self.to_x - self.from_x) / self.seconds
        at_edges = sorted(self.start_s + (edge - self.from_x) / pace for edge in (0, WIDTH))
        return max(self.start_s, at_edges[0]), min(self.end_s, at_edges[1])


_LEFT, _RIGHT = -170.0, WIDTH + 170.0

# Sorted from far to near. The enrolled person comes three times, more than ten seconds apart; others
# come alone, behind one another and across one another's way; sometimes nobody is there.
WALKS = (
    Walk("guest-1", 4.0, 8.0, _RIGHT, _LEFT, 0.86),
    Walk("guest-4", 24.0, 7.5, _RIGHT, _LEFT, 0.81),
    Walk("guest-5", 12.0, 7.0, _LEFT, _RIGHT, 0.88),
    Walk("guest-1", 37.0, 8.0, _LEFT, _RIGHT, 0.86),
    Walk(ENROLLED, 2.0, 8.0, _LEFT, _RIGHT, 0.80),
    Walk(ENROLLED, 21.0, 8.0, _RIGHT, _LEFT, 0.86),
    Walk(ENROLLED, 40.0, 7.5, _LEFT, _RIGHT, 0.76),
    Walk("guest-2", 9.5, 7.0, _LEFT, _RIGHT, 0.93),
    Walk("guest-3", 18.5, 7.5, _RIGHT, _LEFT, 0.95),
    Walk("guest-5", 29.5, 8.0, _LEFT, _RIGHT, 0.90),
    Walk("guest-2", 31.0, 7.5, _RIGHT, _LEFT, 0.97),
    Walk("guest-3", 42.5, 6.5, _LEFT, _RIGHT, 0.95),
)


def appearances() -> list[tuple[float, float]]:
    """Give when the enrolled person is in the picture: (from, to) in seconds of the video, in order."""
    return sorted(walk.in_picture() for walk in WALKS if walk.person == ENROLLED)
