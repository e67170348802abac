"""What came of the demonstration, and whether it is what had to come."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

# A face counts from the first sampled frame that shows it well; the script knows when its middle crosses the edge.
_TOLERANCE_S = 1.5


@dataclass(frozen=True)
class Seen:
    """One alert, as the summary has it.

    Attributes:
        person: external id of the person.
        source: name of the camera.
        similarity: 0 to 100.
        at: when the person was first seen, in seconds of the video.
    """

    person: str
    source: str
    similarity: float
    at: float


@dataclass(frozen=True)
class Outcome:
    """Counts of a run that went through.

    Attributes:
        frames: pictures whose faces were looked for.
        faces: faces that were found in them.
        tracks: appearances of faces, of whomever.
        alerts: in the order of the video.
        seconds: from the start of the video to its end, by the clock.
        latencies_ms: from a frame out of the decoder to the alert that it raised, one for each alert.
    """

    frames: int
    faces: int
    tracks: int
    alerts: Sequence[Seen]
    seconds: float
    latencies_ms: Sequence[float]


def faults(outcome: Outcome, enrolled: str, appearances: Sequence[tuple[float, float]]) -> list[str]:
    """Say what differs from exactly one alert for each appearance of the enrolled person, and none besides."""
    found = [f"an alert on {seen.person} at {seen.at:.1f} s" for seen in outcome.alerts if seen.person != enrolled]
    left = [seen for seen in outcome.alerts if seen.person == enrolled]
    for start, end in appearances:
        inside = [seen for seen in left if start - _TOLERANCE_S <= seen.at <= end + _TOLERANCE_S]
        left = [seen for seen in left if seen not in inside]
        if len(inside) != 1:
            found.append(f"{len(inside)} alerts for the appearance from {start:.1f} s to {end:.1f} s")
    return found + [f"an alert at {seen.at:.1f} s, when {seen.person} is not there" for seen in left]


def summary(outcome: Outcome, appearances: int | None) -> dict[str, Any]:
    """Give the facts for `summary.json`; `appearances` is None where nobody knows how often the person comes."""
    return {
        "frames": outcome.frames,
        "faces": outcome.faces,
        "tracks": outcome.tracks,
        "appearances": appearances,
        "alerts": [asdict(seen) for seen in outcome.alerts],
        "frames_per_second": round(outcome.frames / outcome.seconds, 1) if outcome.seconds else 0.0,
        "latency_ms": {"p50": percentile(outcome.latencies_ms, 50), "p95": percentile(outcome.latencies_ms, 95)},
    }


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Give the smallest value that at least so many percent of the values do not exceed; None of none."""
    if not values:
        return None
    place = max(1, math.ceil(percent / 100 * len(values)))
    return round(sorted(values)[place - 1], 1)
