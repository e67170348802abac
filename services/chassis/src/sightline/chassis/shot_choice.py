"""Which views of a track become its shots: ingest sends them, and whoever measures tracks takes the same."""

MAX_SHOTS = 4
GOOD_QUALITY = 0.3
IMPROVEMENT = 1.1


class ShotChoice:
    """Which views of one track are sent: the first good one at once, then clearly better ones, at most four.

    A view that is not good is kept back; it goes out when the track closes without a good one, so that
    nobody passes unseen only because the light was bad.
    """

    def __init__(self) -> None:
        self.sent = 0
        self._best_sent = 0.0
        self._best_kept = 0.0

    def take(self, quality: float) -> bool:
        """Whether a view of this quality (0..1) is to be sent now; it then counts as sent."""
        if self.sent >= MAX_SHOTS or quality < max(GOOD_QUALITY, IMPROVEMENT * self._best_sent):
            return False
        self.sent += 1
        self._best_sent = quality
        return True

    def keep_back(self, quality: float) -> bool:
        """Whether a view that was not sent is the best so far of a track of which none was sent."""
        if self.sent or quality <= self._best_kept:
            return False
        self._best_kept = quality
        return True
