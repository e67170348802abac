"""The gate in front of changes that cost accuracy: what it lets through, and what it does not."""

import copy
import json

import pytest
from gate import COSINE, KEPT, SHARE, compared

FIGURES = sorted(KEPT.glob("*.json"))


@pytest.fixture(params=FIGURES, ids=lambda path: path.stem)
def kept(request):
    """What is kept of a pack."""
    return json.loads(request.param.read_text())


def test_the_same_figures_pass_and_worse_ones_do_not(kept):
    """Half the tolerance is rounding; twice the tolerance is a loss, in any figure, and a mean that moves is, too."""
    name = "wrong among the named pairs"
    assert compared(kept, kept) == []
    for change, complaints in ((0.5 * SHARE, 0), (2 * SHARE, 1), (-2 * SHARE, 0)):
        found = copy.deepcopy(kept)
        found["shares"][name]["value"] += change
        assert len(compared(found, kept)) == complaints
    for change, complaints in ((0.5 * COSINE, 0), (2 * COSINE, 1), (-2 * COSINE, 1)):
        found = copy.deepcopy(kept)
        found["cosines"]["mean of one person"] += change
        assert len(compared(found, kept)) == complaints


def test_figures_of_something_else_are_not_compared(kept):
    """Other models, or other pictures, are no loss and no gain."""
    for name in ("embedder_id", "dataset_sha256"):
        (said,) = compared(kept | {name: "other"}, kept)
        assert "another one" in said


def test_the_kept_figures_are_of_three_packs():
    """Ours, and two of shared weights."""
    assert {path.stem for path in FIGURES} >= {"starter", "scrfd-500m-y1", "scrfd-2.5g-y1"}
