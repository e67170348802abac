"""How an index is: its size, its graph, and the build that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from sightline.match.index_options import Quantization, Way  # noqa: TC001 - read from a file by their types


class Built(BaseModel):
    """What a finished build was, as it is kept beside the index.

    Attributes:
        time: when it ended.
        seconds: how long it took, reading the faces and measuring included.
        faces: how many it read.
        mate_recall: share of probes whose best face by exact search the index returned first, too; None: not measured.
        probes: how many were tried.
        way: how it is searched: every original vector, every quantised one, or through a graph.
        quantization: how vectors were made small.
        ef: how many candidates a search keeps; 0: all are compared.
    """

    model_config = ConfigDict(frozen=True)

    time: datetime
    seconds: float
    faces: int
    mate_recall: float | None = None
    probes: int = 0
    ef: int = 0
    way: Way = "exact"
    quantization: Quantization = "none"


@dataclass
class Building:
    """A build that runs.

    Attributes:
        phase: "reading", "building", "measuring" or "switching".
        done: faces that were read.
        expected: faces that there will be, about.
        began: when.
    """

    phase: str = "reading"
    done: int = 0
    expected: int = 0
    began: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class IndexStatus:
    """How an index is now.

    Attributes:
        engine: "edge" in this process, "server" elsewhere.
        quantization: how vectors are made small for searching; originals are always kept.
        size: faces that it holds.
        indexed: faces of these that the last build made fast to search; the others' original vectors are compared.
        pending_deletions: faces that are not found any more, but whose vectors are still on the disk.
        built: the last build; None: there was none.
        building: the build that runs; None: none does.
        last_error: why the last build failed; empty: it did not.
        rotation: name of the space in which its vectors are.
    """

    engine: str
    quantization: str
    size: int
    indexed: int
    pending_deletions: int = 0
    built: Built | None = None
    building: Building | None = None
    last_error: str = field(default="")
    rotation: str = ""
