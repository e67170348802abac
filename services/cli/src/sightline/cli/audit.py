"""`sightline audit`: who did what, to what, and why; and whether the trail is still what it was."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from sightline.chassis.ids import derived_id, is_id
from sightline.cli.audit_seals import anchor, export, verify
from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.moments import moment
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json_line
from sightline.v1 import audit_service_pb2 as pb
from sightline.v1.events_pb2 import AuditEvent

app = typer.Typer(
    help="The audit trail: who did what, to what, and why. This takes the role auditor; reading it is an entry, too.",
    no_args_is_help=True,
)

SubjectOption = Annotated[str, typer.Option(help="Only what this handle, id or service:NAME did.")]
ActionOption = Annotated[str, typer.Option(help="Only actions that begin so, as 'gallery.'.")]
SinceOption = Annotated[
    datetime | None, typer.Option(help="Only from this moment on, in UTC, as 2026-11-29 or 2026-11-29T14:00:00.")
]


@app.command("list")
def list_entries(
    subject: SubjectOption = "",
    action: ActionOption = "",
    about: Annotated[str, typer.Option("--object", help="Only about what has this id.")] = "",
    outcome: Annotated[str, typer.Option(help="Only with this outcome: ok, or a reason as ROLE_MISSING.")] = "",
    since: SinceOption = None,
    until: Annotated[datetime | None, typer.Option(help="Only before this moment, in UTC.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many.", min=1)] = None,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show entries, the oldest first."""
    request = pb.ListAuditRequest(
        subject_id=_subject_id(subject),
        action=action,
        object_id=about,
        outcome=outcome,
        start_time=_stamp(since),
        end_time=_stamp(until),
        purpose=purpose,
        case_reference=case,
    )
    ask(state_dir, "audit", lambda trail: _list(trail, request, limit, json=json))


@app.command()
def follow(
    after: Annotated[int | None, typer.Option(help="From behind this sequence on; unset: from now on.", min=0)] = None,
    since: SinceOption = None,
    subject: SubjectOption = "",
    action: ActionOption = "",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show entries as they come, until Ctrl-C."""
    begin = datetime.now(UTC) if after is None and since is None else since
    request = pb.WatchAuditRequest(
        after_sequence=after or 0,
        subject_id=_subject_id(subject),
        action=action,
        follow=True,
        start_time=_stamp(begin),
        purpose=purpose,
        case_reference=case,
    )
    ask(state_dir, "audit", lambda trail: _follow(trail, request, json=json))


app.command()(verify)
app.command()(export)
app.command()(anchor)


def _subject_id(name: str) -> str:
    """Give the id under which the trail has a subject: a handle's id follows from it."""
    return name if not name or is_id(name) or ":" in name else derived_id("subject", name)


def _stamp(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


async def _list(trail: Any, request: pb.ListAuditRequest, limit: int | None, *, json: bool) -> None:
    left = limit
    while left is None or left > 0:
        page = await trail.ListAudit(request, timeout=CALL_SECONDS)
        for each in page.events[:left]:
            _print(each, json=json)
        left = None if left is None else left - len(page.events)
        request.page_token = page.next_page_token
        if not request.page_token:
            return


async def _follow(trail: Any, request: pb.WatchAuditRequest, *, json: bool) -> None:
    async for answer in trail.WatchAudit(request):
        _print(answer, json=json)


def _print(answer: pb.ListedAuditEvent | pb.WatchAuditResponse, *, json: bool) -> None:
    if json:
        print_json_line(as_dict(answer))
    else:
        typer.echo(_line(answer.sequence, answer.event))


def _line(sequence: int, event: AuditEvent) -> str:
    who = f"{event.principal or event.peer}{f' via {event.via}' if event.via else ''}"
    what = f"{event.action} {event.object_kind} {event.object_id}".rstrip()
    often = f"{event.count} times" if event.count > 1 else ""
    why = " ".join(filter(None, (event.purpose, event.case_reference)))
    parts = (str(sequence), moment(event.time, absent="no time"), who, what, event.outcome, often, event.detail, why)
    return "  ".join(filter(None, parts))
