"""`sightline gallery migrate`: give every face a template of another pack's embedder, and change to it."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.enum_names import enum_word
from sightline.chassis.errors import InvalidInput
from sightline.chassis.pack import load_pack
from sightline.cli.client import CALL_SECONDS, ask, every_page
from sightline.cli.installation import Installation
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table, progress_bar
from sightline.cli.private_files import write_private
from sightline.cli.up import pack_folder
from sightline.v1 import migration_service_pb2 as pb

LOOK_EVERY = 0.5
PAGE = 1000
_FIELDS = ("face_id", "watchlist_id", "person_id", "external_id", "reason")


def migrate(
    to: Annotated[
        str | None,
        typer.Option(
            metavar="PACK",
            help="Begin, or try again what failed: a pack's folder or name. `up --coming-pack` runs its embedder.",
        ),
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Show how far it is.")] = False,
    switch: Annotated[
        bool, typer.Option("--switch", help="Settle it: the next start with the new pack changes to it.")
    ] = False,
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="With --switch: go on without the faces that have no template.")
    ] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Give it up, and delete the new templates.")] = False,
    wait: Annotated[bool, typer.Option(help="With --to: wait until no face is waiting any more.")] = True,
    report: Annotated[
        Path | None, typer.Option(help="Write the faces that get no template to this file, as CSV.")
    ] = None,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Read every face again with another pack's embedder, in the background; searches and enrolments go on.

    It reads what watchlists with --keep-references have kept of pictures. Whoever has no such reference stays enrolled
    and is listed, but is not found after the switch until they are enrolled again. Interrupted, it goes on by itself.
    """
    if sum((to is not None, status, switch, cancel)) != 1:
        raise InvalidInput("OPTIONS_UNCLEAR", "Give one of --to, --status, --switch and --cancel.")
    why = {"purpose": purpose, "case_reference": case}
    if to is not None:
        target = _embedder(state_dir, to)
        ask(state_dir, "migration", lambda migration: _start(migration, target, why, wait=wait))
    elif switch:
        settling = pb.SwitchMigrationRequest(accept_unmigrated=accept_missing, **why)
        _say_settled(*ask(state_dir, "migration", lambda migration: _switch(migration, settling)))
    elif cancel:
        giving_up = pb.CancelMigrationRequest(**why)
        ask(state_dir, "migration", lambda migration: migration.CancelMigration(giving_up, timeout=CALL_SECONDS))
        typer.echo("given up; its templates are being deleted, and the gallery stays as it is")
    else:
        _show(ask(state_dir, "migration", _status), json=json)
    if report is not None:
        _write_report(state_dir, report, pb.ListUnmigratedFacesRequest(page_size=PAGE, **why))


def _embedder(state_dir: Path, name: str) -> pb.Embedder:
    pack = load_pack(pack_folder(Installation(state_dir), name))
    spec = pack.embedder
    return pb.Embedder(id=pack.embedder_id, dimension=spec.dimension, threshold=spec.threshold, pack=pack.name)


async def _status(migration: Any) -> pb.Migration:
    answer: pb.GetMigrationResponse = await migration.GetMigration(pb.GetMigrationRequest(), timeout=CALL_SECONDS)
    return answer.migration


async def _start(migration: Any, target: pb.Embedder, why: dict[str, str], *, wait: bool) -> None:
    await migration.StartMigration(pb.StartMigrationRequest(target=target, **why), timeout=CALL_SECONDS)
    if not wait:
        typer.echo("begun; `sightline gallery migrate --status` says how far it is")
        return
    typer.echo("begun; Ctrl-C leaves it running", err=True)
    with progress_bar() as bar:
        task = bar.add_task("loading", total=None)
        while not _is_done(found := await _status(migration)):
            said = found.trouble.reason or "embedding"
            bar.update(task, description=said, total=found.faces or None, completed=found.faces - found.waiting)
            await asyncio.sleep(LOOK_EVERY)
    _say_made(found)


def _is_done(found: pb.Migration) -> bool:
    return found.HasField("index") and not found.HasField("trouble") and not found.waiting


async def _switch(migration: Any, request: pb.SwitchMigrationRequest) -> tuple[pb.SwitchMigrationResponse, str]:
    answer = await migration.SwitchMigration(request, timeout=CALL_SECONDS)
    return answer, (await _status(migration)).target.pack


def _say_made(found: pb.Migration) -> None:
    typer.echo(f"{found.migrated} of {found.faces} faces have a template of '{found.target.pack}'")
    if found.unmigrated:
        typer.echo(f"without one: {_reasons(found)}; --report FILE lists them")
    typer.echo("next: `sightline gallery migrate --switch`")


def _say_settled(answer: pb.SwitchMigrationResponse, pack: str) -> None:
    typer.echo(
        f"settled; nothing changes until the services are started with the pack '{pack}': `sightline up --pack {pack}`"
        f'\nor SIGHTLINE_PACK_DIR, and for good: pack = "{pack}" in installation.toml of the state folder'
    )
    if answer.unmigrated:
        typer.echo(f"{answer.unmigrated} faces are not found then, until they are enrolled again: --report FILE")
    if answer.thresholds:
        typer.echo(f"the threshold of {answer.thresholds} watchlists ends with it: it was for the old model")
    if answer.targets:
        typer.echo(f"{answer.targets} watchlists with a target raise no alerts until there is a new calibration")
    typer.echo("the calibration of the old model does not apply to the new one: `sightline calibrate`")


def _show(found: pb.Migration, *, json: bool) -> None:
    if json:
        print_json(as_dict(found))
        return
    facts: list[tuple[str, object]] = [
        ("from", f"{found.source.pack}, embedder {found.source.id}"),
        ("to", f"{found.target.pack}, embedder {found.target.id}"),
        ("begun", f"{found.start_time.ToDatetime():%Y-%m-%d %H:%M:%S} UTC"),
        ("state", enum_word(pb.MigrationState, found.state)),
        ("faces", found.faces),
        ("with a new template", found.migrated),
        ("waiting", found.waiting),
        ("without one", _reasons(found) or "none"),
    ]
    if found.HasField("index"):
        facts.append(("in the new index", f"{found.index.size}, {found.index.indexed} of them fast to search"))
    if found.HasField("trouble"):
        facts.append(("trouble", f"{found.trouble.reason}: {found.trouble.message}"))
    print_table(("migration", ""), facts, empty="")


def _reasons(found: pb.Migration) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(found.unmigrated.items()))


def _write_report(state_dir: Path, path: Path, request: pb.ListUnmigratedFacesRequest) -> None:
    faces = ask(state_dir, "migration", lambda migration: every_page(migration.ListUnmigratedFaces, request, "faces"))
    write_private(path, _table(faces).encode())
    typer.echo(f"{len(faces)} faces without a template are in {path}", err=True)


def _table(faces: list[pb.UnmigratedFace]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_FIELDS)
    writer.writerows([getattr(face, name) for name in _FIELDS] for face in faces)
    return text.getvalue()
