"""`sightline export`: who is in a watchlist, as a file; with templates as one that `sightline import` reads."""

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from sightline.chassis.errors import AlreadyExists
from sightline.cli.client import ask
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import as_dict
from sightline.cli.private_files import write_private
from sightline.v1 import import_service_pb2 as pb


def export_faces(
    out: Annotated[Path, typer.Argument(help="The file: JSON lines; with --templates an .npz.")],
    watchlist: Annotated[str, typer.Option(help="Name or id.")],
    templates: Annotated[bool, typer.Option("--templates", help="With templates; takes an administrator.")] = False,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Write everybody in a watchlist to a file, which only its owner may read."""
    if out.exists():
        raise AlreadyExists("FILE_EXISTS", f"{out} is there already; give another name")
    why = {"watchlist": watchlist, "purpose": purpose, "case_reference": case}
    count = _templates(out, state_dir, why) if templates else _faces(out, state_dir, why)
    typer.echo(f"{count} face{'' if count == 1 else 's'} written to {out}")


def _faces(out: Path, state: Path, why: dict[str, str]) -> int:
    async def work(stub: Any) -> list[pb.ExportFacesResponse]:
        return [answer async for answer in stub.ExportFaces(pb.ExportFacesRequest(**why))]

    answers = ask(state, "import", work)
    persons = {person.id: person for answer in answers for person in answer.persons}
    lines = [
        json.dumps({"face": as_dict(face), "person": as_dict(persons[face.person_id])}, ensure_ascii=False)
        for answer in answers
        for face in answer.faces
        if face.person_id in persons
    ]
    write_private(out, "".join(f"{line}\n" for line in lines).encode())
    return len(lines)


def _templates(out: Path, state: Path, why: dict[str, str]) -> int:
    async def work(stub: Any) -> list[pb.ExportTemplatesResponse]:
        return [answer async for answer in stub.ExportTemplates(pb.ExportTemplatesRequest(**why))]

    answers = ask(state, "import", work)
    persons = {person.id: person for answer in answers for person in answer.persons}
    found = [each for answer in answers for each in answer.templates if each.face.person_id in persons]
    write_private(out, b"")
    with out.open("wb") as file:
        np.savez(
            file,
            vectors=np.array([each.vector for each in found], np.float32).reshape(len(found), -1),
            persons=np.array([persons[each.face.person_id].external_id for each in found], np.str_),
            display_names=np.array([persons[each.face.person_id].display_name for each in found], np.str_),
            embedder_id=np.array(found[0].face.embedder_id if found else "", np.str_),
        )
    return len(found)
