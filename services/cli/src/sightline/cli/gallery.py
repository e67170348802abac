"""`sightline gallery`: is the index what the gallery says, how is it, make it again, and change the model."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.errors import Internal
from sightline.cli import migration
from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table, progress_bar
from sightline.v1 import index_service_pb2 as pb

app = typer.Typer(help="The index in which faces are searched, and the model that reads them.", no_args_is_help=True)
app.command("migrate")(migration.migrate)

LOOK_EVERY = 0.5
_KINDS = ("missing", "surplus", "differing")


@app.command()
def status(state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Show the index: its size, what waits to leave the disk, the last build, and the one that runs."""
    found = ask(state_dir, "index", _status)
    if json:
        print_json(as_dict(found))
    else:
        print_table(("index", ""), _facts(found), empty="")


@app.command()
def rebuild(
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the new index answers.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Give up the one that runs.")] = False,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Make the index again from the ledger, with the same ids; searches and enrolments go on meanwhile."""
    why = {"purpose": purpose, "case_reference": case}
    if cancel:
        request = pb.CancelRebuildRequest(**why)
        ask(state_dir, "index", lambda index: index.CancelRebuild(request, timeout=CALL_SECONDS))
        typer.echo("cancelled; the index is as it was")
        return
    ask(state_dir, "index", lambda index: _rebuild(index, pb.RebuildIndexRequest(**why), wait=wait))


@app.command()
def verify(
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Compare every face of the index with the gallery; exit code 1 where they differ."""
    request = pb.VerifyGalleryRequest(purpose=purpose, case_reference=case)
    checked, drift = ask(state_dir, "index", lambda index: _verify(index, request))
    if json:
        print_json({"checked": checked, **as_dict(drift)})
    else:
        print_table(("faces", "", "first ids"), _rows(checked, drift), empty="")
    if _amount(drift):
        typer.echo("the index is not what the gallery says: `sightline gallery rebuild`", err=True)
        raise typer.Exit(1)


async def _status(index: Any) -> pb.IndexStatus:
    answer: pb.GetIndexStatusResponse = await index.GetIndexStatus(pb.GetIndexStatusRequest(), timeout=CALL_SECONDS)
    return answer.status


async def _rebuild(index: Any, request: pb.RebuildIndexRequest, *, wait: bool) -> None:
    await index.RebuildIndex(request, timeout=CALL_SECONDS)
    if not wait:
        typer.echo("begun; `sightline gallery status` says how far it is")
        return
    with progress_bar() as bar:
        task = bar.add_task("reading", total=None)
        while (found := await _status(index)).HasField("building"):
            running = found.building
            bar.update(task, description=running.phase, total=running.expected or None, completed=running.done)
            await asyncio.sleep(LOOK_EVERY)
    if found.last_error:
        raise Internal("REBUILD_FAILED", f"{found.last_error}; the index is as it was.")
    typer.echo(f"{found.size} faces, built in {found.last_build.duration.ToTimedelta().total_seconds():.1f} s")


async def _verify(index: Any, request: pb.VerifyGalleryRequest) -> tuple[int, pb.GalleryDrift]:
    checked, drift = 0, None
    with progress_bar() as bar:
        task = bar.add_task("comparing", total=None)
        async for answer in index.VerifyGallery(request):
            checked = answer.checked
            bar.update(task, total=answer.expected or None, completed=checked)
            drift = answer.drift if answer.HasField("drift") else drift
    if drift is None:
        raise Internal("VERIFY_INTERRUPTED", "The comparison ended without a result: run it again.")
    return checked, drift


def _amount(drift: pb.GalleryDrift) -> int:
    return drift.missing + drift.surplus + drift.differing


def _rows(checked: int, drift: pb.GalleryDrift) -> list[tuple[str, int, str]]:
    found = [(kind, getattr(drift, kind), " ".join(getattr(drift, f"{kind}_face_ids")[:3])) for kind in _KINDS]
    return [("in the index", checked, ""), *found]


def _facts(found: pb.IndexStatus) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        ("engine", found.engine),
        ("faces", found.size),
        ("fast to search", found.indexed),
        ("quantisation", found.quantization),
        ("deleted, still on the disk", found.pending_deletions),
        ("turned by the key", found.rotation_id),
    ]
    if found.HasField("last_build"):
        built = found.last_build
        facts.append(("last build", f"{built.end_time.ToDatetime():%Y-%m-%d %H:%M:%S} UTC, {built.way}"))
        facts.append(("its duration", f"{built.duration.ToTimedelta().total_seconds():.1f} s"))
        if built.HasField("mate_recall"):
            facts.append(("mate recall", f"{built.mate_recall:.4f} of {built.probes} probes"))
    if found.HasField("building"):
        facts.append(("building", f"{found.building.phase}, {found.building.done} of {found.building.expected}"))
    if found.last_error:
        facts.append(("last failure", found.last_error))
    return facts
