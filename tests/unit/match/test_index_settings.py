import pytest

from sightline.match.index_options import IndexOptions
from sightline.match.index_settings import collection_options, index_options
from sightline.match.server_collection import CollectionOptions
from sightline.match.settings import MatchSettings


def test_defaults_are_said_once():
    """Settings that nobody has changed are the options' own defaults, in the process; the threshold is the pack's."""
    assert index_options(MatchSettings(), 0.37) == IndexOptions(threshold=0.37)


def test_what_is_set_arrives():
    """Each setting of the index changes its option: in the process, and on a server."""
    changed = {
        "index_exact_below": 1,
        "index_scan_below": 2,
        "index_quantization": "none",
        "index_m": 5,
        "index_ef_construct": 9,
        "index_ef": 17,
        "index_tail": 3,
        "index_build_threads": 1,
    }
    edge = index_options(MatchSettings(**changed, index_rewrite_hours=2), 0.4)
    assert edge.model_dump(include={name.removeprefix("index_") for name in changed} - {"build_threads"}) == {
        name.removeprefix("index_"): value for name, value in changed.items() if name != "index_build_threads"
    }
    assert (edge.threads, edge.rewrite_after) == (1, 7200)
    servers = {"qdrant_shards": 6, "qdrant_replicas": 3, "qdrant_write_consistency": 2, "qdrant_on_disk": False}
    asked = collection_options(MatchSettings(**changed, **servers))
    expected = {"shards": 6, "replicas": 3, "write_consistency": 2, "on_disk": False, "int8": False}
    assert asked == CollectionOptions(**expected, m=5, ef_construct=9, ef=17)


@pytest.mark.parametrize(
    ("faces", "way", "small", "large"),
    [(9_999, "exact", "int8", "binary"), (10_000, "scan", "int8", "binary"), (150_000, "graph", "turbo4", "turbo2")],
)
def test_the_way_depends_on_the_size_and_the_dimension(faces, way, small, large):
    """Small galleries are compared as they are, larger ones by small vectors, the largest through a graph."""
    options = IndexOptions()
    assert options.way(faces) == way
    assert (options.quantized(128, way), options.quantized(512, way)) == (small, large)
