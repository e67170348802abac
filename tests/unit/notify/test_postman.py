"""How long what failed waits for its next attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from sightline.notify.postman import Postman
from sightline.v1 import delivery_records_pb2 as records

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("due", "wait"), [(-60, 0.0), (60, 60.0), (6 * 3600, 6 * 3600.0), (24 * 3600, 0.0)])
async def test_it_waits_as_long_as_it_was_told_unless_the_clock_was_set_back(due, wait):
    """A receiver may ask for six hours; what would wait for a day was written down by a clock that was wrong."""
    known = records.UndeliveredRecord(sequences=[5])
    known.next_attempt_time.FromDatetime(NOW + timedelta(seconds=due))
    undelivered, tools = SimpleNamespace(of=lambda _: known), SimpleNamespace(clock=lambda: NOW)
    assert await Postman(None, None, undelivered, None, tools)._wait("alert", 5) == wait
