"""Which frames of a stream are taken, by media time, at a set rate."""

from __future__ import annotations

# Cameras restart their clocks; a jump back by less than this is the reordering of an untidy muxer.
JUMP_S = 1.0


class Sampler:
    """Takes the first frame at or after every multiple of `1 / fps` seconds of media time.

    Time starts at 0 with the first frame and never runs back: after a jump of the stream's clock it goes on
    from the last frame.
    """

    def __init__(self, fps: float) -> None:
        self._period = 1.0 / fps
        self._origin: float | None = None
        self._last = 0.0
        self._due = 0.0
        self._begin = 0.0

    @property
    def due_s(self) -> float:
        """From when on a frame is taken, on the stream's own clock as it has run so far."""
        return self._due + self.origin_s

    @property
    def origin_s(self) -> float:
        """Where media time 0 is on the stream's own clock, as that has run so far."""
        return self._origin or 0.0

    def go_on(self, origin_s: float, media_time_s: float) -> None:
        """Begin in the middle of a stream: the first frame is taken at that media time, or after it."""
        self._origin, self._due, self._begin = origin_s, media_time_s, media_time_s

    def change(self, fps: float) -> None:
        """Go on at another rate; the next frame is due where it was, or sooner."""
        self._period = 1.0 / fps
        self._due = min(self._due, self._last + self._period)

    def take(self, stream_time_s: float) -> float | None:
        """The frame's media time in seconds where it is taken, else None."""
        now = self._media_time(stream_time_s)
        # Half a millisecond: timestamps are rounded to the container's clock.
        if now < max(self._due - 0.0005, self._begin):
            return None
        self._due = (int((now + 0.0005) / self._period) + 1) * self._period
        return now

    def _media_time(self, stream_time_s: float) -> float:
        if self._origin is None:
            self._origin = stream_time_s
        if stream_time_s - self._origin < self._last - JUMP_S:
            self._origin = stream_time_s - self._last - self._period
        self._last = max(self._last, stream_time_s - self._origin)
        return self._last
