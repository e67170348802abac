"""Tracks in three forms beside each other: their best shot alone, each shot by itself, and all shots fused.

Only what is of different appearances is compared: two shots of one track are alike whoever it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sightline.cli.evaluation.comparisons import Floats, Templates
from sightline.cli.evaluation.differentials import failures
from sightline.cli.evaluation.identification import FPIRS, Point, gallery_sizes, point_at, searches_of
from sightline.cli.evaluation.one_to_one import AtThreshold, Verification, compared
from sightline.cli.evaluation.rates import Rate, to_rate


@dataclass(frozen=True)
class Tracks:
    """Appearances of the same people, each in three forms.

    Attributes:
        best: one template of each, of its best shot.
        shots: those of every shot, which know of which appearance they are.
        fused: one template of each, of all its shots.
        failed: appearances in which no face was found; in `failed` of all three, too.
        one_enrolled: whether each is compared with best shots of others, as passers-by are with an enrolled picture;
            else with others of its own form.
    """

    best: Templates
    shots: Templates
    fused: Templates
    one_enrolled: bool

    @property
    def count(self) -> int:
        """How many appearances there are, also those in which no face was found."""
        return len(self.best.persons) + len(self.best.failed)


@dataclass(frozen=True)
class Form:
    """One form: one against one, at the threshold in force, and among the `size` others of the largest gallery."""

    name: str
    verification: Verification
    in_force: AtThreshold
    points: Sequence[Point]
    size: int


@dataclass(frozen=True)
class TrackFindings:
    """All three forms; `shots` are those of one appearance on average, `missed` the share of those without any."""

    count: int
    shots: float
    missed: Rate
    one_enrolled: bool
    forms: Sequence[Form]


FORMS = ("best shot", "each shot", "fused")
# An FPIR that thirty people can show: there are fewer data sets of videos, and fewer people in them.
_MODEST = 1e-1


def track_findings(tracks: Tracks, in_force: float, weights: Floats) -> TrackFindings:
    """Measure them, each resample with the same people in all three forms."""
    forms = []
    for name, templates in zip(FORMS, (tracks.best, tracks.shots, tracks.fused), strict=True):
        probes = templates.against(tracks.best) if tracks.one_enrolled else templates
        found = compared(probes, weights)
        size = gallery_sizes(probes)[-1]
        searches = searches_of(probes, weights, size)
        points = [point_at(searches, fpir) for fpir in (_MODEST, *FPIRS)]
        forms.append(Form(name, found.verification(), found.at("in force", in_force), points, size))
    shots = len(tracks.shots.persons) / max(len(tracks.best.persons), 1)
    missed = _missed(tracks.best, weights)
    return TrackFindings(tracks.count, shots, missed, tracks.one_enrolled, forms)


def _missed(best: Templates, weights: Floats) -> Rate:
    rows = np.concatenate([np.zeros(len(best.persons), np.int64), np.full(len(best.failed), -1)])
    drawn = failures(np.concatenate([best.persons, best.failed]), rows, best.people, weights)
    return to_rate(drawn[0], drawn[1:], len(rows))
