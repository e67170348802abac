"""Erasures as notify hears of them."""

from __future__ import annotations

import asyncio
import time

from sightline.chassis.receipts import Step
from sightline.notify import erasure_lane
from sightline.notify.erasure_lane import ErasureLane
from sightline.v1.erasure_service_pb2 import ReceiptEntry


class Forgets:
    """Notes up to when somebody is forgotten."""

    def __init__(self):
        self.until = []

    async def person(self, _, until):
        self.until.append(until)


class EnrolledAgain:
    """A graveyard in which nobody lies."""

    async def is_gone(self, *_):
        return False


async def test_a_clock_that_is_behind_holds_no_erasure_up(monkeypatch):
    """Whoever is enrolled again is forgotten up to the erasure, which by our clock is an hour ahead."""
    monkeypatch.setattr(erasure_lane, "SETTLE_SECONDS", 0.2)
    entry, forgets = ReceiptEntry(step=Step.KEY_DESTROYED, watchlist_id="w" * 26, person_id="p" * 26), Forgets()
    entry.time.FromSeconds(int(time.time()) + 3600)
    async with asyncio.timeout(60):
        await ErasureLane(forgets, EnrolledAgain()).handle(entry)
    assert forgets.until == [entry.time.ToNanoseconds()]
