"""QualityFilter: which faces are good enough, by our own gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.quality_gate import issues
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.v1 import face_pb2

GATES = {
    "NONE": pb.QUALITY_GATE_OFF,
    "AUTO": pb.QUALITY_GATE_STANDARD,
    "LOW": pb.QUALITY_GATE_STANDARD,
    "MEDIUM": pb.QUALITY_GATE_STANDARD,
    "HIGH": pb.QUALITY_GATE_STRICT,
}


def flaws(face: face_pb2.Face, quality_filter: str) -> list[str]:
    """Why the filter leaves a face out; empty where it does not."""
    return [issue.reason for issue in issues(face, GATES[quality_filter])]
