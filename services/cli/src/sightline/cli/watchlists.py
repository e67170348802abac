"""`sightline watchlists`: who is being looked for, and why."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.cli.client import CALL_SECONDS, ask, every_page
from sightline.cli.expiry import NEVER, ExpiresOption, expire_time
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption
from sightline.cli.priority import Priority
from sightline.cli.targets import AlarmsOption, TargetFpirOption, TracksOption, put_target
from sightline.cli.watchlist_view import show_watchlist, show_watchlists
from sightline.v1 import approval_service_pb2 as approval_pb
from sightline.v1 import gallery_service_pb2 as pb

app = typer.Typer(help="Watchlists: named sets of people, each with its purpose.", no_args_is_help=True)

_KEEP = "Keep a part of each picture, encrypted, for a later model."


class Review(StrEnum):
    """How many people look at an alert before it goes out."""

    NONE = "none"
    ONE = "one"
    TWO = "two"


_POLICIES = {
    Review.NONE: pb.REVIEW_POLICY_NONE,
    Review.ONE: pb.REVIEW_POLICY_ONE,
    Review.TWO: pb.REVIEW_POLICY_TWO,
}


@app.command()
def create(
    name: str,
    purpose: Annotated[str, typer.Option(help="What the watchlist is for.")],
    legal_basis: Annotated[str, typer.Option(help="The law or order that allows it.")] = "",
    review: Annotated[
        Review | None, typer.Option(help="How many people look before an alert goes out; unset: the policy's.")
    ] = None,
    priority: Annotated[Priority, typer.Option(help="How soon somebody should look at its alerts.")] = Priority.NORMAL,
    cooldown: Annotated[int, typer.Option(help="Seconds of pause that end an alert; 0: the default.")] = 0,
    threshold: Annotated[float | None, typer.Option(help="Expert: cosine from which a face counts.")] = None,
    target_fpir: TargetFpirOption = None,
    alarms_per_day: AlarmsOption = None,
    tracks_per_day: TracksOption = None,
    keep_references: Annotated[bool, typer.Option("--keep-references", help=_KEEP)] = False,
    expires: ExpiresOption = None,
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Make a watchlist."""
    watchlist = pb.Watchlist(
        name=name,
        purpose=purpose,
        legal_basis=legal_basis,
        review_policy=_POLICIES[review] if review else pb.REVIEW_POLICY_UNSPECIFIED,
        priority=f"ALERT_PRIORITY_{priority.name}",
        threshold=threshold,
        keep_references=keep_references,
        expire_time=expire_time(expires) if expires else None,
    )
    put_target(watchlist, target_fpir, alarms_per_day, tracks_per_day)
    if cooldown:
        watchlist.cooldown.FromSeconds(cooldown)
    answer = ask(
        state_dir,
        "gallery",
        lambda gallery: gallery.CreateWatchlist(pb.CreateWatchlistRequest(watchlist=watchlist), timeout=CALL_SECONDS),
    )
    show_watchlist(answer.watchlist, json=json)


@app.command("list")
def list_watchlists(
    prefix: Annotated[str, typer.Option(help="Only those whose name begins so.")] = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show every watchlist."""
    found = ask(
        state_dir,
        "gallery",
        lambda gallery: every_page(gallery.ListWatchlists, pb.ListWatchlistsRequest(name_prefix=prefix), "watchlists"),
    )
    show_watchlists(found, json=json)


@app.command()
def get(watchlist: str, state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Show one watchlist, by name or id."""
    answer = ask(
        state_dir,
        "gallery",
        lambda gallery: gallery.GetWatchlist(pb.GetWatchlistRequest(watchlist=watchlist), timeout=CALL_SECONDS),
    )
    show_watchlist(answer.watchlist, json=json)


@app.command()
def update(
    watchlist: str,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    reason: Annotated[str | None, typer.Option(help="What the watchlist is for.")] = None,
    legal_basis: Annotated[str | None, typer.Option(help="The law or order that allows it.")] = None,
    review: Annotated[Review | None, typer.Option(help="How many people look before an alert goes out.")] = None,
    priority: Annotated[Priority | None, typer.Option(help="How soon somebody should look at its alerts.")] = None,
    cooldown: Annotated[int | None, typer.Option(help="Seconds of pause that end an alert.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Expert: cosine from which a face counts.")] = None,
    target_fpir: TargetFpirOption = None,
    alarms_per_day: AlarmsOption = None,
    tracks_per_day: TracksOption = None,
    keep_references: Annotated[bool | None, typer.Option(help=_KEEP)] = None,
    expires: ExpiresOption = None,
    clear: Annotated[
        list[str] | None, typer.Option(help="A field to unset, such as threshold; again for more.")
    ] = None,
    etag: Annotated[str, typer.Option(help="Only if the watchlist is still in this state.")] = "",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Change a watchlist; what is not given stays."""
    given: dict[str, Any] = {
        "name": name,
        "purpose": reason,
        "legal_basis": legal_basis,
        "review_policy": _POLICIES[review] if review else None,
        "priority": f"ALERT_PRIORITY_{priority.name}" if priority else None,
        "cooldown": timedelta(seconds=cooldown) if cooldown is not None else None,
        "threshold": threshold,
        "keep_references": keep_references,
        "expire_time": expire_time(expires) if expires else None,
    }
    changes = pb.Watchlist(**{field: value for field, value in given.items() if value is not None})
    target = put_target(changes, target_fpir, alarms_per_day, tracks_per_day)
    paths = [field for field, value in given.items() if value is not None]
    paths += [target] if target else []
    paths += ["expire_time"] if expires == NEVER else []
    request = pb.UpdateWatchlistRequest(
        watchlist=watchlist,
        changes=changes,
        update_mask=FieldMask(paths=[*paths, *(clear or [])]),
        etag=etag,
        purpose=purpose,
        case_reference=case,
    )
    answer = ask(state_dir, "gallery", lambda gallery: gallery.UpdateWatchlist(request, timeout=CALL_SECONDS))
    show_watchlist(answer.watchlist, json=json)


@app.command()
def approve(
    watchlist: str,
    reason: Annotated[str, typer.Option(help="Why you agree.")] = "",
    etag: Annotated[str, typer.Option(help="Only if the watchlist is still in the state that you have seen.")] = "",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Agree that people are looked for in a watchlist that somebody else made."""
    why = {"reason": reason, "purpose": purpose, "case_reference": case}
    request = approval_pb.ApproveWatchlistRequest(watchlist=watchlist, etag=etag, **why)
    answer = ask(state_dir, "approvals", lambda approvals: approvals.ApproveWatchlist(request, timeout=CALL_SECONDS))
    typer.echo(f"{answer.watchlist.name} approved; people are looked for in it from now on")


@app.command()
def reject(
    watchlist: str,
    reason: Annotated[str, typer.Option(help="Why you do not agree.")],
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Reject a watchlist that waits for approval: it is deleted with everybody in it."""
    why = {"reason": reason, "purpose": purpose, "case_reference": case}
    request = approval_pb.RejectWatchlistRequest(watchlist=watchlist, **why)
    answer = ask(state_dir, "approvals", lambda approvals: approvals.RejectWatchlist(request, timeout=CALL_SECONDS))
    typer.echo(f"rejected and deleted; receipt {answer.receipt_id}")


@app.command()
def delete(
    watchlist: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Delete a watchlist with every person and face in it."""
    if not yes:
        typer.confirm(f"Delete {watchlist} and everybody in it?", abort=True)
    request = pb.DeleteWatchlistRequest(watchlist=watchlist, purpose=purpose, case_reference=case)
    answer = ask(
        state_dir,
        "gallery",
        lambda gallery: gallery.DeleteWatchlist(request, timeout=CALL_SECONDS),
    )
    count = answer.deleted_faces
    typer.echo(f"deleted with {count} face{'' if count == 1 else 's'}; receipt {answer.receipt_id}")
