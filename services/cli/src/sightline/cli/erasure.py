"""`sightline erasure`: what became of those who were deleted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.client import CALL_SECONDS, ask, every_page
from sightline.cli.moments import moment, moment_ago
from sightline.cli.options import StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.v1 import erasure_service_pb2 as pb

app = typer.Typer(help="Erasure: what became of those who were deleted.", no_args_is_help=True)

_STATE_DIR = Path(".sightline")
_COLUMNS = ("asked for", "of", "not searchable", "not on disk", "receipt")


@app.command("list")
def list_receipts(
    watchlist: Annotated[str, typer.Option(help="Id of a watchlist, which may be deleted; empty: all.")] = "",
    since: Annotated[str | None, typer.Option(help="Only what was asked for in the last 90d, 12h or 30m.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = 50,
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Show receipts of erasures, the newest first. They name nobody."""
    request = pb.ListErasureReceiptsRequest(watchlist_id=watchlist, start_time=moment_ago(since) if since else None)
    found = ask(
        state_dir, "erasure", lambda erasure: every_page(erasure.ListErasureReceipts, request, "receipts", limit)
    )
    if json:
        print_json([as_dict(receipt) for receipt in found])
    else:
        print_table(_COLUMNS, map(_row, found), empty="nobody was deleted")


@app.command()
def show(
    receipt: Annotated[str, typer.Argument(help="Its id, as the deletion said it.")],
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Show every step of an erasure: what each service removed, and when."""
    request = pb.GetErasureReceiptRequest(receipt_id=receipt)
    found = ask(state_dir, "erasure", lambda erasure: erasure.GetErasureReceipt(request, timeout=CALL_SECONDS)).receipt
    if json:
        print_json(as_dict(found))
    else:
        print_table(("at", "service", "step", "count", "what"), _steps(found), empty="")


def _row(receipt: pb.ErasureReceipt) -> tuple[str, ...]:
    of = f"person {receipt.person_id}" if receipt.person_id else f"watchlist {receipt.watchlist_id}"
    return (
        moment(receipt.request_time, absent=""),
        of,
        moment(receipt.not_searchable_time, absent="not yet"),
        moment(receipt.not_on_disk_time, absent="not yet"),
        receipt.id,
    )


def _steps(receipt: pb.ErasureReceipt) -> Iterator[tuple[str, ...]]:
    for entry in receipt.entries:
        yield moment(entry.time, absent=""), entry.service, entry.step, str(entry.count or ""), entry.what
