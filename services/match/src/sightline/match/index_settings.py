"""What the settings say of the index, in the words of the engine that is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.match.index_options import IndexOptions

if TYPE_CHECKING:
    from sightline.match.server_collection import CollectionOptions
    from sightline.match.settings import MatchSettings

HOUR = 3600.0


def index_options(settings: MatchSettings, threshold: float) -> IndexOptions:
    """Of the embedded index; `threshold` is the cosine from which a face is somebody's."""
    return IndexOptions(
        exact_below=settings.index_exact_below,
        scan_below=settings.index_scan_below,
        quantization=settings.index_quantization,
        m=settings.index_m,
        ef_construct=settings.index_ef_construct,
        ef=settings.index_ef,
        threshold=threshold,
        tail=settings.index_tail,
        rewrite_after=settings.index_rewrite_hours * HOUR,
        threads=settings.index_build_threads,
    )


def collection_options(settings: MatchSettings) -> CollectionOptions:
    """Of the collection on a server."""
    from sightline.match.server_collection import CollectionOptions  # noqa: PLC0415 - as its client: half of the start

    return CollectionOptions(
        shards=settings.qdrant_shards,
        replicas=settings.qdrant_replicas,
        write_consistency=settings.qdrant_write_consistency,
        int8=settings.index_quantization != "none",
        on_disk=settings.qdrant_on_disk,
        m=settings.index_m,
        ef_construct=settings.index_ef_construct,
        ef=settings.index_ef,
    )
