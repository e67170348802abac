"""Calibrations of the fake pack, as if somebody had measured it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fakes import fake_pack

from sightline.chassis.calibration import Calibration, published_hashes

if TYPE_CHECKING:
    from sightline.chassis.pack import Pack

# One decade of false matches for each 0.1 of cosine.
TABLE = ((0.0, 1.0), (0.1, 1e-1), (0.2, 1e-2), (0.3, 1e-3), (0.4, 1e-4))


def fake_calibration(**changes) -> Calibration:
    """One that fits the fake pack and shows false match rates down to 1e-4."""
    pack = fake_pack()
    facts = {
        "detector_id": pack.detector_id,
        "detector_sha256": published_hashes(pack.detector.files),
        "embedder_id": pack.embedder_id,
        "embedder_sha256": published_hashes(pack.embedder.files),
        "dataset_sha256": "0" * 64,
        "identities": 246,
        "pictures": 500,
        "comparisons": 30_000,
        "table": TABLE,
        "create_time": datetime(2026, 11, 23, tzinfo=UTC),
        "tool": "test",
    }
    return Calibration.model_validate(facts | changes)


def calibration_of(pack: Pack, **changes) -> Calibration:
    """The same, as if that pack had been measured."""
    facts = {"detector_id": pack.detector_id, "embedder_id": pack.embedder_id}
    facts |= {f"{part}_sha256": published_hashes(getattr(pack, part).files) for part in ("detector", "embedder")}
    return fake_calibration(**facts, **changes)
