"""How a shard is laid out, in the words of Qdrant Edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qdrant_edge import (
    BinaryQuantizationConfig,
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeVectorParams,
    HnswIndexConfig,
    Memory,
    ScalarQuantizationConfig,
    ScalarType,
    TurboQuantBitSize,
    TurboQuantQuantizationConfig,
)

if TYPE_CHECKING:
    from sightline.match.index_options import IndexOptions, Quantization, Way

    Small = ScalarQuantizationConfig | BinaryQuantizationConfig | TurboQuantQuantizationConfig | None

# A segment may be as large as it likes: one graph is searched faster than several.
_ONE_SEGMENT_KB = 1 << 40
# A watchlist with fewer faces is not looked for through the graph of all: its faces are compared.
_FEW = 20_000


def edge_config(dimension: int, options: IndexOptions, way: Way) -> EdgeConfig:
    """Original vectors are read from the disk as they are needed; the small ones, and a graph, stay in memory."""
    return EdgeConfig(
        vectors=EdgeVectorParams(size=dimension, distance=Distance.Dot, memory=Memory.Cold),
        hnsw_config=HnswIndexConfig(
            m=options.m if way == "graph" else 0,
            ef_construct=options.ef_construct,
            full_scan_threshold=max(1, min(options.scan_below, _FEW) * dimension * 4 // 1024),
            max_indexing_threads=options.threads,
        ),
        quantization_config=_small(options.quantized(dimension, way)),
        optimizers=EdgeOptimizersConfig(
            default_segment_number=1, indexing_threshold=1, max_segment_size=_ONE_SEGMENT_KB
        ),
    )


def _small(quantization: Quantization) -> Small:
    if quantization == "int8":
        return ScalarQuantizationConfig(ScalarType.Int8, memory=Memory.Pinned)
    if quantization == "binary":
        return BinaryQuantizationConfig(memory=Memory.Pinned)
    if quantization == "none":
        return None
    bits = TurboQuantBitSize.Bits2 if quantization == "turbo2" else TurboQuantBitSize.Bits4
    return TurboQuantQuantizationConfig(memory=Memory.Pinned, bits=bits)
