"""Whether the demonstration notices what is wrong."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from sightline.cli.demo.verdict import Outcome, Seen, faults, percentile, summary

_APPEARANCES = [(3.4, 8.6), (22.4, 27.6), (41.3, 46.2)]


def _outcome(*alerts: tuple[str, float]) -> Outcome:
    seen = [Seen(person, "entrance", 97.0, at) for person, at in alerts]
    return Outcome(150, 164, 13, seen, 20.0, [120.0, 90.0, 300.0])


def test_one_alert_for_each_appearance_is_right():
    """One alert each, at the first frame that shows the face: nothing is wrong."""
    assert faults(_outcome(("a", 3.7), ("a", 22.7), ("a", 42.0)), "a", _APPEARANCES) == []


def test_missing_double_stray_and_foreign_alerts_are_wrong():
    """Each way to be wrong is named."""
    assert len(faults(_outcome(("a", 3.7), ("a", 22.7)), "a", _APPEARANCES)) == 1
    assert len(faults(_outcome(("a", 3.7), ("a", 5.0), ("a", 22.7), ("a", 42.0)), "a", _APPEARANCES)) == 1
    assert len(faults(_outcome(("a", 3.7), ("a", 15.0), ("a", 22.7), ("a", 42.0)), "a", _APPEARANCES)) == 1
    assert len(faults(_outcome(("a", 3.7), ("b", 15.0), ("a", 22.7), ("a", 42.0)), "a", _APPEARANCES)) == 1


def test_the_summary_has_the_keys_that_programs_rely_on():
    """`summary.json`: exactly these keys, and these units."""
    facts = summary(_outcome(("a", 3.7)), 3)
    assert list(facts) == [
        "frames",
        "faces",
        "tracks",
        "appearances",
        "alerts",
        "frames_per_second",
        "latency_ms",
    ]
    assert facts["alerts"] == [{"person": "a", "source": "entrance", "similarity": 97.0, "at": 3.7}]
    assert facts["frames_per_second"] == 7.5
    assert facts["latency_ms"] == {"p50": 120.0, "p95": 300.0}


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values(values, percent):
    """At least so many percent of the values do not exceed it."""
    found = percentile(values, percent)
    assert sum(round(value, 1) <= found for value in values) * 100 >= percent * len(values)


def test_without_alerts_there_is_no_latency():
    """No alert, no latency: null, not zero."""
    assert percentile([], 50) is None


def test_the_command_needs_no_package_of_the_demo():
    """The command starts where OpenCV and the sample pictures are missing, as in its container."""
    program = (
        "import sys; sys.modules.update(dict.fromkeys(('cv2', 'av', 'skimage', 'insightface', 'onnxruntime')));"
        "from sightline.cli.app import build_app; print(len(build_app().registered_groups))"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, timeout=60, capture_output=True)
    assert int(told.stdout) > 0
