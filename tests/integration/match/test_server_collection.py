"""What a Qdrant server is asked for, and what is said when it has something else. The server is a fake: it notes."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from qdrant_client import AsyncQdrantClient, models
from verdicts import verdict

from sightline.chassis.errors import FailedPrecondition
from sightline.match.server_collection import CollectionOptions, check_collection, create_collection

OPTIONS = CollectionOptions(shards=3, replicas=2, write_consistency=2, m=24, ef_construct=150)


def said(**changes) -> models.CollectionInfo:
    """What a server says of the collection that was asked for, but for some changes."""
    facts = {"shards": 3, "replicas": 2, "consistency": 2, "size": 512, "on_disk": True, "m": 24, "ef": 150} | changes
    quantization = {"scalar": {"type": "int8", "always_ram": True}} if changes.get("int8", True) else None
    return models.CollectionInfo.model_validate(
        {
            "status": "green",
            "optimizer_status": "ok",
            "segments_count": 2,
            "payload_schema": {},
            "config": {
                "params": {
                    "vectors": {"size": facts["size"], "distance": "Dot", "on_disk": facts["on_disk"]},
                    "shard_number": facts["shards"],
                    "replication_factor": facts["replicas"],
                    "write_consistency_factor": facts["consistency"],
                },
                "hnsw_config": {"m": facts["m"], "ef_construct": facts["ef"], "full_scan_threshold": 10000},
                "optimizer_config": {
                    "deleted_threshold": 0.2,
                    "vacuum_min_vector_number": 1000,
                    "default_segment_number": 0,
                    "flush_interval_sec": 5,
                },
                "quantization_config": quantization,
            },
        }
    )


@contextmanager
def noting_server():
    """A server that agrees to everything; yields its address, and what it was asked."""
    asked: list[tuple[str, str, dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((self.command, self.path, body))
            answer = b'{"result": true, "status": "ok", "time": 0}'
            if self.path.partition("?")[0].endswith("/index"):
                answer = b'{"result": {"operation_id": 1, "status": "completed"}, "status": "ok", "time": 0}'
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_server_is_asked_for_what_the_settings_say():
    """Shards, replicas, consistency, int8, the disk, the graph, and the watchlist as tenant are in the requests."""
    with noting_server() as (url, asked):
        client = AsyncQdrantClient(url=url, check_compatibility=False)
        await create_collection(client, "faces", 512, OPTIONS)
        await client.close()
    (_, first, made), (_, second, index) = asked
    assert first.partition("?")[0] == "/collections/faces"
    assert made["vectors"] == {"size": 512, "distance": "Dot", "on_disk": True}
    assert (made["shard_number"], made["replication_factor"], made["write_consistency_factor"]) == (3, 2, 2)
    assert made["hnsw_config"] == {"m": 24, "ef_construct": 150}
    assert made["quantization_config"] == {"scalar": {"type": "int8", "always_ram": True}}
    assert second == "/collections/faces/index?wait=true"
    assert index == {"field_name": "watchlist", "field_schema": {"type": "keyword", "is_tenant": True}}


def test_a_collection_as_it_was_asked_for_is_taken():
    """What the server says of it is recognised."""
    assert verdict(check_collection, said(), "faces", 512, OPTIONS) == "ok"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"size": 128}, "dimension is 128, asked for is 512"),
        ({"shards": 1}, "shards is 1, asked for is 3"),
        ({"replicas": 1}, "replicas is 1, asked for is 2"),
        ({"consistency": 1}, "write_consistency is 1, asked for is 2"),
        ({"int8": False}, "int8 is False, asked for is True"),
        ({"on_disk": None}, "on_disk is False, asked for is True"),
        ({"m": 16}, "m is 16, asked for is 24"),
        ({"ef": 100}, "ef_construct is 100, asked for is 150"),
    ],
)
def test_a_collection_that_differs_is_refused_by_the_field(change, name):
    """INDEX_DIFFERS names the field that differs, with both values, and no other."""
    with pytest.raises(FailedPrecondition, match="INDEX_DIFFERS") as caught:
        check_collection(said(**change), "faces", 512, OPTIONS)
    assert f"as the settings say: {name}. Set" in str(caught.value)
