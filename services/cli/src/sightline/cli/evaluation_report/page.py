"""Writes the report: `report.html`, which needs nothing beside it, and `report.json` with the same figures."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sightline.chassis.calibration import published_hashes
from sightline.chassis.errors import InvalidInput
from sightline.chassis.pack import Pack
from sightline.cli.evaluation.findings import QUALITY, Differential, Findings, Wanted
from sightline.cli.evaluation.resampling import SEED
from sightline.cli.evaluation_report import plots, words
from sightline.cli.evaluation_report.anchors import ANCHORS
from sightline.cli.evaluation_report.answers import answers_of
from sightline.cli.evaluation_report.figures import as_figures
from sightline.cli.evaluation_report.tracks import track_rows, tracks_det
from sightline.cli.material import Material

HTML, JSON = "report.html", "report.json"
# More groups than that are in the JSON alone.
_MOST_GROUPS = 24
_RATES = {
    "fmr": "False matches: two people of the group taken for one",
    "fnmr": "False non-matches: one person taken for two",
    "fte": "Failures to enrol: no face found in the picture",
}


@dataclass(frozen=True)
class Report:
    """What a report is of."""

    findings: Findings
    material: Material
    pack: Pack
    wanted: Wanted


def write_report(folder: Path, report: Report) -> Path:
    """Write both files; what is there is replaced. There are no names, pictures or templates in them.

    Returns:
        The HTML page.

    Raises:
        InvalidInput: REPORT_NOT_WRITTEN.
    """
    now = datetime.now(UTC)
    figures = json.dumps(facts_of(report, now) | as_figures(report.findings), indent=1, allow_nan=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JSON).write_text(figures + "\n", encoding="utf-8")
        (folder / HTML).write_text(render(report, now), encoding="utf-8")
    except OSError as error:
        raise InvalidInput("REPORT_NOT_WRITTEN", f"{folder} cannot be written: {error.strerror}.") from error
    return folder / HTML


def facts_of(report: Report, now: datetime) -> dict[str, Any]:
    """Give what was tested, and with what."""
    pack, material = report.pack, report.material
    templates = material.measured.templates
    return {
        "format": 1,
        "pack": pack.name,
        "fit_for": pack.fit_for,
        "facts": list(pack.facts),
        "detector_id": pack.detector_id,
        "detector_sha256": list(published_hashes(pack.detector.files)),
        "embedder_id": pack.embedder_id,
        "embedder_sha256": list(published_hashes(pack.embedder.files)),
        "dataset": material.dataset.name,
        "dataset_sha256": material.sha256,
        "people": int((templates.sizes > 0).sum()),
        "people_with_two": int((templates.sizes > 1).sum()),
        "pictures": len(material.dataset.pictures),
        "track_count": len({(each.person, each.track) for each in material.dataset.pictures if each.track}),
        "unlabelled": material.dataset.unlabelled,
        "problems": dict(sorted(material.problems.items())),
        "resamples": report.wanted.resamples,
        "seed": SEED,
        "labels": list(report.wanted.labels),
        "create_time": now.isoformat(timespec="seconds"),
        "tool": f"sightline evaluate {version('sightline-cli')}",
    }


def render(report: Report, now: datetime) -> str:
    """Give the page's text; whatever comes from the data set or the pack is escaped."""
    import jinja2  # noqa: PLC0415 - it takes a tenth of a second, which other commands need not pay

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sightline.cli.evaluation_report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        each.__name__: each
        for each in (words.percent, words.rate, words.spread, words.decade, words.times, words.called)
    }
    findings = report.findings
    drawn = {
        "det": plots.det(findings.verification, findings.thresholds),
        "histogram": plots.histogram(findings),
        "galleries": plots.galleries(findings.galleries),
        "tracks": tracks_det(findings.tracks.forms) if findings.tracks else "",
    }
    return environment.get_template("report.html").render(
        facts=facts_of(report, now),
        pack=report.pack,
        found=findings,
        answers=answers_of(findings),
        track_rows=track_rows(findings.tracks) if findings.tracks else [],
        at={each.name: each for each in findings.thresholds},
        plots={name: _drawing(text) for name, text in drawn.items()},
        sections=[_section(each) for each in findings.differentials if each.columns != (QUALITY,)],
        quality=[_section(each) for each in findings.differentials if each.columns == (QUALITY,)],
        anchors=ANCHORS,
        day=now.strftime("%-d %B %Y"),
    )


def _section(differential: Differential) -> dict[str, Any]:
    groups = sorted(differential.groups, key=lambda group: -group.people)
    shown = sorted(groups[:_MOST_GROUPS], key=lambda group: group.name)
    return {
        "of": differential,
        "hidden": len(groups) - len(shown),
        "rates": [
            {
                "kind": kind,
                "says": says,
                "plot": _drawing(plots.group_bars(shown, kind)),
                "ratio": differential.ratios[kind],
            }
            for kind, says in _wanted_rates(differential)
        ],
    }


def _wanted_rates(differential: Differential) -> Sequence[tuple[str, str]]:
    """Whether a face was found does not depend on the threshold, nor, where none was found, on its quality."""
    with_enrolment = differential.threshold == "common" and differential.columns != (QUALITY,)
    return [(kind, says) for kind, says in _RATES.items() if kind != "fte" or with_enrolment]


def _drawing(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - our own SVG, in which all text was escaped
