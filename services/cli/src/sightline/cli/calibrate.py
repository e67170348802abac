"""`sightline calibrate`: how often this pack takes two people for one, measured on labelled pictures."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import grpc
import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sightline.chassis.calibration import RULE_OF_THREE, Calibration, published_hashes
from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.pack import Pack, load_pack
from sightline.cli.client import CALL_SECONDS, opened, told
from sightline.cli.impostors import Templates, comparisons_of, fmr_table
from sightline.cli.installation import Installation
from sightline.cli.labelled import Labelled, by_person, dataset_hash, read_folder
from sightline.cli.models.choice import chosen_pack
from sightline.cli.models.starter import NAME as STARTER
from sightline.cli.options import CaseOption, PackOption, PurposeOption, StateDirOption
from sightline.cli.pictures import read_picture
from sightline.cli.template_cache import TemplateCache, open_cache
from sightline.cli.up import usable_pack
from sightline.v1 import detect_service_pb2, embed_service_pb2

# Pictures in one call to detect, and of bytes; calls at the same time, so that detect and embed both have work.
_PICTURES_A_CALL, _BYTES_A_CALL, _CALLS = 16, 20_000_000, 2
# With fewer people there is nothing to measure.
_FEWEST_PEOPLE = 10


def calibrate(
    folder: Annotated[Path, typer.Argument(help="Labelled pictures: one folder for each person.")],
    out: Annotated[Path, typer.Option(help="Where the calibration is written.")] = Path("calibration.json"),
    pack: PackOption = None,
    purpose: PurposeOption = "calibration",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Measure how similar strangers are, so that thresholds can follow from false-alarm targets."""
    pictures = read_folder(folder)
    models = load_pack(usable_pack(Installation(state_dir), pack or chosen_pack(state_dir) or STARTER))
    cache_path = out.with_name(f"{out.name}.cache")
    with open_cache(cache_path, f"{models.detector_id} {models.embedder_id}") as cache:
        reader = Reader(cache, models, purpose, case)
        with _progress() as progress:
            task = progress.add_task("pictures", total=len(pictures))
            asyncio.run(_read(state_dir, reader, pictures, lambda count: progress.advance(task, count)))
        calibration = measured(pictures, cache, models)
        draft = out.with_name(f".{out.name}.draft")
        draft.write_text(calibration.model_dump_json(indent=2) + "\n", encoding="utf-8")
        draft.replace(out)
        problems = Counter(cache.problems().values())
    _report(calibration, problems, out)


@dataclass(frozen=True)
class Reader:
    """Makes templates of pictures, by asking detect and embed, and keeps them."""

    cache: TemplateCache
    pack: Pack
    purpose: str
    case: str

    async def read(self, detect: Any, embed: Any, group: Sequence[Labelled]) -> None:
        """Read some pictures, each by its largest face.

        Raises:
            FailedPrecondition: PACK_DIFFERS, the services run other models than the pack's.
        """
        images = [read_picture(picture.path) for picture in group]
        request = detect_service_pb2.DetectFacesRequest(
            images=images, max_faces=1, purpose=self.purpose, case_reference=self.case
        )
        answer = await _answered(detect.DetectFaces(request, timeout=CALL_SECONDS), "detect")
        self._check(answer.detector_id, self.pack.detector_id)
        faces: list[tuple[Labelled, embed_service_pb2.FaceCrop]] = []
        for picture, image, result in zip(group, images, answer.results, strict=True):
            if not result.faces:
                self.cache.put(picture.sha256, None, result.error.reason or "NO_FACE")
                continue
            faces.append((picture, embed_service_pb2.FaceCrop(image=image, landmarks=result.faces[0].landmarks)))
        if faces:
            await self._embed(embed, faces)

    async def _embed(self, embed: Any, faces: Sequence[tuple[Labelled, embed_service_pb2.FaceCrop]]) -> None:
        request = embed_service_pb2.EmbedFacesRequest(
            crops=[crop for _, crop in faces], purpose=self.purpose, case_reference=self.case
        )
        answer = await _answered(embed.EmbedFaces(request, timeout=CALL_SECONDS), "embed")
        self._check(answer.embedder_id, self.pack.embedder_id)
        for (picture, _), result in zip(faces, answer.results, strict=True):
            if result.HasField("error"):
                self.cache.put(picture.sha256, None, result.error.reason)
            else:
                self.cache.put(picture.sha256, np.asarray(result.vector, np.float32))

    def _check(self, running: str, expected: str) -> None:
        if running != expected:
            message = f"The services do not run the pack '{self.pack.name}': name theirs with --pack."
            raise FailedPrecondition("PACK_DIFFERS", message)


def measured(pictures: Sequence[Labelled], cache: TemplateCache, pack: Pack) -> Calibration:
    """Make a calibration of the templates that there are.

    Raises:
        InvalidInput: PEOPLE_TOO_FEW.
    """
    vectors = cache.vectors()
    people = by_person(picture for picture in pictures if picture.sha256 in vectors)
    if len(people) < _FEWEST_PEOPLE:
        message = f"Of {len(people)} people a face was found, and {_FEWEST_PEOPLE} are the least: add pictures."
        raise InvalidInput("PEOPLE_TOO_FEW", message)
    templates: list[Templates] = [np.stack([vectors[each.sha256] for each in theirs]) for theirs in people.values()]
    return Calibration(
        detector_id=pack.detector_id,
        detector_sha256=published_hashes(pack.detector.files),
        embedder_id=pack.embedder_id,
        embedder_sha256=published_hashes(pack.embedder.files),
        dataset_sha256=dataset_hash(people.values()),
        identities=len(people),
        pictures=sum(map(len, people.values())),
        comparisons=comparisons_of(templates),
        table=tuple(fmr_table(templates)),
        create_time=datetime.now(UTC),
        tool=f"sightline calibrate {version('sightline-cli')}",
    )


async def _read(state_dir: Path, reader: Reader, pictures: Sequence[Labelled], advance: Callable[[int], None]) -> None:
    done = reader.cache.vectors().keys() | reader.cache.problems().keys()
    waiting = [picture for picture in pictures if picture.sha256 not in done]
    advance(len(pictures) - len(waiting))
    turns = asyncio.Semaphore(_CALLS)
    async with AsyncExitStack() as stack:
        embed = await stack.enter_async_context(opened(state_dir, "embed"))
        detect = await stack.enter_async_context(opened(state_dir, "detect"))

        async def read(group: Sequence[Labelled]) -> None:
            async with turns:
                await reader.read(detect, embed, group)
                advance(len(group))

        await asyncio.gather(*map(read, _groups(waiting)))


async def _answered(call: Awaitable[Any], service: str) -> Any:
    """What the service says; two of them are asked in one block, and the error has to name the right one."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise told(error, service) from error


def _groups(pictures: Sequence[Labelled]) -> Iterator[list[Labelled]]:
    """In groups that fit into one call."""
    group: list[Labelled] = []
    size = 0
    for picture in pictures:
        bytes_more = picture.path.stat().st_size
        if group and (len(group) == _PICTURES_A_CALL or size + bytes_more > _BYTES_A_CALL):
            yield group
            group, size = [], 0
        group.append(picture)
        size += bytes_more
    if group:
        yield group


def _report(calibration: Calibration, problems: Counter[str], out: Path) -> None:
    typer.echo(f"{out}: calibration {calibration.id}")
    typer.echo(
        f"{calibration.pictures:,} pictures of {calibration.identities:,} people are {calibration.comparisons:,} "
        f"comparisons: nothing below an FMR of {RULE_OF_THREE:g}/{calibration.comparisons:,} = "
        f"{calibration.least_fmr:.2g} can be claimed."
    )
    people = next(n for n in range(2, 1 << 20) if n * (n - 1) // 2 * 1e-6 >= RULE_OF_THREE)
    typer.echo(f"An FPIR of 0.01 among 10,000 faces needs an FMR of 1e-6, and for that {people:,} people or more.")
    for problem, count in sorted(problems.items()):
        typer.echo(f"left out: {count} x {problem}", err=True)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))
