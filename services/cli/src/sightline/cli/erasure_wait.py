"""Waiting for the two moments of an erasure: from when on nobody is found, and from when on nothing is on the disk."""

import asyncio
import time
from pathlib import Path
from typing import Any

import typer

from sightline.chassis.errors import Unavailable
from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.duration import parse_duration
from sightline.cli.moments import moment
from sightline.v1 import erasure_service_pb2 as pb

LOOK_EVERY = 1.0


def await_erasure(state_dir: Path, receipt_id: str, at_most: str) -> None:
    """Print each of the moments when it has come.

    Args:
        state_dir: of the system.
        receipt_id: of the erasure.
        at_most: how long it may take, as 25h.

    Raises:
        InvalidInput: DURATION_INVALID.
        Unavailable: NOT_ON_DISK_YET, the time is over.
    """
    until = time.monotonic() + parse_duration(at_most).total_seconds()
    ask(state_dir, "erasure", lambda erasure: _follow(erasure, receipt_id, until))


async def _follow(erasure: Any, receipt_id: str, until: float) -> None:
    request, said = pb.GetErasureReceiptRequest(receipt_id=receipt_id), False
    while True:
        found = (await erasure.GetErasureReceipt(request, timeout=CALL_SECONDS)).receipt
        if not said and found.HasField("not_searchable_time"):
            typer.echo(f"not searchable since {moment(found.not_searchable_time, absent='')}")
            said = True
        if found.HasField("not_on_disk_time"):
            typer.echo(f"not on disk since {moment(found.not_on_disk_time, absent='')}")
            return
        if time.monotonic() >= until:
            raise Unavailable(
                "NOT_ON_DISK_YET",
                "It is not said yet that nothing is on the disk; `sightline gallery rebuild` does it now, and "
                f"`sightline erasure show {receipt_id}` looks again. With a Qdrant server it is never said.",
            )
        await asyncio.sleep(LOOK_EVERY)
