"""`sightline search`: who in the watchlists resembles the face of a photo, an enrolled face, or a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.errors import InvalidInput
from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.options import CaseOption, RequiredPurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.cli.pictures import read_picture
from sightline.v1 import search_service_pb2 as pb

# What one call takes, of probes and of bytes.
_MOST_PROBES, _MOST_BYTES = 64, 20_000_000
_COLUMNS = ("person", "name", "similarity", "cosine")


class Faces(StrEnum):
    """Which faces of a photo are searched for."""

    LARGEST = "largest"
    ONLY = "only"
    EVERY = "every"


_PROBE_FACES = {
    Faces.LARGEST: pb.PROBE_FACES_LARGEST,
    Faces.ONLY: pb.PROBE_FACES_ONLY,
    Faces.EVERY: pb.PROBE_FACES_EVERY,
}


@dataclass(frozen=True)
class _Asked:
    """What all calls have in common: fields of their requests."""

    state_dir: Path
    terms: dict[str, Any]
    limit: int
    faces: Faces
    json: bool


def search(
    purpose: RequiredPurposeOption,
    photo: Annotated[list[Path] | None, typer.Argument(help="A picture; several are searched for in one call.")] = None,
    watchlist: Annotated[list[str] | None, typer.Option(help="Where to search: name or id; again for more.")] = None,
    face: Annotated[str, typer.Option(help="Instead of a photo: the id of an enrolled face.")] = "",
    person: Annotated[str, typer.Option(help="Instead of a photo: an enrolled person.")] = "",
    of: Annotated[str, typer.Option(help="The watchlist of that face or person; unset: the one searched.")] = "",
    persons: Annotated[bool, typer.Option("--persons", help="One answer a person, by all of their faces.")] = False,
    faces: Annotated[Faces, typer.Option(help="Which faces of a photo.")] = Faces.LARGEST,
    max_faces: Annotated[int, typer.Option(help="At most so many faces, or persons; 0: 10.")] = 0,
    min_similarity: Annotated[float | None, typer.Option(help="0 to 100; unset: the watchlist's threshold.")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Compare with every face, not by the index's graph.")] = False,
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Search watchlists for the face of a photo, an enrolled face, or a person."""
    photos, watchlists = photo or [], watchlist or []
    if sum(map(bool, (photos, face, person))) != 1 or not watchlists:
        message = "Give photos, or --face, or --person, one of them; and a --watchlist to search."
        raise InvalidInput("PROBE_UNCLEAR", message)
    terms: dict[str, Any] = {
        "watchlists": watchlists,
        "min_similarity": min_similarity,
        "exact": exact,
        "purpose": purpose,
        "case_reference": case,
    }
    if not photos:
        terms |= {"face_id": face} if face else {"person": person}
        terms["probe_watchlist"] = of or watchlists[0]
    asked = _Asked(state_dir, terms, max_faces, faces, json)
    if len(photos) > 1:
        _search_batch(asked, photos, persons=persons)
        return
    if photos:
        terms["image"] = read_picture(photos[0])
    _search_one(asked, persons=persons)


def _search_one(asked: _Asked, *, persons: bool) -> None:
    which = _PROBE_FACES[asked.faces]
    if persons:
        by_person = pb.SearchPersonsRequest(max_persons=asked.limit, probe_faces=which, **asked.terms)
        answer = ask(asked.state_dir, "search", lambda search: search.SearchPersons(by_person, timeout=CALL_SECONDS))
    else:
        by_face = pb.SearchFacesRequest(max_faces=asked.limit, probe_faces=which, **asked.terms)
        answer = ask(asked.state_dir, "search", lambda search: search.SearchFaces(by_face, timeout=CALL_SECONDS))
    if asked.json:
        print_json(as_dict(answer))
        return
    if answer.answers:
        found = [(str(place), each.matches) for place, each in enumerate(answer.answers, start=1)]
        _show(found, "face", persons=persons)
    else:
        _show([("", answer.matches)], "", persons=persons)
    typer.echo(f"the models are fit for {answer.fit_for}", err=True)


def _search_batch(asked: _Asked, photos: list[Path], *, persons: bool) -> None:
    if persons or asked.faces is not Faces.LARGEST:
        raise InvalidInput(
            "PROBE_UNCLEAR",
            "Several photos at once are searched for by their largest face, and for faces: "
            "leave --persons and --faces out, or give one photo at a time.",
        )
    results: list[pb.BatchResult] = []
    for probes in _calls(photos):
        request = pb.BatchSearchRequest(probes=probes, max_faces=asked.limit, **asked.terms)
        results += _answered(asked.state_dir, request)
    if asked.json:
        answers = zip(photos, results, strict=True)
        print_json([{"photo": str(photo), **as_dict(result)} for photo, result in answers])
        return
    _show([(str(photo), each.matches) for photo, each in zip(photos, results, strict=True)], "photo", persons=False)
    for photo, result in zip(photos, results, strict=True):
        if result.HasField("error"):
            typer.echo(f"{photo}: {result.error.reason}: {result.error.message}", err=True)


def _answered(state_dir: Path, request: pb.BatchSearchRequest) -> list[pb.BatchResult]:
    answer = ask(state_dir, "search", lambda search: search.BatchSearch(request, timeout=CALL_SECONDS))
    return list(answer.results)


def _calls(photos: list[Path]) -> Iterator[list[pb.BatchProbe]]:
    """The photos in calls that are not too large."""
    probes: list[pb.BatchProbe] = []
    size = 0
    for photo in photos:
        image = read_picture(photo)
        if probes and (len(probes) == _MOST_PROBES or size + len(image.encoded) > _MOST_BYTES):
            yield probes
            probes, size = [], 0
        probes.append(pb.BatchProbe(image=image))
        size += len(image.encoded)
    yield probes


def _show(found: list[tuple[str, Any]], first: str, *, persons: bool) -> None:
    columns = [*([first] if first else []), *_COLUMNS, *(["best face", "all faces"] if persons else [])]
    rows = [[*([name] if first else []), *_row(match, persons=persons)] for name, matches in found for match in matches]
    print_table(columns, rows, empty="nobody in these watchlists resembles the face")


def _row(match: Any, *, persons: bool) -> list[str]:
    row = [match.person.external_id, match.person.display_name, f"{match.similarity:.1f}", f"{match.cosine:.3f}"]
    return [*row, f"{match.face_cosine:.3f}", f"{match.fused_cosine:.3f}"] if persons else row
