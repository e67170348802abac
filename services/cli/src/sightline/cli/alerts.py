"""`sightline alerts`: who was seen, and whether it is them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.cli.alert_states import StateName
from sightline.cli.alert_view import alert_row, alert_rows, noting, state_name, without_crop
from sightline.cli.client import CALL_SECONDS, ask, every_page, watchlist_id
from sightline.cli.moments import moment_ago
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_json_line, print_table
from sightline.cli.private_files import write_private
from sightline.cli.rates_view import RATE_COLUMNS, rate_rows
from sightline.v1 import alert_service_pb2 as pb

app = typer.Typer(help="Alerts: who was seen, and whether it is them.", no_args_is_help=True)

_STATE_DIR = Path(".sightline")
_COLUMNS = ("at", "person", "similarity", "state", "source", "id", "storm")
_REMEMBERED = 1000
AlertArgument = Annotated[str, typer.Argument(help="Its id, as `sightline alerts list` shows it.")]
WatchlistOption = Annotated[str, typer.Option(help="Name or id; empty: all.")]
SourceOption = Annotated[str, typer.Option(help="Id of a camera or a video job; empty: all.")]
SinceOption = Annotated[str | None, typer.Option(help="Only those of the last 90d, 12h or 30m.")]


class Which(StrEnum):
    """Pictures of an alert."""

    SNAPSHOT = "snapshot"
    PROBE = "probe"
    REFERENCE = "reference"


class Sureness(StrEnum):
    """How sure a reviewer is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@app.command("list")
def list_alerts(
    watchlist: WatchlistOption = "",
    source: SourceOption = "",
    person: Annotated[str, typer.Option(help="The system's id of a person; empty: anybody.")] = "",
    state: Annotated[list[StateName] | None, typer.Option(help="In this state; again for more.")] = None,
    since: SinceOption = None,
    storm: Annotated[str, typer.Option(help="Id of a storm: every alert of it.")] = "",
    each: Annotated[bool, typer.Option("--each", help="Every alert, also those of one storm.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many lines, the newest.", min=1)] = 50,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Show alerts, the newest first; a storm is one line with their number, and with --json every alert is there."""
    request = pb.ListAlertsRequest(
        watchlist_id=watchlist_id(state_dir, watchlist) if watchlist else "",
        source=source,
        person_id=person,
        states=[name.number for name in state or ()],
        since=moment_ago(since) if since else None,
        purpose=purpose,
        case_reference=case,
        storm_id=storm,
        collapse_storms=not (storm or each or json),
    )
    sizes: dict[str, int] = {}
    found = ask(state_dir, "alerts", lambda alerts: every_page(noting(alerts, sizes), request, "alerts", limit))
    if json:
        print_json([without_crop(alert) for alert in found])
    else:
        rows = [alert_row(alert, sizes.get(alert.storm_id, 1)) for alert in found]
        # A column without a word in it takes room from the others.
        shown = len(_COLUMNS) if any(row[-1] for row in rows) else len(_COLUMNS) - 1
        print_table(_COLUMNS[:shown], (row[:shown] for row in rows), empty="there are no alerts")


@app.command()
def follow(
    watchlist: WatchlistOption = "",
    since: SinceOption = None,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Show alerts as they come, and every change that a line shows, until Ctrl-C; with --json every change."""
    request = pb.WatchAlertsRequest(
        watchlist_id=watchlist_id(state_dir, watchlist) if watchlist else "",
        since=moment_ago(since) if since else None,
        purpose=purpose,
        case_reference=case,
    )
    ask(state_dir, "alerts", lambda alerts: _follow(alerts, request, json=json))


@app.command()
def show(
    alert: AlertArgument,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Show all that an alert rests on, and what became of it."""
    request = pb.GetAlertRequest(alert_id=alert, purpose=purpose, case_reference=case)
    found = ask(state_dir, "alerts", lambda alerts: alerts.GetAlert(request, timeout=CALL_SECONDS)).alert
    if json:
        print_json(without_crop(found))
    else:
        print_table(("field", "value"), alert_rows(found), empty="")


@app.command()
def picture(
    alert: AlertArgument,
    out: Annotated[Path, typer.Option(help="JPEG file to write, for your eyes alone.")],
    which: Annotated[
        Which,
        typer.Option(
            help="The frame, everybody else blurred; the face that was matched; or the enrolled one that it resembles."
        ),
    ] = Which.SNAPSHOT,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
) -> None:
    """Save one of the pictures that show why."""
    request = pb.GetAlertEvidenceRequest(alert_id=alert, purpose=purpose, case_reference=case)
    answer = ask(state_dir, "alerts", lambda alerts: alerts.GetAlertEvidence(request, timeout=CALL_SECONDS))
    try:
        write_private(out, _chosen(answer, which))
    except OSError as error:
        raise FailedPrecondition("PICTURE_NOT_WRITTEN", f"{out} cannot be written: {error.strerror}") from error
    typer.echo(f"wrote {out}")


@app.command()
def review(
    alert: AlertArgument,
    reason: Annotated[str, typer.Option(help="Why, in a sentence: it stays with the alert.")],
    confirm: Annotated[bool, typer.Option("--confirm", help="It is the enrolled person.")] = False,
    dismiss: Annotated[bool, typer.Option("--dismiss", help="It is somebody else.")] = False,
    sure: Annotated[Sureness, typer.Option(help="How sure you are.")] = Sureness.MEDIUM,
    etag: Annotated[str, typer.Option(help="Of the state that you looked at; refused where it has changed.")] = "",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Decide about an alert: look at its picture first. What others decided is shown once it is settled."""
    if confirm == dismiss:
        raise InvalidInput("DECISION_MISSING", "Say one of --confirm and --dismiss.")
    request = pb.ReviewAlertRequest(
        alert_id=alert,
        decision=pb.REVIEW_DECISION_CONFIRMED if confirm else pb.REVIEW_DECISION_DISMISSED,
        reason=reason,
        confidence=f"REVIEW_CONFIDENCE_{sure.name}",
        etag=etag,
        purpose=purpose,
        case_reference=case,
    )
    answer = ask(state_dir, "alerts", lambda alerts: alerts.ReviewAlert(request, timeout=CALL_SECONDS))
    if json:
        print_json(as_dict(answer))
    else:
        typer.echo(_standing(answer.alert))


@app.command()
def rates(
    watchlist: WatchlistOption = "",
    source: SourceOption = "",
    since: Annotated[str | None, typer.Option(help="Only what was settled in the last 90d, 12h or 30m.")] = None,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Show how many alerts people dismissed, by camera, watchlist and threshold, with 95 % intervals."""
    request = pb.GetFalseAlarmRatesRequest(
        watchlist_id=watchlist_id(state_dir, watchlist) if watchlist else "",
        source=source,
        since=moment_ago(since) if since else None,
        purpose=purpose,
        case_reference=case,
    )
    answer = ask(state_dir, "alerts", lambda alerts: alerts.GetFalseAlarmRates(request, timeout=CALL_SECONDS))
    if json:
        print_json(as_dict(answer))
    else:
        print_table(RATE_COLUMNS, rate_rows(answer), empty="nobody has settled an alert yet")


def _chosen(answer: pb.GetAlertEvidenceResponse, which: Which) -> bytes:
    picture = {Which.SNAPSHOT: answer.picture, Which.PROBE: answer.probe, Which.REFERENCE: answer.reference}[which]
    if not picture:
        raise NotFound(
            "PICTURE_NOT_KEPT",
            f"The alert has no {which}: the watchlist may keep no references, or the service was away.",
        )
    return picture


async def _follow(alerts: Any, request: pb.WatchAlertsRequest, *, json: bool) -> None:
    last: dict[str, tuple[str, ...]] = {}
    async for answer in alerts.WatchAlerts(request):
        row = alert_row(answer.alert)
        if json:
            print_json_line(without_crop(answer.alert))
        elif last.pop(answer.alert.id, None) != row:
            # Its picture came, or somebody was in view for longer: nothing that the line says is another.
            typer.echo("  ".join(row))
        last[answer.alert.id] = row
        if len(last) > _REMEMBERED:
            del last[next(iter(last))]


def _standing(alert: pb.Alert) -> str:
    if alert.reviews_missing:
        return f"noted; it takes {alert.reviews_missing} more"
    return state_name(alert.state)
