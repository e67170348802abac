"""Releases side by side: a value that only a newer one knows is shown by its number, and ends no command or service."""

from __future__ import annotations

import re
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "services"
# What raises for a number that the contract has not: `Kind.Name(value)` and `….values_by_number[value]`.
RAISING = re.compile(r"(?<!\bx509)\.Name\(|\bvalues_by_number\[")


def test_nothing_asks_for_the_name_of_a_value_that_may_be_unknown():
    """`sightline.chassis.enum_names` has one way for all of them; the pattern finds what it is for."""
    sources = {path: path.read_text() for path in SERVICES.glob("*/src/**/*.py")}
    assert len(sources) > 500
    assert [str(path.relative_to(SERVICES)) for path, text in sources.items() if RAISING.search(text)] == []
    assert RAISING.search("pb.AlertState.Name(alert.state)")
    assert RAISING.search("kind.DESCRIPTOR.values_by_number[7]")
    assert not RAISING.search("x509.Name([])")
