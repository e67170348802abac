"""`sightline audit`: who did what, to what, and why."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.ids import derived_id, is_id
from sightline.cli.client import ask
from sightline.cli.moments import moment
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json_line
from sightline.v1 import audit_service_pb2 as pb
from sightline.v1.events_pb2 import AuditEvent


def audit(
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until Ctrl-C.")] = False,
    after: Annotated[int, typer.Option(help="Only what comes after this sequence.", min=0)] = 0,
    subject: Annotated[str, typer.Option(help="Only what this handle, id or service:NAME did.")] = "",
    action: Annotated[str, typer.Option(help="Only actions that begin so, as 'gallery.'.")] = "",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show the audit trail, the oldest entry first; this takes the role auditor. Reading it is an entry, too."""
    request = pb.WatchAuditRequest(
        after_sequence=after,
        subject_id=_subject_id(subject),
        action=action,
        follow=follow,
        purpose=purpose,
        case_reference=case,
    )
    ask(state_dir, "audit", lambda trail: _print(trail, request, json=json))


def _subject_id(name: str) -> str:
    """Give the id under which the trail has a subject: a handle's id follows from it."""
    return name if not name or is_id(name) or ":" in name else derived_id("subject", name)


async def _print(trail: Any, request: pb.WatchAuditRequest, *, json: bool) -> None:
    async for answer in trail.WatchAudit(request):
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
