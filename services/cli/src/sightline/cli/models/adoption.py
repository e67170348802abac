"""Making a pack of weight files that somebody already has, in the form of insightface's packs."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from sightline.chassis.errors import InvalidInput
from sightline.chassis.pack import DetectorSpec, EmbedderSpec, Pack, load_pack
from sightline.cli.models.acceptance import SIGNED_LICENCE
from sightline.cli.models.archive import open_archive
from sightline.cli.models.catalogue import published_packs
from sightline.cli.models.manifest import model_file, write_manifest
from sightline.cli.models.placement import copy_into, new_pack, told_disk_errors
from sightline.cli.models.weights_kind import Weights, recognise

INPUT_SIZE = (640, 640)
# insightface's own default, and that of cv2.FaceDetectorYN.create.
SCORE_THRESHOLDS = {"scrfd": 0.5, "yunet": 0.9}
NO_POINTS = "Its detector gives no key points: faces are found with it, but cannot be aligned and so not embedded."


class EmbedderKind(StrEnum):
    """How a chip is prepared for an embedder, which a graph of 112 x 112 cannot say."""

    ARCFACE = "arcface"
    SFACE = "sface"


# SFace's is the published one; ArcFace's was measured with one small network of the family.
THRESHOLDS = {EmbedderKind.ARCFACE: 0.29, EmbedderKind.SFACE: 0.363}


@dataclass(frozen=True)
class Terms:
    """What a graph cannot say about itself.

    Attributes:
        threshold: cosine at which two faces count as one person, 0..1; None for its kind's usual one.
        score_threshold: of the detector; None for its kind's usual one.
        embedder: None for what the list of published packs knows the file by its hash as, else ArcFace.
    """

    name: str
    licence: str
    threshold: float | None = None
    score_threshold: float | None = None
    commercial_use: bool = False
    embedder: EmbedderKind | None = None


def adopt(source: Path, folder: Path, terms: Terms) -> Pack:
    """Copy the one detector and the one embedder of `source`, a folder or a zip archive, into a new pack.

    Raises:
        InvalidInput: MODEL_NOT_FOUND or MODEL_AMBIGUOUS when there is not exactly one of each; as `recognise` and
            `open_archive`; THRESHOLD_INVALID, PACK_INVALID.
        AlreadyExists, FailedPrecondition, ResourceExhausted: as `new_pack` and `told_disk_errors`.
    """
    if terms.threshold is not None and not 0 < terms.threshold < 1:
        raise InvalidInput("THRESHOLD_INVALID", f"{terms.threshold} is no cosine between 0 and 1; give --threshold")
    with told_disk_errors(), _unpacked(source) as files:
        found = [recognise(path) for path in sorted(files.glob("*.onnx"))]
        detector = _only(found, {"scrfd", "yunet"}, "detector (SCRFD or YuNet)", source)
        embedder = _only(found, {"arcface"}, "embedder (one vector of a 112 x 112 face)", source)
        with new_pack(folder, terms.name) as built:
            for weights in (detector, embedder):
                copy_into(weights.path, built, weights.path.name)
            if (files / SIGNED_LICENCE).is_file():
                copy_into(files / SIGNED_LICENCE, built, SIGNED_LICENCE)
            write_manifest(_checked(built, detector, embedder, terms), built)
        return load_pack(folder)


@contextmanager
def _unpacked(source: Path) -> Iterator[Path]:
    """The folder of the files; a zip archive's are taken out of it for a while."""
    if source.suffix.lower() != ".zip":
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="sightline-import-") as place, open_archive(source) as archive:
        for name in archive.names:
            if name.endswith(".onnx") or name == SIGNED_LICENCE:
                archive.take(name, Path(place))
        yield Path(place)


def _only(found: Sequence[Weights], kinds: set[str], what: str, source: Path) -> Weights:
    fitting = [weights for weights in found if weights.kind in kinds]
    if not fitting:
        raise InvalidInput("MODEL_NOT_FOUND", f"{source} holds no ONNX file of a {what}")
    if len(fitting) > 1:
        names = ", ".join(weights.path.name for weights in fitting)
        message = f"{source} holds more than one {what}: {names}; give a folder with just one"
        raise InvalidInput("MODEL_AMBIGUOUS", message)
    return fitting[0]


def _checked(folder: Path, detector: Weights, embedder: Weights, terms: Terms) -> Pack:
    try:
        return _manifest(folder, detector, embedder, terms)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"{'.'.join(map(str, first['loc']))}: {first['msg']}; correct that option"
        raise InvalidInput("PACK_INVALID", message) from error


def _manifest(folder: Path, detector: Weights, embedder: Weights, terms: Terms) -> Pack:
    return Pack(
        name=terms.name,
        version="1",
        fit_for="research",
        licence=terms.licence,
        commercial_use=terms.commercial_use,
        facts=(
            "Imported from files on this machine; nothing about it was measured here.",
            *(() if detector.has_points else (NO_POINTS,)),
        ),
        detector=_detector(folder, detector, terms),
        embedder=_embedder(folder, embedder, terms),
    )


def _detector(folder: Path, weights: Weights, terms: Terms) -> DetectorSpec:
    usual = SCORE_THRESHOLDS[weights.kind]
    return DetectorSpec.model_validate(
        {
            "kind": weights.kind,
            "input_size": weights.size or INPUT_SIZE,
            "score_threshold": usual if terms.score_threshold is None else terms.score_threshold,
            "licence": terms.licence,
            "files": (model_file(folder, "model", weights.path.name),),
        }
    )


def _embedder(folder: Path, weights: Weights, terms: Terms) -> EmbedderSpec:
    file = model_file(folder, "model", weights.path.name)
    kind = terms.embedder or _published_kind(file.sha256)
    threshold = THRESHOLDS[kind] if terms.threshold is None else terms.threshold
    return EmbedderSpec(
        kind=kind.value,
        alignment="arcface5",
        dimension=weights.dimension,
        input_size=weights.size or (112, 112),
        precision=weights.precision,
        converter="0",
        threshold=threshold,
        # Different people have cosines around 0 in this family.
        similarity=((-1.0, 0.0), (0.0, 20.0), (threshold, 80.0), (1.0, 100.0)),
        licence=terms.licence,
        files=(file,),
    )


def _published_kind(sha256: str) -> EmbedderKind:
    """SFace's graph looks like any ArcFace's: it is known by its hash."""
    for pack in published_packs():
        if any(file.sha256 == sha256 for file in pack.files):
            return EmbedderKind(pack.embedder["kind"])
    return EmbedderKind.ARCFACE
