"""How an index in this process is built and searched."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Quantization = Literal["int8", "turbo4", "turbo2", "binary", "none"]
Way = Literal["exact", "scan", "graph"]

# Fewer bits for each dimension tell faces apart where there are many dimensions.
MANY_DIMENSIONS = 256


class IndexOptions(BaseModel):
    """See `MatchSettings`, and the README of the services for what was measured.

    Attributes:
        exact_below: with fewer faces all original vectors are compared.
        scan_below: with fewer faces all quantised vectors are compared; from there on a graph leads to the nearest.
        quantization: how vectors are made small; what they find is compared again with the originals. "auto": by the
            dimension, and by the way.
        m: links of a face in the graph.
        ef_construct: candidates for them.
        ef: candidates that a search keeps on its way through the graph; a build raises it until `recall_goal` is
            reached, or raising it finds nobody more.
        recall_goal: mate recall that is wanted.
        probes: how many are tried to measure it.
        threshold: cosine above which a face is somebody's.
        tail: faces that came after the last build and make a new one worth while.
        tail_share: as `tail`, as a share of all; the greater of the two counts.
        rewrite_after: seconds after which what was deleted is rewritten without it.
        threads: of a build; 0: one for each processor.
    """

    model_config = ConfigDict(frozen=True)

    exact_below: int = 10_000
    scan_below: int = 150_000
    quantization: Literal["auto"] | Quantization = "auto"
    m: int = 64
    ef_construct: int = 128
    ef: int = 256
    recall_goal: float = 0.999
    probes: int = 1000
    threshold: float = 0.4
    tail: int = 5_000
    tail_share: float = 0.1
    rewrite_after: float = 12 * 3600.0
    threads: int = 0

    def way(self, faces: int) -> Way:
        """How so many faces are searched."""
        if faces < self.exact_below:
            return "exact"
        return "scan" if faces < self.scan_below else "graph"

    def quantized(self, dimension: int, way: Way) -> Quantization:
        """How vectors of that dimension are made small for that way of searching.

        A scan reads all of them: one bit is read fastest. A graph is followed by what they say: two bits say enough,
        and a quarter of the memory is read. (Measured with 300,000 made-up faces of 512 dimensions: the same mate
        recall in two thirds of the time of int8; one bit lost the way.)
        """
        if self.quantization != "auto":
            return self.quantization
        if way != "graph":
            return "binary" if dimension >= MANY_DIMENSIONS else "int8"
        return "turbo2" if dimension >= MANY_DIMENSIONS else "turbo4"
