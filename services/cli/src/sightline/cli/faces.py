"""`sightline faces`: the enrolled faces of a watchlist."""

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.client import CALL_SECONDS, ask, every_page
from sightline.cli.moments import moment
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.cli.persons import WatchlistOption
from sightline.v1 import gallery_service_pb2 as pb

app = typer.Typer(help="Faces: the enrolled pictures of persons.", no_args_is_help=True)

FaceArgument = Annotated[str, typer.Argument(help="Id of an enrolled face.")]
_COLUMNS = ("face", "person id", "quality", "enrolled", "reference")


@app.command("list")
def list_faces(
    watchlist: WatchlistOption,
    person: Annotated[str, typer.Option(help="Only those of this person.")] = "",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show the enrolled faces."""
    request = pb.ListFacesRequest(watchlist=watchlist, person=person, purpose=purpose, case_reference=case)
    found = ask(state_dir, "gallery", lambda gallery: every_page(gallery.ListFaces, request, "faces"))
    if json:
        print_json([as_dict(each) for each in found])
        return
    print_table(_COLUMNS, map(_row, found), empty="no face; enrol one with `sightline enroll`")


@app.command()
def show(
    face: FaceArgument,
    watchlist: WatchlistOption,
    reference: Annotated[Path | None, typer.Option(help="Write the kept part of the picture to this file.")] = None,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show one face, and whose it is."""
    why = {"watchlist": watchlist, "face_id": face, "purpose": purpose, "case_reference": case}
    request = pb.GetFaceRequest(**why)
    answer = ask(state_dir, "gallery", lambda gallery: gallery.GetFace(request, timeout=CALL_SECONDS))
    if reference is not None:
        wanted = pb.GetFaceReferenceRequest(**why)
        kept = ask(state_dir, "gallery", lambda gallery: gallery.GetFaceReference(wanted, timeout=CALL_SECONDS))
        reference.write_bytes(kept.reference.image.encoded)
    if json:
        print_json(as_dict(answer))
        return
    rows = [*zip(_COLUMNS, _row(answer.face), strict=True), ("person", answer.person.external_id)]
    print_table(("field", "value"), rows, empty="")


@app.command()
def delete(
    faces: Annotated[list[str], typer.Argument(help="Ids of enrolled faces.")],
    watchlist: WatchlistOption,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Delete faces; their persons stay."""
    if not yes:
        typer.confirm(f"Delete {len(faces)} faces?", abort=True)
    request = pb.DeleteFacesRequest(watchlist=watchlist, face_ids=faces, purpose=purpose, case_reference=case)
    answer = ask(state_dir, "gallery", lambda gallery: gallery.DeleteFaces(request, timeout=CALL_SECONDS))
    typer.echo(f"deleted {len(answer.deleted_face_ids)} of {len(faces)}")


def _row(face: pb.EnrolledFace) -> tuple[str, ...]:
    quality = f"{face.face.quality.overall:.2f}" if face.face.HasField("quality") else ""
    enrolled = moment(face.create_time, absent="")
    return face.id, face.person_id, quality, enrolled, "kept" if face.has_reference else ""
