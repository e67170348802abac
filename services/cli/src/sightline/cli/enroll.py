"""`sightline enroll`: puts the face of one photo into a watchlist."""

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json
from sightline.cli.pictures import read_picture
from sightline.v1 import gallery_service_pb2 as pb


def enroll(
    photo: Annotated[Path, typer.Argument(help="A picture with exactly one face in it.")],
    watchlist: Annotated[str, typer.Option(help="Name or id.")],
    person: Annotated[str, typer.Option(help="The person's id in your own records.")],
    display_name: Annotated[str, typer.Option(help="Shown to reviewers.")] = "",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Enrol a person from a photo; the same photo again changes nothing."""
    request = pb.EnrollFaceRequest(
        watchlist=watchlist,
        person=person,
        display_name=display_name,
        image=read_picture(photo),
        purpose=purpose,
        case_reference=case,
    )
    answer = ask(
        state_dir,
        "gallery",
        lambda gallery: gallery.EnrollFace(request, timeout=CALL_SECONDS),
    )
    if json:
        print_json(as_dict(answer))
        return
    done = "enrolled" if answer.created else "was enrolled before"
    quality = answer.face.face.quality.overall
    typer.echo(f"{answer.person.external_id} {done}: face {answer.face.id}, quality {quality:.2f}")
