"""Waiting for the moments of an erasure."""

from __future__ import annotations

import time

import pytest

from sightline.chassis.errors import Unavailable
from sightline.cli import erasure_wait
from sightline.v1 import erasure_service_pb2 as pb


class FakeErasures:
    """Answers with one receipt after another, and with the last one for good."""

    def __init__(self, *receipts):
        self._receipts = list(receipts)

    async def GetErasureReceipt(self, request, timeout):  # noqa: ARG002, ASYNC109 - as the stub has it
        """The next one."""
        receipt = self._receipts.pop(0) if len(self._receipts) > 1 else self._receipts[0]
        return pb.GetErasureReceiptResponse(receipt=receipt)


NOTHING = pb.ErasureReceipt()
UNFOUND = pb.ErasureReceipt(not_searchable_time={"seconds": 60})
CLEAN = pb.ErasureReceipt(not_searchable_time={"seconds": 60}, not_on_disk_time={"seconds": 3600})


async def test_each_moment_is_said_once_when_it_has_come(capsys, monkeypatch):
    """In their order, however often one looks in between."""
    monkeypatch.setattr(erasure_wait, "LOOK_EVERY", 0.0)
    await erasure_wait._follow(FakeErasures(NOTHING, UNFOUND, UNFOUND, CLEAN), "r" * 26, time.monotonic() + 60)
    said = "not searchable since 1970-01-01 00:01:00\nnot on disk since 1970-01-01 01:00:00\n"
    assert capsys.readouterr().out == said


async def test_waiting_ends(capsys):
    """With a reason, and with what can be done, where the disk is not clean by then."""
    with pytest.raises(Unavailable, match=r"NOT_ON_DISK_YET.*gallery rebuild"):
        await erasure_wait._follow(FakeErasures(UNFOUND), "r" * 26, time.monotonic() - 1)
    assert "not searchable since" in capsys.readouterr().out
