"""`sightline audit verify`, `export` and `anchor`: the trail in the hands of whoever does not believe the system."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sightline.chassis.errors import AlreadyExists, FailedPrecondition
from sightline.chassis.findings import Finding
from sightline.chassis.seals import is_signed
from sightline.chassis.topology import AUDIT_AGE
from sightline.chassis.trail_check import TrailCheck, Trust, Verdict
from sightline.cli.audit_file import FileTrail, append_anchor, read_anchors, write_trail
from sightline.cli.audit_source import ServiceTrail
from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.duration import parse_duration
from sightline.cli.installation import Installation
from sightline.cli.moments import moment
from sightline.cli.options import CaseOption, PurposeOption, SecretsOption, StateDirOption
from sightline.cli.output import JsonOption, print_json
from sightline.cli.seal_keys import read_seal_keys
from sightline.v1 import audit_service_pb2 as pb

KeysOption = Annotated[
    list[Path] | None,
    typer.Option("--key", help="Public key of the seals, PEM; again for older ones. Unset: the installation's own."),
]


def verify(
    file: Annotated[Path | None, typer.Option(help="What `export` wrote, instead of asking the system.")] = None,
    key: KeysOption = None,
    anchors: Annotated[
        list[Path] | None, typer.Option("--anchor", help="What `anchor` wrote earlier; again for more.")
    ] = None,
    retention: Annotated[
        str, typer.Option(help="How long entries are kept: older ones may be gone.")
    ] = f"{AUDIT_AGE.days}d",
    purpose: PurposeOption = "",
    case: CaseOption = "",
    secrets_dir: SecretsOption = None,
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Check the whole trail against its seals. What is wrong is one line each, with the place; then the exit code is 1.

    The check happens here, with the key and the anchors that you have: what hands over the trail is not believed.
    """
    facts: dict[str, Any] = {
        "keys": read_seal_keys(key, secrets_dir or Installation(state_dir).secrets),
        "retention": parse_duration(retention),
        "anchors": [seal for path in anchors or () for seal in read_anchors(path)],
    }
    with _progress("checking") as (total, step):
        if file:
            verdict = FileTrail(file).checked(facts, total, step)
        else:

            async def check(stub: Any) -> Verdict:
                trail = ServiceTrail(stub, {"purpose": purpose, "case_reference": case}, total)
                return await TrailCheck(Trust(**facts), step).run(trail)

            verdict = ask(state_dir, "audit", check)
    _print(verdict, json=json)
    if verdict.findings:
        raise FailedPrecondition(
            "AUDIT_TRAIL_DIFFERS", "the trail is not what was sealed: keep a copy of the broker's store, and ask why"
        )


def export(
    out: Annotated[Path, typer.Argument(help="The file: JSON lines; only its owner may read it.")],
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Write the trail, as it is stored, and its seals to a file, which `verify --file` reads."""
    if out.exists():
        raise AlreadyExists("FILE_EXISTS", f"{out} is there already; give another name")
    why = {"purpose": purpose, "case_reference": case}
    with _progress("exporting") as (total, step):
        counts = ask(state_dir, "audit", lambda stub: write_trail(out, ServiceTrail(stub, why, total), step))
    typer.echo(f"{counts.entries} entries and {counts.seals} seals written to {out}")


def anchor(
    out: Annotated[Path | None, typer.Option(help="The file to append to; unset: standard output.")] = None,
    key: KeysOption = None,
    secrets_dir: SecretsOption = None,
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Take the last seal, to keep it where nobody who runs the system can change it: `verify --anchor` compares."""
    request = pb.GetLatestSealRequest()
    seal = ask(state_dir, "audit", lambda stub: stub.GetLatestSeal(request, timeout=CALL_SECONDS)).seal
    if not is_signed(seal, read_seal_keys(key, secrets_dir or Installation(state_dir).secrets)):
        raise FailedPrecondition("SEAL_FORGED", "the last seal is not signed by the key: run `sightline audit verify`")
    append_anchor(out, seal)
    typer.echo(
        f"seal {seal.number}, up to entry {seal.last_sequence}, made {moment(seal.time, absent='')} UTC", err=True
    )


def _print(verdict: Verdict, *, json: bool) -> None:
    if json:
        print_json(_as_dict(verdict))
        return
    for finding in verdict.findings:
        typer.echo(f"{finding.reason}: {finding}")
    seal = verdict.last_seal
    upto = f", the last of them up to entry {seal.last_sequence} at {moment(seal.time, absent='')} UTC" if seal else ""
    typer.echo(f"{verdict.entries} entries were compared with {verdict.seals} seals{upto}.")
    if verdict.expired:
        typer.echo(f"{verdict.expired} entries at the beginning are older than the retention, and gone.")
    typer.echo(f"{verdict.unsealed} entries are not sealed yet.")


def _as_dict(verdict: Verdict) -> dict[str, Any]:
    figures = ("entries", "seals", "expired", "unsealed")
    return {
        "findings": [_finding(each) for each in verdict.findings],
        **{name: getattr(verdict, name) for name in figures},
        "sealed_up_to": verdict.last_seal.last_sequence if verdict.last_seal else 0,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "reason": finding.reason,
        "entries": list(finding.entries),
        "seals": list(finding.seals),
        "text": str(finding),
    }


@contextmanager
def _progress(what: str) -> Iterator[tuple[Callable[[int], None], Callable[[], None]]]:
    """Give what is told how many entries there are, and what is told of each."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    # Where nobody looks, not even an empty line.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda total: progress.update(task, total=total), lambda: progress.advance(task)
