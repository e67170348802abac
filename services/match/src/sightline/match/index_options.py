"""How an index in this process is built and searched."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Quantization = Literal["int8", "binary", "none"]


class IndexOptions(BaseModel):
    """See `MatchSettings` for what each of them costs.

    Attributes:
        exact_below: with fewer faces there is no graph: every one is compared.
        quantization: how the vectors of the graph are stored; what it finds is compared again with the originals.
        m: links of a face in the graph.
        ef_construct: candidates for them.
        ef: candidates that a search keeps on its way; a build doubles it until `recall_goal` is reached.
        recall_goal: mate recall that is wanted.
        probes: how many are tried to measure it.
        threshold: cosine above which a face is somebody's.
        tail: faces outside the graph that make a new build worth while.
        tail_share: as `tail`, as a share of all; the greater of the two counts.
        rewrite_after: seconds after which what was deleted is rewritten without it.
        threads: of a build; 0: one for each processor.
    """

    model_config = ConfigDict(frozen=True)

    exact_below: int = 20_000
    quantization: Quantization = "int8"
    m: int = 32
    ef_construct: int = 200
    ef: int = 256
    recall_goal: float = 0.999
    probes: int = 1000
    threshold: float = 0.4
    tail: int = 10_000
    tail_share: float = 0.1
    rewrite_after: float = 12 * 3600.0
    threads: int = 0
