"""`sightline search`: who in the watchlists resembles the face of a photo."""

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.cli.pictures import read_picture
from sightline.v1 import search_service_pb2 as pb


def search(
    photo: Annotated[Path, typer.Argument(help="A picture; its largest face is searched for.")],
    watchlist: Annotated[list[str], typer.Option(help="Name or id; again for more.")],
    max_faces: Annotated[int, typer.Option(help="At most so many; 0: 10.")] = 0,
    min_similarity: Annotated[float | None, typer.Option(help="0 to 100; unset: the watchlist's threshold.")] = None,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Search watchlists for the largest face of a photo."""
    request = pb.SearchFacesRequest(
        watchlists=watchlist,
        image=read_picture(photo),
        max_faces=max_faces,
        min_similarity=min_similarity,
        purpose=purpose,
        case_reference=case,
    )
    answer = ask(
        state_dir,
        "search",
        lambda search: search.SearchFaces(request, timeout=CALL_SECONDS),
    )
    if json:
        print_json(as_dict(answer))
        return
    rows = (
        (match.person.external_id, match.person.display_name, f"{match.similarity:.1f}", f"{match.cosine:.3f}")
        for match in answer.matches
    )
    print_table(("person", "name", "similarity", "cosine"), rows, empty="nobody in these watchlists resembles the face")
    typer.echo(f"the models are fit for {answer.fit_for}", err=True)
