"""A calibration: how often the faces of two different people are as similar as a cosine, measured for one pack."""

import base64
import hashlib
import math
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import ModelFile, Pack, Sha256

CALIBRATION = "calibration.json"
RULE_OF_THREE = 3.0
"""n comparisons without an error leave open a rate of up to 3/n, with 95 % confidence (Hanley 1983)."""

Rate = Annotated[float, Field(gt=0, le=1)]
Cosine = Annotated[float, Field(ge=-1, le=1)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]{26}$")]


class Signature(BaseModel):
    """Who vouches for a calibration: an Ed25519 key, and what it says of all the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_id: str = Field(pattern=r"^[0-9a-f]{16}$", description="as in seals of the audit trail")
    public_key: str = Field(description="32 bytes, base64")
    value: str = Field(description="64 bytes, base64")


class Interval(BaseModel):
    """What was found at a cosine, and what the data leave open of it (95 %)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    cosine: Cosine
    fmr: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(gt=0, le=1)


class Calibration(BaseModel):
    """What `sightline calibrate` measured; see `cosine_at`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal[1] = 1
    detector_id: Id
    detector_sha256: tuple[Sha256, ...] = Field(min_length=1, description="of its published weight files, sorted")
    embedder_id: Id
    embedder_sha256: tuple[Sha256, ...] = Field(min_length=1, description="of its published weight files, sorted")
    dataset: str | None = Field(default=None, description="what the folder of the data set was called")
    dataset_sha256: Sha256 = Field(description="of the pictures' hashes, by person; no names in it")
    identities: int = Field(ge=2)
    pictures: int = Field(ge=2, description="of which a face was compared")
    comparisons: int = Field(ge=1, description="pairs of different people; each counts once, however many pictures")
    table: tuple[tuple[Cosine, Rate], ...] = Field(
        min_length=2, description="cosine, and the false match rate from it on, at most (95 %)"
    )
    intervals: tuple[Interval, ...] | None = Field(default=None, description="at the cosines of the table")
    resamples: int | None = Field(default=None, description="of the bootstrap over people behind table and intervals")
    similarity: tuple[tuple[Cosine, float], ...] | None = Field(
        default=None,
        description="cosine, similarity 0..100: how a cosine is shown under it; never a probability",
    )
    create_time: datetime
    tool: str = Field(description="what measured it, with its version")
    signature: Signature | None = None

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        cosines, rates = zip(*self.table, strict=True)
        if list(cosines) != sorted(set(cosines)) or list(rates) != sorted(set(rates), reverse=True):
            message = "the false match rate must fall while the cosine rises"
            raise ValueError(message)
        if rates[-1] < min(1.0, RULE_OF_THREE / self.comparisons) * (1 - 1e-9):
            message = f"{self.comparisons} comparisons show nothing below {RULE_OF_THREE / self.comparisons:.3g}"
            raise ValueError(message)
        return self

    @property
    def id(self) -> str:
        """26 characters of base32, of all that it says; who signed it is not part of it."""
        digest = hashlib.sha256(self.signed_text).digest()
        return base64.b32encode(digest).decode().lower()[:26]

    @property
    def signed_text(self) -> bytes:
        """What a signature is of."""
        return self.model_dump_json(exclude={"signature"}, exclude_none=True).encode()

    @property
    def valid_fmr(self) -> tuple[float, float]:
        """The lowest and the highest false match rate for which it says a cosine."""
        return self.least_fmr, self.table[0][1]

    @property
    def least_fmr(self) -> float:
        """The lowest false match rate that it shows."""
        return self.table[-1][1]

    def cosine_at(self, fmr: float) -> float:
        """The cosine from which the false match rate is at most this; the table's ends, where it is beyond them.

        Between two points of the table the logarithm of the rate is taken to fall evenly.
        """
        points = self.table
        right = bisect_right(points, -fmr, key=lambda point: -point[1])
        if right in (0, len(points)):
            return points[min(right, len(points) - 1)][0]
        (x0, f0), (x1, f1) = points[right - 1], points[right]
        return x0 + (x1 - x0) * math.log(f0 / fmr) / math.log(f0 / f1)

    def fmr_at(self, cosine: float) -> float:
        """The false match rate at this cosine; an upper bound where it is beyond the table's ends."""
        points = self.table
        right = bisect_right(points, cosine, key=lambda point: point[0])
        if right == 0:
            return 1.0
        if right == len(points):
            return points[-1][1]
        (x0, f0), (x1, f1) = points[right - 1], points[right]
        return f0 * math.exp(math.log(f1 / f0) * (cosine - x0) / (x1 - x0))

    def fits(self, pack: Pack) -> bool:
        """Whether it was measured with the models of this pack, and their settings."""
        return (
            (self.detector_id, self.embedder_id) == (pack.detector_id, pack.embedder_id)
            and self.detector_sha256 == published_hashes(pack.detector.files)
            and self.embedder_sha256 == published_hashes(pack.embedder.files)
        )


def published_hashes(files: Iterable[ModelFile]) -> tuple[str, ...]:
    """SHA-256 of the published weight files behind these, sorted."""
    return tuple(sorted(file.source_sha256 for file in files))


def read_calibration(path: Path) -> Calibration:
    """Reads a calibration file.

    Raises:
        FailedPrecondition: CALIBRATION_UNREADABLE or CALIBRATION_INVALID.
    """
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "calibration"
        message = f"{path}: {where}: {problem['msg']}; make it again with `sightline calibrate`."
        raise FailedPrecondition("CALIBRATION_INVALID", message) from error
    except OSError as error:
        advice = "make one with `sightline calibrate`, or correct its path (SIGHTLINE_CALIBRATION_FILE, --calibration)"
        message = f"{path} cannot be read ({error.strerror}): {advice} or its rights."
        raise FailedPrecondition("CALIBRATION_UNREADABLE", message) from error
