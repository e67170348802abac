"""`sightline threshold`: from which cosine a face counts in a watchlist, and why."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sightline.chassis.calibration import read_calibration
from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.options import StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.cli.proposal import proposal_rows, proposed
from sightline.cli.targets import AlarmsOption, TracksOption
from sightline.v1 import search_service_pb2 as pb

app = typer.Typer(help="Thresholds: how they follow from the false alarms that are acceptable.", no_args_is_help=True)

_SOURCES = {
    pb.THRESHOLD_SOURCE_WATCHLIST: "the watchlist's own cosine, an expert's setting",
    pb.THRESHOLD_SOURCE_TARGET: "the watchlist's target, through the calibration",
    pb.THRESHOLD_SOURCE_PACK: "published with the pack's models",
}


@app.command()
def explain(
    watchlist: Annotated[str, typer.Option(help="Name or id.")],
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show the threshold of a watchlist with every number that it follows from."""
    request = pb.ExplainThresholdRequest(watchlist=watchlist)
    answer = ask(state_dir, "search", lambda search: search.ExplainThreshold(request, timeout=CALL_SECONDS))
    if json:
        print_json(as_dict(answer))
        return
    print_table(("what", "value"), _rows(answer), empty="")
    for warning in answer.warnings:
        typer.echo(f"{warning.reason}: {warning.message}", err=True)
    if answer.HasField("alerts_off"):
        typer.echo(f"ALERTS ARE OFF. {answer.alerts_off.reason}: {answer.alerts_off.message}", err=True)


@app.command()
def propose(
    calibration: Annotated[Path, typer.Option(help="What `sightline calibrate` wrote.")] = Path("calibration.json"),
    enrolled: Annotated[int, typer.Option(min=1, help="Faces in the watchlist.")] = 1000,
    fpir: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of strangers for whom somebody may be found, as 0.001.")
    ] = None,
    alarms_per_day: AlarmsOption = None,
    tracks_per_day: TracksOption = None,
    json: JsonOption = False,
) -> None:
    """Say which threshold keeps a target, and what it promises, before there is a watchlist; changes nothing."""
    proposal = proposed(read_calibration(calibration), enrolled, fpir, alarms_per_day, tracks_per_day)
    if json:
        print_json(asdict(proposal))
        return
    print_table(("what", "value"), list(proposal_rows(proposal)), empty="")


def _rows(answer: pb.ExplainThresholdResponse) -> list[tuple[str, str]]:
    rows = [("threshold", _SOURCES.get(answer.source, "unknown")), ("templates N", f"{answer.templates:,}")]
    if answer.WhichOneof("target") == "target_fpir":
        rows.append(("target", f"FPIR {answer.target_fpir:.3g}"))
        rows.append(("needed FMR", f"1 - (1 - FPIR)^(1/N) = {answer.needed_fmr:.3g}"))
    elif answer.WhichOneof("target") == "target_alarms":
        target = answer.target_alarms
        rows.append(("target", f"{target.alarms_per_day:g} alarms among {target.tracks_per_day:,.0f} tracks a day"))
        rows.append(("needed FMR", f"alarms / (tracks x N) = {answer.needed_fmr:.3g}"))
    if answer.HasField("cosine"):
        rows.append(("cosine", f"{answer.cosine:.4f}"))
        rows.append(("similarity", f"{answer.similarity:.1f}"))
    if answer.HasField("expected_fmr"):
        rows.append(("expected FMR", f"{answer.expected_fmr:.3g}"))
        rows.append(("expected FPIR", f"1 - (1 - FMR)^N = {answer.expected_fpir:.3g}"))
    if answer.HasField("expected_alarms_per_day"):
        rows.append(("expected alarms a day", f"{answer.expected_alarms_per_day:.3g}"))
    if answer.HasField("least_fpir"):
        rows.append(("least FPIR that can be promised", f"{answer.least_fpir:.3g}"))
    measured = f" ({answer.comparisons:,} comparisons)" if answer.comparisons else ""
    return [*rows, ("calibration", f"{answer.calibration}{measured}"), ("embedder", answer.embedder_id)]
