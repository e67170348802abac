"""A test from its start to its files: what was tested, what was enrolled, and the candidates for each probe."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import typer

from sightline.chassis.pack import Pack
from sightline.cli.client import CALL_SECONDS
from sightline.cli.output import as_dict, progress_bar
from sightline.cli.sandbox.answers import Answer, EnrolmentSet, enrol, search
from sightline.cli.sandbox.box import Apis, clear, running_sandbox
from sightline.cli.sandbox.makeup import Makeup, differences, makeup_of, running_releases
from sightline.cli.sandbox.probes import Probe
from sightline.cli.sandbox.results import Candidates, enrolment_summary, write_summary
from sightline.cli.supervision import LocalPlan
from sightline.cli.up import INTERRUPTED, run_until_signal
from sightline.v1 import gallery_service_pb2 as gallery_pb
from sightline.v1 import search_service_pb2 as search_pb


@dataclass(frozen=True)
class Trial:
    """What is tested, and with what.

    Attributes:
        models: the pack.
        in_use: the system that has to have the same, if there is one.
        watchlist: into which is enrolled.
        enrolled: the enrolment set.
        probes: the probe set.
        top: candidates of each probe, at most.
        out: CSV of the candidates; the JSON file beside it is written last.
    """

    models: Pack
    in_use: Makeup | None
    watchlist: gallery_pb.Watchlist
    enrolled: EnrolmentSet
    probes: Sequence[Probe]
    top: int
    out: Path

    @property
    def summary(self) -> Path:
        """The JSON file."""
        return self.out.with_suffix(".json")


def hold(trial: Trial, plan: LocalPlan, *, keep: bool) -> dict[str, Any]:
    """Run a system, ask it everything, write the files, delete the system unless it is kept, and give the summary.

    Raises:
        SightlineError: the system does not start, or a service refused more than one picture.
        Exit: a signal ended it.
    """
    facts: dict[str, Any] = {}

    async def main() -> None:
        async with running_sandbox(plan) as apis:
            here = makeup_of(trial.models, await running_releases(plan.installation))
            facts.update(_stated(trial, here) | await _asked(apis, trial))
        write_summary(trial.summary, facts)

    trial.out.parent.mkdir(parents=True, exist_ok=True)
    trial.summary.unlink(missing_ok=True)
    try:
        run_until_signal(main())
    finally:
        if not keep:
            clear(plan, succeeded=trial.summary.exists())
    if not trial.summary.exists():
        raise typer.Exit(INTERRUPTED)
    return facts


async def _asked(apis: Apis, trial: Trial) -> dict[str, Any]:
    request = gallery_pb.CreateWatchlistRequest(watchlist=trial.watchlist)
    watchlist = (await apis.gallery.CreateWatchlist(request, timeout=CALL_SECONDS)).watchlist
    with progress_bar() as bar:
        task = bar.add_task("enrolling", total=len(trial.enrolled.entries))
        enrolment = await enrol(
            apis.importing, watchlist.id, trial.enrolled, lambda done: bar.update(task, completed=done)
        )
    explain = search_pb.ExplainThresholdRequest(watchlist=watchlist.id)
    threshold = await apis.search.ExplainThreshold(explain, timeout=CALL_SECONDS)
    with trial.out.open("w", encoding="utf-8", newline="") as file, progress_bar() as bar:
        candidates = Candidates(file, threshold.cosine if threshold.HasField("cosine") else None)
        task = bar.add_task("searching", total=len(trial.probes))

        def answered(answer: Answer) -> None:
            candidates.add(answer)
            bar.advance(task)

        await search(apis.search, watchlist.id, trial.probes, trial.top, answered)
    return {
        "threshold": as_dict(threshold),
        "enrolment": enrolment_summary(enrolment),
        "search": candidates.summary(trial.top),
    }


def _stated(trial: Trial, here: Makeup) -> dict[str, Any]:
    """Say what was tested, and whether that is what the system in use has; null: there is none to compare with."""
    in_use = trial.in_use
    different = list(differences(here, in_use)) if in_use else []
    return {
        "tool": f"sightline sandbox {version('sightline-cli')}",
        "create_time": datetime.now(UTC).isoformat(timespec="seconds"),
        "fit_for": trial.models.fit_for,
        "tested": asdict(here),
        "in_use": asdict(in_use) if in_use else None,
        "same_as_in_use": not different if in_use else None,
        "differences": different,
    }
