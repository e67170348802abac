"""`sightline sandbox`: an isolated gallery for independent testing, with the models of the system in use."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.pack import load_pack
from sightline.cli.import_faces import GATES, SELECTIONS, Face, Gate
from sightline.cli.import_sources import find_entries
from sightline.cli.options import DeviceOption, PackOption, StateDirOption
from sightline.cli.sandbox.answers import PURPOSE, EnrolmentSet
from sightline.cli.sandbox.box import sandbox_plan
from sightline.cli.sandbox.makeup import Makeup, differences, makeup_in, makeup_of, pack_in
from sightline.cli.sandbox.probes import read_probes
from sightline.cli.sandbox.trial import Trial, hold
from sightline.cli.targets import TargetFpirOption, put_target
from sightline.v1 import gallery_service_pb2 as gallery_pb
from sightline.v1 import import_service_pb2 as import_pb

app = typer.Typer(help="An isolated system for independent testing, with the models in use.", no_args_is_help=True)


@app.command()
def run(
    enrolment_set: Annotated[
        Path,
        typer.Argument(metavar="ENROL", help="A folder with a folder per person, or a .csv of path and person."),
    ],
    probe_set: Annotated[
        Path, typer.Argument(metavar="PROBES", help="A folder of pictures, or a .csv with a column of paths.")
    ],
    out: Annotated[
        Path,
        typer.Option(help="CSV of the candidates. What was tested, thresholds and failures go beside it, as JSON."),
    ] = Path("scores.csv"),
    pack: PackOption = None,
    like: Annotated[
        Path | None,
        typer.Option(help="State folder of the system in use; its models, or an error. Unset: --state-dir's, if any."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=1000, help="People in a list of candidates, at most.")] = 50,
    face: Annotated[Face, typer.Option(help="Which face of a picture is enrolled.")] = Face.ONLY,
    quality: Annotated[Gate, typer.Option(help="How good a face has to be to be enrolled.")] = Gate.STANDARD,
    target_fpir: TargetFpirOption = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the sandbox's folder, with its secrets and all that was enrolled.")
    ] = False,
    device: DeviceOption = "cpu",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Enrol one set in a system of its own, search for every probe of another, and delete it all.

    Who the probes are is not read. Lists of candidates go on below the threshold in force.
    """
    if out.suffix != ".csv":
        raise InvalidInput(
            "OUT_UNCLEAR", f"{out} becomes a CSV file, with a JSON file beside it: name it as scores.csv"
        )
    models = load_pack(pack_in(like or state_dir, pack))
    in_use = makeup_in(like or state_dir)
    if like is not None:
        _require_same(makeup_of(models), in_use, like)
    watchlist = gallery_pb.Watchlist(name="sandbox", purpose=PURPOSE)
    put_target(watchlist, target_fpir, None, None)
    terms = import_pb.ImportFacesRequest(selection=SELECTIONS[face], quality_gate=GATES[quality])
    enrolled = _enrolment_set(enrolment_set, terms, models.embedder_id)
    trial = Trial(models, in_use, watchlist, enrolled, read_probes(probe_set), top, out)
    plan = sandbox_plan(out.with_name(f"{out.name}.sandbox"), models.folder, device)
    facts = hold(trial, plan, keep=keep)
    _tell(trial, facts)
    if keep:
        typer.echo(f"kept: {plan.installation.state}, with templates of everybody who was enrolled", err=True)


def _enrolment_set(path: Path, terms: import_pb.ImportFacesRequest, embedder_id: str) -> EnrolmentSet:
    entries = find_entries(path, vectors=False, embedder_id=embedder_id)
    if not entries:
        raise InvalidInput("ENROLMENT_SET_EMPTY", f"{path} has nobody to enrol: a folder for each person")
    return EnrolmentSet(entries, terms, templates=path.suffix.lower() == ".npz")


def _require_same(here: Makeup, in_use: Makeup | None, like: Path) -> None:
    if in_use is None:
        raise FailedPrecondition("NO_SYSTEM", f"there is no system in {like}; name the state folder of one with --like")
    if found := "; ".join(differences(here, in_use)):
        raise FailedPrecondition("MODELS_DIFFER", f"{like} has other models ({found}); give its pack with --pack")


def _tell(trial: Trial, facts: Mapping[str, Any]) -> None:
    enrolment, search = facts["enrolment"], facts["search"]
    typer.echo(f"{trial.out}, {trial.summary}")
    typer.echo(f"{enrolment['enrolled']} of {enrolment['pictures']} pictures enrolled in {enrolment['seconds']} s")
    typer.echo(f"{search['searched']} of {search['probes']} probes searched, {_times(search['milliseconds'])}")
    for reason, count in [*enrolment["reasons"].items(), *search["reasons"].items()]:
        typer.echo(f"  {count} x {reason}")
    if trial.in_use is None:
        typer.echo("not compared with a system in use: none was found (--like)", err=True)
    for difference in facts["differences"]:
        typer.echo(f"NOT what is in use: {difference}", err=True)
    typer.echo(f"the models are fit for {facts['fit_for']}", err=True)


def _times(milliseconds: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name} {value} ms" for name, value in milliseconds.items() if value is not None) or "none"
