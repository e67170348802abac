"""`sightline persons`: the people of a watchlist."""

from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.errors import InvalidInput
from sightline.cli.client import CALL_SECONDS, ask, every_page
from sightline.cli.erasure_wait import await_erasure
from sightline.cli.expiry import ExpiresOption, expire_time
from sightline.cli.moments import moment
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.v1 import gallery_service_pb2 as pb

app = typer.Typer(help="Persons: those whom a watchlist looks for.", no_args_is_help=True)

WatchlistOption = Annotated[str, typer.Option(help="Name or id.")]
PersonArgument = Annotated[str, typer.Argument(help="The person's id in your own records, or the system's.")]
_COLUMNS = ("person", "name", "expires", "id")


@app.command("list")
def list_persons(
    watchlist: WatchlistOption,
    prefix: Annotated[str, typer.Option(help="Only those whose id in your records begins so.")] = "",
    name: Annotated[str, typer.Option(help="Only those in whose display name this stands.")] = "",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show everybody in a watchlist."""
    request = pb.ListPersonsRequest(
        watchlist=watchlist,
        external_id_prefix=prefix,
        display_name_part=name,
        purpose=purpose,
        case_reference=case,
    )
    found = ask(state_dir, "gallery", lambda gallery: every_page(gallery.ListPersons, request, "persons"))
    if json:
        print_json([as_dict(each) for each in found])
        return
    rows = ((each.external_id, each.display_name, _end(each), each.id) for each in found)
    print_table(_COLUMNS, rows, empty="nobody; enrol somebody with `sightline enroll`")


@app.command()
def show(
    person: PersonArgument,
    watchlist: WatchlistOption,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show one person."""
    request = pb.GetPersonRequest(watchlist=watchlist, person=person, purpose=purpose, case_reference=case)
    answer = ask(state_dir, "gallery", lambda gallery: gallery.GetPerson(request, timeout=CALL_SECONDS))
    if json:
        print_json(as_dict(answer))
        return
    found = answer.person
    rows = [
        ("person", found.external_id),
        ("id", found.id),
        ("name", found.display_name),
        ("faces", answer.face_count),
        ("created", moment(found.create_time, absent="")),
        ("expires", _end(found)),
        *sorted(found.attributes.items()),
    ]
    print_table(("field", "value"), rows, empty="")


@app.command()
def update(
    person: PersonArgument,
    watchlist: WatchlistOption,
    display_name: Annotated[str | None, typer.Option(help="Shown to reviewers.")] = None,
    attribute: Annotated[
        list[str] | None, typer.Option(help="name=value; again for more. They take the place of all that were there.")
    ] = None,
    expires: ExpiresOption = None,
    etag: Annotated[str, typer.Option(help="Only if the person is still in this state.")] = "",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Change what is known of a person; what is not given stays."""
    given = {"display_name": display_name, "attributes": attribute, "expire_time": expires}
    changes = pb.Person(display_name=display_name or "", attributes=dict(map(_pair, attribute or [])))
    if expires and (end := expire_time(expires)):
        changes.expire_time.CopyFrom(end)
    request = pb.UpdatePersonRequest(
        watchlist=watchlist,
        person=person,
        changes=changes,
        update_mask=FieldMask(paths=[name for name, value in given.items() if value is not None]),
        etag=etag,
        purpose=purpose,
        case_reference=case,
    )
    answer = ask(state_dir, "gallery", lambda gallery: gallery.UpdatePerson(request, timeout=CALL_SECONDS))
    typer.echo(f"{answer.person.external_id} changed; etag {answer.person.etag}")


@app.command()
def delete(
    person: PersonArgument,
    watchlist: WatchlistOption,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until nothing of them is on match's disk.")] = False,
    at_most: Annotated[str, typer.Option(help="How long to wait: 25h, 30m; then exit code 1.")] = "25h",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Delete a person with every face, for good: the key of their records is destroyed."""
    if not yes:
        typer.confirm(f"Delete {person} and every face of theirs?", abort=True)
    request = pb.DeletePersonRequest(watchlist=watchlist, person=person, purpose=purpose, case_reference=case)
    answer = ask(state_dir, "gallery", lambda gallery: gallery.DeletePerson(request, timeout=CALL_SECONDS))
    count = answer.deleted_faces
    typer.echo(f"deleted with {count} face{'' if count == 1 else 's'}; receipt {answer.receipt_id}")
    if wait:
        await_erasure(state_dir, answer.receipt_id, at_most)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise InvalidInput("ATTRIBUTE_INVALID", f"'{text}' is no attribute; write it as name=value")
    return name, value


def _end(person: pb.Person) -> str:
    return moment(person.expire_time, absent="with the watchlist")
