"""How SQLite finds the alerts that somebody may see: by an index, whatever grants they have."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sightline.chassis.identity.rights import EVERYTHING, FULL_REACH, Part, Reach, Selection
from sightline.notify.alert_filter import AlertFilter
from sightline.notify.projection import SCHEMA

NARROW = Part(Selection.of("a"), Selection.of("c"))
OTHER = Part(Selection.of("b"), Selection.of("d"))
EVERYWHERE = Part(Selection.of("b"), EVERYTHING)
FOR_ALL = Part(EVERYTHING, Selection.of("d"))
BY_PLACE, BY_TIME = ("alerts_by_source", "alerts_by_watchlist"), ("alerts_by_creation",)


@pytest.fixture
def plan():
    """A function that gives the steps in which SQLite finds a page of alerts for a reach."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)

        def steps(reach):
            condition, values = AlertFilter(reach).condition()
            query = (
                f"EXPLAIN QUERY PLAN SELECT alert FROM alerts WHERE {condition} ORDER BY created DESC, id DESC LIMIT 51"  # noqa: S608 - our own columns
            )
            return [step for *_, step in db.execute(query, values)]

        yield steps


@pytest.mark.parametrize(
    ("parts", "indexes"),
    [
        ([NARROW], BY_PLACE),
        ([NARROW, OTHER], BY_PLACE),
        ([NARROW, EVERYWHERE], BY_PLACE),
        ([NARROW, FOR_ALL], BY_PLACE),
        ([EVERYWHERE, FOR_ALL], BY_TIME),
    ],
)
def test_alerts_are_found_by_an_index_and_once(plan, parts, indexes):
    """By what all parts have together, or the newest first where that is everything; never part by part."""
    steps = plan(Reach.summed(parts, EVERYTHING))
    found = [step for step in steps if "alerts" in step]
    assert len(found) == 1
    assert found[0].startswith(tuple(f"SEARCH alerts USING INDEX {index} " for index in indexes))
    assert "MULTI-INDEX OR" not in steps


def test_who_may_see_all_is_asked_nothing():
    """No part of the query is about watchlists or sources."""
    condition, values = AlertFilter(FULL_REACH).condition()
    assert condition == "(created, id) < (?, ?)"
    assert len(values) == 2
