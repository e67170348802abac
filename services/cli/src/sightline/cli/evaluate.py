"""`sightline evaluate`: what a pack gets wrong and how often, on labelled pictures and videos, as a report."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console

from sightline.chassis.pack import load_pack
from sightline.cli.clips import FPS, frames_for_videos
from sightline.cli.datasets import parsed_where, read_dataset
from sightline.cli.evaluation.findings import Wanted, findings_of
from sightline.cli.evaluation_report.page import Report, write_report
from sightline.cli.evaluation_report.summary import print_summary
from sightline.cli.installation import Installation
from sightline.cli.labelled import by_person
from sightline.cli.material import material_of, require_people
from sightline.cli.models.choice import chosen_pack
from sightline.cli.models.starter import NAME as STARTER
from sightline.cli.options import CaseOption, DeviceOption, PackOption, PurposeOption, StateDirOption
from sightline.cli.own_services import Services
from sightline.cli.template_cache import open_cache
from sightline.cli.template_reading import Reader, read_templates
from sightline.cli.up import usable_pack

CACHE, FRAMES = "templates.cache", "frames"
FpsOption: TypeAlias = Annotated[
    float, typer.Option("--fps", min=0.1, max=60, help="Of videos so many frames a second are looked at.")
]


def evaluate(
    dataset: Annotated[
        Path,
        typer.Argument(
            help="A folder for each person, a CSV file with path and identity, or LFW's pairs.txt; pictures or videos."
        ),
    ],
    report: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("out/evaluation"),
    pack: PackOption = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Only rows of the CSV file with this value: column=value; again for more.")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Column whose values are groups to compare; again for intersections.")
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="CSV of path_a, path_b, same (1 or 0), maybe fold: accuracy on these pairs.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(min=-1, max=1, help="Cosine in force. Unset: the one published with the pack.")
    ] = None,
    fps: FpsOption = FPS,
    resamples: Annotated[int, typer.Option(min=100, max=20_000, help="Of the bootstrap over people.")] = 1000,
    keep_templates: Annotated[
        bool, typer.Option("--keep-templates", help="Keep the templates, biometric data, for another report.")
    ] = False,
    purpose: PurposeOption = "evaluation",
    case: CaseOption = "",
    device: DeviceOption = "cpu",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Measure a pack's error rates on labelled pictures or videos, with intervals, and write a report (HTML and JSON).

    It uses the services that run, or starts detect and embed for itself. Interrupted, the same command goes on.
    """
    labelled = read_dataset(dataset, parsed_where(where or ()), pairs)
    require_people(len(by_person(labelled.pictures)), "the data set has")
    models = load_pack(usable_pack(Installation(state_dir), pack or chosen_pack(state_dir) or STARTER))
    wanted = Wanted(models.embedder.threshold if threshold is None else threshold, tuple(label or ()), resamples)
    services = Services(state_dir, models.folder, device, report / "services")
    with (
        open_cache(report / CACHE, f"{models.detector_id} {models.embedder_id}", keep=keep_templates) as cache,
        frames_for_videos(labelled, report / FRAMES, fps) as pictured,
    ):
        read_templates(services, Reader(cache, models, purpose, case), pictured.pictures)
        material = material_of(pictured, cache, wanted.labels)
        with Console(stderr=True).status("computing error rates and their intervals"):
            findings = findings_of(material.measured, wanted)
        page = write_report(report, Report(findings, material, models, wanted))
    print_summary(findings, models, page)
