"""`sightline enrolments`: what waits for somebody's approval, and what becomes of it."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from sightline.chassis.enum_names import enum_word
from sightline.cli.client import CALL_SECONDS, ask, every_page
from sightline.cli.moments import moment
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.v1 import approval_service_pb2 as pb
from sightline.v1 import gallery_service_pb2 as gallery_pb

app = typer.Typer(
    help="Enrolments that somebody else has to approve, where the policy asks for that.", no_args_is_help=True
)

_STATE_DIR = Path(".sightline")
_COLUMNS = ("enrolment or import", "watchlist", "faces", "persons", "asked by", "made", "decide by", "purpose")
IdArgument = Annotated[str, typer.Argument(help="Id of the enrolment, or with --import of the import.")]
WatchlistOption = Annotated[str, typer.Option(help="Name or id.")]
ImportOption = Annotated[bool, typer.Option("--import", help="All of an import that waits.")]


class State(StrEnum):
    """What became of it."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    LAPSED = "lapsed"


@app.command("list")
def list_enrolments(
    watchlist: Annotated[str, typer.Option(help="Name or id; empty: all.")] = "",
    state: Annotated[State, typer.Option(help="What became of them.")] = State.PENDING,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Show what waits for approval, an import as one line; or what was decided."""
    wanted = f"APPROVAL_{state.name}"
    request = pb.ListEnrolmentsRequest(watchlist=watchlist, approval=wanted, purpose=purpose, case_reference=case)
    found = ask(state_dir, "approvals", lambda stub: every_page(stub.ListEnrolments, request, "enrolments"))
    if json:
        print_json([as_dict(each) for each in found])
    else:
        print_table(_COLUMNS, _rows(found), empty=f"no enrolment is {state}")


@app.command()
def show(
    enrolment: Annotated[str, typer.Argument(help="Its id.")],
    watchlist: WatchlistOption,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Show the faces of an enrolment and whose they are; `sightline faces show` has their pictures."""
    why = {"purpose": purpose, "case_reference": case}
    request = pb.GetEnrolmentRequest(watchlist=watchlist, enrolment_id=enrolment, **why)
    answer = ask(state_dir, "approvals", lambda stub: stub.GetEnrolment(request, timeout=CALL_SECONDS))
    if json:
        print_json(as_dict(answer))
        return
    persons = {person.id: person for person in answer.persons}
    rows = (
        (face.id, persons[face.person_id].external_id, persons[face.person_id].display_name, face.purpose)
        for face in answer.faces
        if face.person_id in persons
    )
    print_table(("face", "person", "name", "purpose"), rows, empty="none of its faces is there any more")
    if answer.enrolment.approver:
        said = enum_word(gallery_pb.Approval, answer.enrolment.approval)
        typer.echo(f"{said} by {answer.enrolment.approver}: {answer.enrolment.reason}")


@app.command()
def approve(
    enrolment: IdArgument,
    watchlist: WatchlistOption,
    whole_import: ImportOption = False,
    faces: Annotated[int, typer.Option(help="Only if it is still about so many faces; 0: however many.", min=0)] = 0,
    reason: Annotated[str, typer.Option(help="Why you agree.")] = "",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
) -> None:
    """Agree that these people are looked for. Nobody approves what they asked for themselves."""
    request = pb.ApproveEnrolmentRequest(
        watchlist=watchlist,
        face_count=faces,
        reason=reason,
        purpose=purpose,
        case_reference=case,
        **_which(enrolment, whole_import=whole_import),
    )
    answer = ask(state_dir, "approvals", lambda stub: stub.ApproveEnrolment(request, timeout=CALL_SECONDS))
    typer.echo(f"approved; {_faces(answer.face_count)} can be found from now on")


@app.command()
def reject(
    enrolment: IdArgument,
    watchlist: WatchlistOption,
    reason: Annotated[str, typer.Option(help="Why you do not agree.")],
    whole_import: ImportOption = False,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = _STATE_DIR,
) -> None:
    """Have the faces erased, and whoever has no other face."""
    request = pb.RejectEnrolmentRequest(
        watchlist=watchlist,
        reason=reason,
        purpose=purpose,
        case_reference=case,
        **_which(enrolment, whole_import=whole_import),
    )
    answer = ask(state_dir, "approvals", lambda stub: stub.RejectEnrolment(request, timeout=CALL_SECONDS))
    typer.echo(f"rejected; {_faces(answer.face_count)} are being erased")


def _which(enrolment: str, *, whole_import: bool) -> dict[str, str]:
    return {"import_id" if whole_import else "enrolment_id": enrolment}


def _rows(enrolments: Iterable[pb.Enrolment]) -> Iterator[tuple[object, ...]]:
    def key(each: pb.Enrolment) -> str:
        return each.import_id or each.id

    for _, group in groupby(sorted(enrolments, key=key), key):
        parts = sorted(group, key=lambda each: each.create_time.ToNanoseconds())
        first = parts[0]
        yield (
            f"import {first.import_id}" if first.import_id else first.id,
            first.watchlist_id,
            sum(each.face_count for each in parts),
            # A person may have faces in several parts.
            max(each.person_count for each in parts) if len(parts) == 1 else "",
            ", ".join(sorted({each.requester for each in parts})),
            moment(first.create_time, absent=""),
            moment(first.decide_by_time, absent=""),
            first.purpose,
        )


def _faces(count: int) -> str:
    return f"{count} face{'' if count == 1 else 's'}"
