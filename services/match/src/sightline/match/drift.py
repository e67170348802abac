"""Whether the strangers whom cameras see are as alike as those of the calibration: if not, its promises do not hold.

Where they are, the cosine of a stranger's best match among N is such that (1 - FMR)^N is spread evenly between 0 and 1,
whatever N is. The distance of what was seen from that is Kolmogorov and Smirnov's. Enrolled people who pass by add to
it: a share of them among all passers-by adds at most that share.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from sightline.chassis.calibration import Calibration

WINDOW = 2_000
FEWEST = 200


class Drift(Collector):
    """The last tracks' first looks beside the calibration; nothing is said without one, nor of fewer than 200."""

    def __init__(self, calibration: Calibration | None) -> None:
        self._seen: deque[float] = deque(maxlen=WINDOW)
        if calibration is None or calibration.intervals is None:
            self._known = False
            return
        self._known = True
        self._cosines = [each.cosine for each in calibration.intervals]
        # What was found, not what it can be at most; where nothing was found, less than one comparison.
        least = 0.5 / calibration.comparisons
        self._logs = [float(np.log(max(each.fmr, least))) for each in calibration.intervals]

    def note(self, cosine: float, size: int) -> None:
        """Counts the best match of a track that was seen for the first time, among so many faces."""
        if self._known:
            fmr = float(np.exp(np.interp(cosine, self._cosines, self._logs)))
            self._seen.append((1 - min(fmr, 1.0)) ** size)

    @property
    def distance(self) -> float | None:
        """The largest difference of the two distributions, 0..1; None while too little was seen."""
        if len(self._seen) < FEWEST:
            return None
        seen = np.sort(np.array(self._seen))
        steps = np.arange(len(seen) + 1) / len(seen)
        return float(max((steps[1:] - seen).max(), (seen - steps[:-1]).max()))

    def collect(self) -> Iterator[Metric]:
        """For Prometheus; what was not measured is not there."""
        if (distance := self.distance) is not None:
            text = "How far the best matches of the last tracks are from what the calibration has of strangers, 0..1."
            yield GaugeMetricFamily("sightline_match_score_drift", text, value=distance)
