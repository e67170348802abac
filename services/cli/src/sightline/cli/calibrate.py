"""`sightline calibrate`: how often this pack takes two people for one, measured on labelled pictures."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from sightline.chassis.calibration import RULE_OF_THREE, Calibration, published_hashes
from sightline.chassis.pack import Pack, load_pack
from sightline.chassis.similarity import measured_similarity
from sightline.cli.calibration_signing import Signer, find_signer
from sightline.cli.clips import frames_for_videos
from sightline.cli.datasets import parsed_where, read_dataset
from sightline.cli.evaluation.comparisons import impostors_of
from sightline.cli.evaluation.impostor_table import impostor_table
from sightline.cli.evaluation.resampling import RESAMPLES, person_weights
from sightline.cli.installation import Installation
from sightline.cli.labelled import by_person
from sightline.cli.material import Material, material_of, require_people
from sightline.cli.models.choice import chosen_pack
from sightline.cli.models.starter import NAME as STARTER
from sightline.cli.options import CaseOption, DeviceOption, PackOption, PurposeOption, StateDirOption
from sightline.cli.own_services import Services
from sightline.cli.template_cache import open_cache
from sightline.cli.template_reading import Reader, read_templates
from sightline.cli.up import usable_pack


def calibrate(
    folder: Annotated[
        Path, typer.Argument(metavar="DATASET", help="A folder for each person, or a CSV file with path and identity.")
    ],
    out: Annotated[Path, typer.Option(help="Where the calibration is written.")] = Path("calibration.json"),
    pack: PackOption = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Only rows of the CSV file with this value: column=value; again for more.")
    ] = None,
    resamples: Annotated[int, typer.Option(min=100, max=20_000, help="Of the bootstrap over people.")] = RESAMPLES,
    secrets_dir: Annotated[
        Path | None,
        typer.Option(envvar="SIGHTLINE_SECRETS_DIR", help="Whose key signs it. Unset: secrets in --state-dir."),
    ] = None,
    purpose: PurposeOption = "calibration",
    case: CaseOption = "",
    device: DeviceOption = "cpu",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Measure how similar strangers are, so that thresholds can follow from false-alarm targets.

    It uses the services that run, or starts detect and embed for itself. Interrupted, the same command goes on. Where
    the installation's secrets can be read, the calibration is signed with them.
    """
    dataset = read_dataset(folder, parsed_where(where or ()))
    require_people(len(by_person(dataset.pictures)), "the data set has")
    models = load_pack(usable_pack(Installation(state_dir), pack or chosen_pack(state_dir) or STARTER))
    signer = find_signer(secrets_dir or Installation(state_dir).secrets)
    cache_path = out.with_name(f"{out.name}.cache")
    services = Services(state_dir, models.folder, device, out.with_name(f"{out.name}.services"))
    with (
        open_cache(cache_path, f"{models.detector_id} {models.embedder_id}") as cache,
        frames_for_videos(dataset, out.with_name(f"{out.name}.frames")) as pictured,
    ):
        read_templates(services, Reader(cache, models, purpose, case), pictured.pictures)
        material = material_of(pictured, cache)
        calibration = measured(material, models, resamples, signer)
        draft = out.with_name(f".{out.name}.draft")
        draft.write_text(calibration.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")
        draft.replace(out)
    for line in _report(calibration, out):
        typer.echo(line)
    for problem, count in sorted(material.problems.items()):
        typer.echo(f"left out: {count} x {problem}", err=True)


def measured(material: Material, pack: Pack, resamples: int, signer: Signer | None) -> Calibration:
    """Make a calibration of what was read, signed where there is somebody to sign it."""
    templates = material.measured.templates
    impostors = impostors_of(templates)
    table, intervals = impostor_table(impostors, person_weights(templates.people, resamples))
    calibration = Calibration(
        detector_id=pack.detector_id,
        detector_sha256=published_hashes(pack.detector.files),
        embedder_id=pack.embedder_id,
        embedder_sha256=published_hashes(pack.embedder.files),
        dataset=material.dataset.name,
        dataset_sha256=material.sha256,
        identities=len(impostors.members),
        pictures=len(templates.persons),
        comparisons=impostors.pairs,
        resamples=resamples,
        table=tuple(table),
        intervals=tuple(intervals),
        create_time=datetime.now(UTC),
        tool=f"sightline calibrate {version('sightline-cli')}",
    )
    similarity = measured_similarity(calibration) or pack.embedder.similarity
    calibration = calibration.model_copy(update={"similarity": similarity})
    return signer.signed(calibration) if signer else calibration


def _report(calibration: Calibration, out: Path) -> Iterator[str]:
    yield f"{out}: calibration {calibration.id}"
    yield (
        f"{calibration.pictures:,} pictures of {calibration.identities:,} people are {calibration.comparisons:,} "
        f"comparisons: nothing below an FMR of {RULE_OF_THREE:g}/{calibration.comparisons:,} = "
        f"{RULE_OF_THREE / calibration.comparisons:.2g} can be claimed. The table ends at {calibration.least_fmr:.2g}."
    )
    people = next(n for n in range(2, 1 << 20) if n * (n - 1) // 2 * 1e-6 >= RULE_OF_THREE)
    yield f"An FPIR of 0.01 among 10,000 faces needs an FMR of 1e-6, and for that {people:,} people or more."
    if calibration.signature:
        yield f"signed with key {calibration.signature.key_id} (audit-seal.key of the installation)"
    else:
        yield "not signed: the secrets of the installation were not found (SIGHTLINE_SECRETS_DIR)"
