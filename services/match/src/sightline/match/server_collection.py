"""What a collection on a Qdrant server is asked to be, and whether one is that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict
from qdrant_client import models

from sightline.chassis.errors import FailedPrecondition

if TYPE_CHECKING:
    from qdrant_client import AsyncQdrantClient


class CollectionOptions(BaseModel):
    """How the server keeps and searches faces.

    Attributes:
        shards: parts of the collection, each on a node of its own where there are as many.
        replicas: nodes that hold each part.
        write_consistency: replicas that must have a write before it is answered; a majority of them, in a cluster.
        int8: whether the graph's vectors are kept in 8 bits; what is found is compared again with the originals.
        on_disk: whether the originals stay on the disk and are read as they are needed.
        m: links of a face in the graph.
        ef_construct: candidates for them.
        ef: candidates that a search keeps on its way.
    """

    model_config = ConfigDict(frozen=True)

    shards: int = 1
    replicas: int = 1
    write_consistency: int = 1
    int8: bool = True
    on_disk: bool = True
    m: int = 32
    ef_construct: int = 200
    ef: int = 512


async def create_collection(client: AsyncQdrantClient, name: str, dimension: int, options: CollectionOptions) -> None:
    """Makes an empty one, with the watchlist as its tenant."""
    await client.create_collection(
        name,
        vectors_config=models.VectorParams(size=dimension, distance=models.Distance.DOT, on_disk=options.on_disk),
        shard_number=options.shards,
        replication_factor=options.replicas,
        write_consistency_factor=options.write_consistency,
        hnsw_config=models.HnswConfigDiff(m=options.m, ef_construct=options.ef_construct),
        quantization_config=_quantization() if options.int8 else None,
    )
    await client.create_payload_index(
        name,
        "watchlist",
        models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True),
        wait=True,
    )


def check_collection(info: models.CollectionInfo, alias: str, dimension: int, options: CollectionOptions) -> None:
    """Compares a collection with what is asked.

    Raises:
        FailedPrecondition: INDEX_DIFFERS, with each field, what it is, and what is asked.
    """
    asked, there = _asked(dimension, options), _there(info)
    differing = [f"{name} is {there[name]}, asked for is {asked[name]}" for name in asked if there[name] != asked[name]]
    if differing:
        raise FailedPrecondition(
            "INDEX_DIFFERS",
            f"The collection {alias} on the Qdrant server is not as the settings say: {'; '.join(differing)}. Set the "
            "SIGHTLINE_INDEX_… settings as it is, or delete it there: it is then made again from the ledger.",
        )


def search_params(options: CollectionOptions, *, exact: bool) -> models.SearchParams:
    """How one search is done."""
    if exact:
        return models.SearchParams(exact=True, quantization=models.QuantizationSearchParams(ignore=True))
    quantization = models.QuantizationSearchParams(rescore=True, oversampling=2.0) if options.int8 else None
    return models.SearchParams(hnsw_ef=options.ef, quantization=quantization)


def _quantization() -> models.ScalarQuantization:
    return models.ScalarQuantization(
        scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
    )


def _asked(dimension: int, options: CollectionOptions) -> dict[str, Any]:
    return {
        "dimension": dimension,
        "distance": models.Distance.DOT,
        "shards": options.shards,
        "replicas": options.replicas,
        "write_consistency": options.write_consistency,
        "int8": options.int8,
        "on_disk": options.on_disk,
        "m": options.m,
        "ef_construct": options.ef_construct,
    }


def _there(info: models.CollectionInfo) -> dict[str, Any]:
    params, hnsw = info.config.params, info.config.hnsw_config
    vectors = params.vectors if isinstance(params.vectors, models.VectorParams) else None
    return {
        "dimension": vectors.size if vectors else None,
        "distance": vectors.distance if vectors else None,
        "shards": params.shard_number or 1,
        "replicas": params.replication_factor or 1,
        "write_consistency": params.write_consistency_factor or 1,
        "int8": isinstance(info.config.quantization_config, models.ScalarQuantization),
        "on_disk": bool(vectors and vectors.on_disk),
        "m": hnsw.m,
        "ef_construct": hnsw.ef_construct,
    }
