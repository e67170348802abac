"""The report's page: what it says first, what it never says, and drawings that a browser can read."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from fakes import fake_pack
from made_people import Crowd

from sightline.cli.datasets import Dataset
from sightline.cli.evaluation.differentials import Pictures
from sightline.cli.evaluation.findings import Measured, Wanted, findings_of
from sightline.cli.evaluation.rates import Rate
from sightline.cli.evaluation.tracks import FORMS, Tracks
from sightline.cli.evaluation_report import words
from sightline.cli.evaluation_report.figures import as_figures
from sightline.cli.evaluation_report.page import Report, render
from sightline.cli.evaluation_report.svg import log_scale
from sightline.cli.evaluation_report.tracks import track_rows
from sightline.cli.material import Material

PEOPLE = 60
NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture(scope="module")
def report():
    """Of sixty people who do not exist, in two groups."""
    templates = Crowd(PEOPLE, 16, 0.2).templates()
    region = np.where(templates.persons % 2, "north & <i>west</i>", "south").tolist()
    pictures = Pictures(templates.persons, np.arange(len(templates.persons)), {"region": region})
    wanted = Wanted(0.4, ("region",), 100)
    measured = Measured(templates, pictures, Tracks(templates, templates, templates, one_enrolled=True))
    findings = findings_of(measured, wanted)
    return Report(findings, Material(measured, Dataset("made", []), "0" * 64, Counter()), fake_pack(), wanted)


def test_a_demonstration_pack_says_so_in_the_first_line(report):
    """Before anything else that can be read on the page; others do not say it."""
    pack = report.pack.model_copy(update={"fit_for": "demonstration", "facts": ("It is weak.",)})
    page = render(Report(report.findings, report.material, pack, report.wanted), NOW)
    body = re.sub(r"<[^>]+>", " ", page.split("<body>")[1]).split()
    assert " ".join(body[:3]) == "For demonstration only."
    assert "It is weak." in page
    assert "For demonstration only" not in render(report, NOW)


def test_the_page_stands_alone_and_its_drawings_can_be_read(report):
    """No scripts, nothing from elsewhere; every drawing is well-formed, and says what it shows."""
    page = render(report, NOW)
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) >= 7
    assert all(ET.fromstring(each).get("aria-label") for each in drawings)  # noqa: S314 - our own text
    assert not re.search(r"<script|<link|src=|href=|url\(", page)
    assert "north &amp; &lt;i&gt;west" in page
    assert "<i>west" not in page
    assert "NaN" not in page


def test_the_figures_are_json_of_the_same(report):
    """Numbers that are not known are null, and each rate says whether it was measured."""
    figures = json.loads(json.dumps(as_figures(report.findings), allow_nan=False))
    assert figures["enrolment"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(0.031, abs=0.001), "n": 120} | {
        "measured": False
    }
    forms = {each["name"]: each["verification"] for each in figures["tracks"]["forms"]}
    assert {name: each["pairs"] for name, each in forms.items()} == dict.fromkeys(FORMS, PEOPLE * (PEOPLE - 1) // 2)
    assert "draws" not in figures["differentials"][0]["groups"][0]


def test_tracks_are_drawn_with_fusion_and_without(report):
    """Two curves on one pair of axes, and all three forms in a table; nothing of it without tracks."""
    page = render(report, NOW)
    drawing = next(each for each in re.findall(r"<svg.*?</svg>", page, re.DOTALL) if "fused tracks" in each)
    assert [drawing.count(f'class="line {style}"') for style in ("single", "fused")] == [1, 1]
    rows = dict(track_rows(report.findings.tracks))
    assert {len(cells) for cells in rows.values()} == {3}
    assert all(words.rate(form.in_force.fnmr) in page for form in report.findings.tracks.forms)
    assert "Not measured, n too small: FNMR at FMR" in page
    bare = Report(replace(report.findings, tracks=None), report.material, report.pack, report.wanted)
    assert "fusion" not in render(bare, NOW)


def test_a_rate_is_said_as_far_as_it_was_measured():
    """Two digits and an interval; or at most so much, with the reason."""
    assert words.rate(Rate(0.0123, 0.01, 0.02, 5000)).replace("\N{NO-BREAK SPACE}", " ") == "1.2 %"
    assert words.rate(Rate(0.0, 0.0, 0.0384, 100)).replace("\N{NO-BREAK SPACE}", " ") == "at most 3.8 %"
    assert words.spread(Rate(0.0, 0.0, 0.0384, 100)) == "not measured, n too small (n = 100)"
    assert words.rate(Rate(float("nan"), 0.0, 1.0, 0)) == "nothing to compare"
    assert [words.one_in(share) for share in (0.0029, 0.2, 0.0)] == ["1 in 340", "1 in 5.0", "none"]


def test_no_axis_of_rates_goes_beyond_all_of_them():
    """Where so few people were measured that the least rate is 100 %, its decade is the one below."""
    scale = log_scale(1.0, 1.0, "missed", str)
    assert (scale.low, scale.high) == (0.1, 1.0)
    assert [value for value, _ in scale.ticks] == [0.1, 1.0]
