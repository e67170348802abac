"""Making a pack of weight files that somebody already has, in the form of insightface's packs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from sightline.chassis.errors import InvalidInput
from sightline.chassis.pack import DetectorSpec, EmbedderSpec, Pack, load_pack
from sightline.cli.models.manifest import model_file, write_manifest
from sightline.cli.models.placement import copy_into, new_pack, told_disk_errors
from sightline.cli.models.weights_kind import Weights, recognise

INPUT_SIZE = (640, 640)
# insightface's own default, and that of cv2.FaceDetectorYN.create.
SCORE_THRESHOLDS = {"scrfd": 0.5, "yunet": 0.9}


@dataclass(frozen=True)
class Terms:
    """What a graph cannot say about itself.

    Attributes:
        threshold: cosine at which two faces count as one person, 0..1.
        score_threshold: of the detector; None for its kind's usual one.
    """

    name: str
    licence: str
    threshold: float
    score_threshold: float | None = None
    commercial_use: bool = False


def adopt(source: Path, folder: Path, terms: Terms) -> Pack:
    """Copy the one detector and the one ArcFace-style embedder of `source` into a new pack.

    Raises:
        InvalidInput: MODEL_NOT_FOUND or MODEL_AMBIGUOUS when there is not exactly one of each; as `recognise`;
            THRESHOLD_INVALID, PACK_INVALID.
        AlreadyExists, FailedPrecondition, ResourceExhausted: as `new_pack` and `told_disk_errors`.
    """
    if not 0 < terms.threshold < 1:
        raise InvalidInput("THRESHOLD_INVALID", f"{terms.threshold} is no cosine between 0 and 1; give --threshold")
    with told_disk_errors():
        found = [recognise(path) for path in sorted(source.glob("*.onnx"))]
        detector = _only(found, {"scrfd", "yunet"}, "detector (SCRFD with key points, or YuNet)", source)
        embedder = _only(found, {"arcface"}, "embedder (one vector of a 112 x 112 face)", source)
        with new_pack(folder, terms.name) as built:
            for weights in (detector, embedder):
                copy_into(weights.path, built, weights.path.name)
            write_manifest(_checked(built, detector, embedder, terms), built)
        return load_pack(folder)


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
        facts=("Imported from files on this machine; nothing about it was measured here.",),
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
    return EmbedderSpec(
        kind="arcface",
        alignment="arcface5",
        dimension=weights.dimension,
        input_size=weights.size or (112, 112),
        precision=weights.precision,
        converter="0",
        threshold=terms.threshold,
        # Different people have cosines around 0 in this family.
        similarity=((-1.0, 0.0), (0.0, 20.0), (terms.threshold, 80.0), (1.0, 100.0)),
        licence=terms.licence,
        files=(model_file(folder, "model", weights.path.name),),
    )
