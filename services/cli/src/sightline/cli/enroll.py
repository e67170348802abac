"""`sightline enroll`: puts faces of one photo into a watchlist."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sightline.chassis.errors import InvalidInput
from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json
from sightline.cli.pictures import read_picture
from sightline.v1 import face_pb2
from sightline.v1 import gallery_service_pb2 as pb


class Gate(StrEnum):
    """How good a face has to be."""

    OFF = "off"
    STANDARD = "standard"
    STRICT = "strict"


GATES = {
    Gate.OFF: pb.QUALITY_GATE_OFF,
    Gate.STANDARD: pb.QUALITY_GATE_STANDARD,
    Gate.STRICT: pb.QUALITY_GATE_STRICT,
}
_SELECTIONS = {
    "only": pb.FACE_SELECTION_ONLY,
    "largest": pb.FACE_SELECTION_LARGEST,
    "all": pb.FACE_SELECTION_ALL,
}
_NOT_MEANT = "EXCEEDS_MAX_FACES"
_NUMBER = r"(-?[0-9]*\.?[0-9]+)"
_AT_BOX = re.compile(rf"at {_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}")


def enroll(
    photo: Annotated[Path, typer.Argument(help="A picture of the person.")],
    watchlist: Annotated[str, typer.Option(help="Name or id.")],
    person: Annotated[str, typer.Option(help="The person's id in your own records.")],
    display_name: Annotated[str, typer.Option(help="Shown to reviewers.")] = "",
    face: Annotated[
        str, typer.Option(help='only, largest, all, or "at X,Y,W,H": a box in ratios of the picture.')
    ] = "only",
    quality: Annotated[Gate, typer.Option(help="How good a face has to be.")] = Gate.STANDARD,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Enrol a person from a photo; the same photo again changes nothing."""
    selection, box = parse_selection(face)
    request = pb.EnrollFaceRequest(
        watchlist=watchlist,
        person=person,
        display_name=display_name,
        image=read_picture(photo),
        purpose=purpose,
        case_reference=case,
        selection=selection,
        box=box,
        quality_gate=GATES[quality],
    )
    answer = ask(
        state_dir,
        "gallery",
        lambda gallery: gallery.EnrollFace(request, timeout=CALL_SECONDS),
    )
    if json:
        print_json(as_dict(answer))
        return
    _tell(answer)


def parse_selection(text: str) -> tuple[pb.FaceSelection, face_pb2.BoundingBox | None]:
    """Read which faces are meant.

    Raises:
        InvalidInput: FACE_INVALID.
    """
    if text in _SELECTIONS:
        return _SELECTIONS[text], None
    found = _AT_BOX.fullmatch(text)
    if found is None:
        message = f"'{text}' is none of only, largest, all and 'at X,Y,W,H', as in 'at 0.1,0.2,0.3,0.4'"
        raise InvalidInput("FACE_INVALID", message)
    left, top, width, height = map(float, found.groups())
    return pb.FACE_SELECTION_AT_BOX, face_pb2.BoundingBox(left=left, top=top, width=width, height=height)


def _tell(answer: pb.EnrollFaceResponse) -> None:
    for each in answer.enrolled:
        pending = each.face.approval == pb.APPROVAL_PENDING
        done = "waits for approval" if pending else "enrolled" if each.created else "was enrolled before"
        quality = each.face.face.quality.overall
        typer.echo(f"{answer.person.external_id} {done}: face {each.face.id}, quality {quality:.2f}")
        for warning in each.warnings:
            typer.echo(f"  warning {warning.reason}: {warning.message}")
    if answer.enrolment_id:
        typer.echo(f"  somebody else has to approve enrolment {answer.enrolment_id}: `sightline enrolments approve`")
    for left_out in answer.unenrolled:
        box = left_out.face.bounding_box
        where = f"{box.left:.2f},{box.top:.2f},{box.width:.2f},{box.height:.2f}"
        for reason in left_out.reasons:
            is_other = reason.reason == _NOT_MEANT
            what = f'another face: --face "at {where}" means that one' if is_other else reason.message
            typer.echo(f"  not enrolled, at {where}: {reason.reason}: {what}")
