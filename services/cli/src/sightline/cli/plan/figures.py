"""What the sum stands on: each figure with where it comes from."""

from dataclasses import dataclass

from sightline.chassis.lease import RENEW_SECONDS
from sightline.chassis.topology import TOPOLOGY


@dataclass(frozen=True)
class Figure:
    """A number, its unit, and how it is known."""

    value: float
    unit: str
    source: str


# Of processors, as the benchmarks had: two x86-64 cores without a GPU.
MOVING_CAMERA = Figure(
    0.67, "cores", "a 1080p camera with motion at 5 fps, SCRFD-2.5g at 640, all services; `make bench-pipeline`"
)
STILL_CAMERA = Figure(0.37, "cores", "the same camera without motion; `make bench-pipeline`")
DECODE_FRAME = Figure(0.005, "core-seconds", "to decode a frame of 1080p (3 to 7 ms); services/README.md, The decoders")
CAMERA_FPS = Figure(25.0, "frames/s", "assumed: what a camera sends, all of which is decoded")
DETECT_SHARE = Figure(0.8, "of what is no decoding", "assumed: the detector is most of it; the rest is ingest's")
EMBED_FACE = Figure(
    0.0103, "core-seconds", "MobileFaceNet, a face; `make bench-inference`. Larger networks take many times that"
)
CROP_BYTES = Figure(11_554, "bytes", "a face of 256 px as JPEG, mean of 192 portraits; 4,802 at 128 px, 2,114 at 64 px")
EVENT_BYTES = Figure(912, "bytes", "a face event without its crop, every field set; tests/bench/message_sizes.py")
TEMPLATE_BYTES = Figure(2_999, "bytes", "the same with its template of 512 numbers; tests/bench/message_sizes.py")
DECODER_BYTES = Figure(100e6, "bytes", "a decoder of 1080p; services/README.md, The decoders")
EVIDENCE_BYTES = Figure(256e6, "bytes", "pictures that an ingest keeps for a minute, at most; services/README.md")
MODEL_BYTES = Figure(600e6, "bytes", "assumed: a process of detect or embed with its decoders")
MATCH_BYTES = Figure(153e6, "bytes", "match with one enrolled face, at most; deploy/README.md, What was tried")
NOTIFY_BYTES = Figure(75e6, "bytes", "notify, at most; deploy/README.md, What was tried")
# Of the embedded index: up to how many faces, core-seconds of a search, measured with what; 512 dimensions.
SEARCH_TIMES = (
    (10_000, 0.00105, "10 k faces, compared as they are, p95"),
    (150_000, 0.0042, "100 k faces, by one bit for each dimension, p50"),
    (300_000, 0.0045, "300 k faces, by a graph with two bits, p95"),
    (1_000_000, 0.0355, "1 M faces, by a graph with two bits, p95, all mates found"),
)
INDEX_BYTES = Figure(193.0, "bytes/face", "anonymous memory with 1 M faces, originals on disk; `make bench-search`")
SERVER_INDEX_BYTES = Figure(
    512 + 2 * 64 * 4 + 100, "bytes/face", "not measured: int8 vectors, 2 x 64 links of 4 bytes, 100 of payload"
)
LEDGER_BYTES = Figure(
    3_135, "bytes/face", "an enrolled face, every field set; tests/bench/message_sizes.py. Of an import it is less"
)
PUBLISH_RATE = Figure(1_500.0, "messages/s", "one publisher, one by one, with accounts, busy; services/README.md")
ALERTS_RATE = Figure(50.0, "alerts/s", "p95 was 28 ms with `strict`; `make bench-notify`. More was not measured")
ALERT_BYTES = Figure(
    90_000, "bytes", "counted: a sighting, four revisions in two streams, pictures as the demonstration's (52 kB)"
)
LEASE_SECONDS = Figure(RENEW_SECONDS, "seconds", "between two renewals of a camera's lease; chassis/lease.py")
MEMORY_STREAM = Figure(
    next(float(stream.max_bytes or 0) for stream in TOPOLOGY.streams if stream.name == "FACES_LIVE"),
    "bytes",
    "of cameras' faces, behind which the oldest are dropped; chassis/topology.py",
)
