"""The files of a test: candidates as CSV, and everything that was the same for all of them as JSON."""

import csv
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from sightline.cli.sandbox.answers import Answer, Enrolment, Failure

COLUMNS = ("probe", "outcome", "rank", "person", "cosine", "similarity", "candidate", "milliseconds")
"""`outcome` is `searched`, or why there are no candidates; `candidate`: 1 from the threshold in force on, else 0."""


class Candidates:
    """Writes a line for each candidate, one for each probe that has none, and keeps what sums up the probes.

    Args:
        file: gets the lines.
        threshold: cosine in force; None: none is, and `candidate` stays empty.
    """

    def __init__(self, file: TextIO, threshold: float | None) -> None:
        self._lines = csv.writer(file)
        self._lines.writerow(COLUMNS)
        self._threshold = threshold
        self._times: list[float] = []
        self.failures: list[Failure] = []

    def add(self, answer: Answer) -> None:
        """Write down what one search came to."""
        took = f"{answer.milliseconds:.1f}"
        if answer.failure:
            self.failures.append(answer.failure)
            self._lines.writerow((answer.probe.key, answer.failure.reason, "", "", "", "", "", took))
            return
        self._times.append(answer.milliseconds)
        if not answer.candidates:
            self._lines.writerow((answer.probe.key, "searched", "", "", "", "", "", took))
        for rank, match in enumerate(answer.candidates, start=1):
            found = (match.person.external_id, f"{match.cosine:.6f}", f"{match.similarity:.3f}")
            passes = "" if self._threshold is None else int(match.cosine >= self._threshold)
            self._lines.writerow((answer.probe.key, "searched", rank, *found, passes, took))

    def summary(self, top: int) -> dict[str, Any]:
        """Give how many were searched, how long that took, and what failed with its reasons."""
        probes = len(self._times) + len(self.failures)
        # One after another, as whoever calls waits for them.
        p50, p95, longest = np.percentile(self._times, (50, 95, 100)) if self._times else (None, None, None)
        times = {"p50": p50, "p95": p95, "max": longest}
        return {
            "probes": probes,
            "searched": len(self._times),
            "top": top,
            "milliseconds": {name: None if value is None else round(float(value), 1) for name, value in times.items()},
            **_failed(self.failures, probes, "failure_to_acquire"),
        }


def enrolment_summary(enrolment: Enrolment) -> dict[str, Any]:
    """Give how many pictures were enrolled, how long that took, and what failed with its reasons."""
    return {
        "pictures": enrolment.pictures,
        "enrolled": enrolment.enrolled,
        "known": enrolment.known,
        "seconds": round(enrolment.seconds, 1),
        **_failed(enrolment.failures, enrolment.pictures, "failure_to_enrol"),
    }


def write_summary(path: Path, facts: dict[str, Any]) -> None:
    """Write the facts whole, or not at all."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)


def _failed(failures: list[Failure], of: int, rate: str) -> dict[str, Any]:
    return {
        rate: len(failures) / of if of else None,
        "reasons": dict(Counter(failure.reason for failure in failures)),
        "failures": [asdict(failure) for failure in failures],
    }
