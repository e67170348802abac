"""`sightline alerts`: who was seen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.cli.client import ask, every_page, watchlist_id
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_json_line, print_table
from sightline.v1 import alert_service_pb2 as pb

_COLUMNS = ("at", "person", "similarity", "state", "source", "id")


def alerts(
    watchlist: Annotated[str, typer.Option(help="Name or id; empty: all.")] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Wait for new ones, until Ctrl-C.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = 50,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show alerts, the newest first; with --follow those that come, and every change of them."""
    only = watchlist_id(state_dir, watchlist) if watchlist else ""
    if follow:
        request = pb.WatchAlertsRequest(watchlist_id=only, purpose=purpose, case_reference=case)
        ask(state_dir, "alerts", lambda alerts: _follow(alerts, request, json=json))
        return
    page = pb.ListAlertsRequest(watchlist_id=only, purpose=purpose, case_reference=case)
    found = ask(
        state_dir,
        "alerts",
        lambda alerts: every_page(alerts.ListAlerts, page, "alerts", limit),
    )
    if json:
        print_json([_without_crop(alert) for alert in found])
    else:
        print_table(_COLUMNS, (_row(alert) for alert in found), empty="there are no alerts")


async def _follow(alerts: Any, request: pb.WatchAlertsRequest, *, json: bool) -> None:
    async for answer in alerts.WatchAlerts(request):
        if json:
            print_json_line(_without_crop(answer.alert))
        else:
            typer.echo("  ".join(map(str, _row(answer.alert))))


def _row(alert: pb.Alert) -> Sequence[str]:
    at = alert.start_time.ToDatetime().isoformat(sep=" ", timespec="seconds")
    state = pb.AlertState.Name(alert.state).removeprefix("ALERT_STATE_").lower()
    similarity = f"{alert.person.similarity:.1f}"
    return at, alert.person.external_id, similarity, state, alert.source, alert.id


def _without_crop(alert: pb.Alert) -> dict[str, object]:
    """Give an alert for programs; pictures have a call of their own."""
    bare = pb.Alert()
    bare.CopyFrom(alert)
    bare.sighting.ClearField("crop")
    return as_dict(bare)
