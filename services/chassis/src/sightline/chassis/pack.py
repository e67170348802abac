"""A model pack: a folder of weight files and the `pack.toml` that says what they are and how to use them."""

import base64
import hashlib
import json
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sightline.chassis.errors import FailedPrecondition

MANIFEST = "pack.toml"
NOT_CONVERTED = "0"
# Every watchlist can read a similarity the same way, because the pack's own threshold always lies here.
SIMILARITY_AT_THRESHOLD = 80.0

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Size = tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
Precision = Literal["fp32", "fp16", "int8"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelFile(_Part):
    """One weight file of a pack."""

    role: str = Field(description="mtcnn: pnet, rnet, onet; every other kind: model")
    path: str = Field(description="relative to the pack's folder, with forward slashes")
    sha256: Sha256 = Field(description="of the file as it lies in the pack")
    source_sha256: Sha256 = Field(
        description="of the published weight file: its own, or, where it was converted, the hash that the converter "
        "checked; nothing can check that again here, and the ids follow from it"
    )

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        pure = PurePosixPath(path)
        if not path or "\\" in path or pure.is_absolute() or ".." in pure.parts:
            message = f"{path!r} leaves the pack's folder"
            raise ValueError(message)
        return path


class _Model(_Part):
    licence: str
    files: tuple[ModelFile, ...] = Field(min_length=1)

    def file(self, role: str) -> ModelFile:
        """The file of a role.

        Raises:
            FailedPrecondition: PACK_INVALID when the pack names no such file.
        """
        for file in self.files:
            if file.role == role:
                return file
        raise FailedPrecondition("PACK_INVALID", f"the pack has no file with role {role!r}; pull it again")

    def _check_roles(self, expected: set[str]) -> None:
        roles = [file.role for file in self.files]
        if sorted(roles) != sorted(expected):
            message = f"files need the roles {sorted(expected)}, not {roles}"
            raise ValueError(message)

    def _check_sources(self) -> None:
        """Of files that nothing converted."""
        for file in self.files:
            if file.source_sha256 != file.sha256:
                message = f"{file.path} was not converted, so its source_sha256 has to be its sha256"
                raise ValueError(message)


class DetectorSpec(_Model):
    """How faces are found."""

    kind: Literal["mtcnn", "scrfd", "yunet"]
    score_threshold: float = Field(ge=0, le=1)
    min_face: int = Field(default=40, gt=0, description="mtcnn: side of the smallest face, px")
    input_size: Size | None = Field(default=None, description="scrfd, yunet: width, height, px")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        self._check_roles({"pnet", "rnet", "onet"} if self.kind == "mtcnn" else {"model"})
        if self.kind != "mtcnn" and self.input_size is None:
            message = f"a {self.kind} detector needs input_size"
            raise ValueError(message)
        if self.kind != "mtcnn":  # of the detectors the one that is converted
            self._check_sources()
        return self


class EmbedderSpec(_Model):
    """How a face becomes a vector, and what the vector's cosine to another means."""

    kind: Literal["dlib", "arcface", "sface"] = Field(description="how a chip is prepared for the network")
    alignment: Literal["dlib5", "arcface5"]
    dimension: int = Field(gt=0)
    input_size: Size = Field(description="width, height of the aligned chip, px")
    precision: Precision = "fp32"
    mirror: bool = Field(default=False, description="add the mirrored chip's embedding")
    converter: str = Field(description="version of the conversion that wrote the ONNX file; '0' for none")
    threshold: float = Field(gt=-1, lt=1, description="cosine at which two faces count as one person")
    similarity: tuple[tuple[float, float], ...] = Field(min_length=2, description="cosine, similarity 0..100")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        self._check_roles({"model"})
        if self.converter == NOT_CONVERTED:
            self._check_sources()
        cosines, scores = zip(*self.similarity, strict=True)
        if list(cosines) != sorted(set(cosines)) or list(scores) != sorted(scores):
            message = "similarity must rise with the cosine"
            raise ValueError(message)
        if scores[0] < 0 or scores[-1] > 100:  # noqa: PLR2004 - the scale's own end
            message = "similarity must stay within 0..100"
            raise ValueError(message)
        if abs(self.to_similarity(self.threshold) - SIMILARITY_AT_THRESHOLD) > 1e-6:  # noqa: PLR2004 - rounding
            message = f"similarity must be {SIMILARITY_AT_THRESHOLD:g} at the threshold"
            raise ValueError(message)
        return self

    def to_similarity(self, cosine: float) -> float:
        """Similarity 0..100 of a cosine: piecewise linear, flat beyond both ends; never a probability."""
        points = self.similarity
        right = bisect_right(points, cosine, key=lambda point: point[0])
        if right in (0, len(points)):
            return points[min(right, len(points) - 1)][1]
        (x0, y0), (x1, y1) = points[right - 1], points[right]
        return y0 + (y1 - y0) * (cosine - x0) / (x1 - x0)


class Pack(_Part):
    """A detector and an embedder that belong together."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    version: str
    fit_for: Literal["demonstration", "research", "production"]
    licence: str = Field(description="SPDX expression, or the source's own words")
    commercial_use: bool
    facts: tuple[str, ...] = Field(default=(), description="one measured sentence each, shown wherever used")
    detector: DetectorSpec
    embedder: EmbedderSpec
    folder: Path = Field(default=Path(), exclude=True)

    @property
    def embedder_id(self) -> str:
        """26 characters of base32: what makes two vectors comparable.

        Hashes what determines the vectors, not the ONNX bytes, which differ with the version of the library
        that wrote them.
        """
        spec = self.embedder
        facts = {
            "source_sha256": sorted(file.source_sha256 for file in spec.files),
            "converter": spec.converter,
            "alignment": spec.alignment,
            "kind": spec.kind,
            "input_size": list(spec.input_size),
            "mirror": spec.mirror,
            "precision": spec.precision,
        }
        return _digest(facts)

    @property
    def detector_id(self) -> str:
        """26 characters of base32: which faces are found, and where; not of the ONNX bytes, as `embedder_id`."""
        spec = self.detector
        facts = {
            "source_sha256": sorted(file.source_sha256 for file in spec.files),
            "kind": spec.kind,
            "input_size": spec.input_size and list(spec.input_size),
            "min_face": spec.min_face,
            "score_threshold": spec.score_threshold,
        }
        return _digest(facts)

    @property
    def files(self) -> tuple[ModelFile, ...]:
        """Every weight file, the detector's first."""
        return self.detector.files + self.embedder.files

    def path(self, file: ModelFile) -> Path:
        """Where a weight file lies."""
        return self.folder / file.path

    def verify(self) -> None:
        """Check every weight file against its hash.

        Raises:
            FailedPrecondition: MODEL_FILE_MISSING or MODEL_HASH_MISMATCH.
        """
        for file in self.files:
            verify_file(self.path(file), file.sha256)


def load_pack(folder: Path) -> Pack:
    """Read a pack's manifest; the weight files are left alone until `Pack.verify`.

    Raises:
        FailedPrecondition: PACK_NOT_FOUND or PACK_INVALID.
    """
    manifest = folder / MANIFEST
    try:
        facts = tomllib.loads(manifest.read_text(encoding="utf-8"))
        return Pack.model_validate(facts | {"folder": folder})
    except ValidationError as error:
        reason = "; ".join(_sentences(error))
        raise FailedPrecondition("PACK_INVALID", f"{manifest}: {reason}; correct it or pull again") from error
    except ValueError as error:
        raise FailedPrecondition("PACK_INVALID", f"{manifest} is no TOML: {error}; pull it again") from error
    except OSError as error:
        message = f"no model pack in {folder} ({error.strerror}); run `sightline models pull starter`"
        raise FailedPrecondition("PACK_NOT_FOUND", message) from error


def verify_file(path: Path, sha256: str) -> None:
    """Check one file against its hash.

    Raises:
        FailedPrecondition: MODEL_FILE_MISSING or MODEL_HASH_MISMATCH.
    """
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}); pull the pack again"
        raise FailedPrecondition("MODEL_FILE_MISSING", message) from error
    if found != sha256:
        message = f"{path} has SHA-256 {found}, expected {sha256}; delete it and pull the pack again"
        raise FailedPrecondition("MODEL_HASH_MISMATCH", message)


def _digest(facts: dict[str, Any]) -> str:
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    return base64.b32encode(hashlib.sha256(canonical).digest()).decode().lower()[:26]


def _sentences(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        yield f"{'.'.join(map(str, problem['loc'])) or 'pack'}: {problem['msg']}"
