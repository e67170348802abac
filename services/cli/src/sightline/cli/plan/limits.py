"""What gives way at a size, the nearest first, and why: each limit is a sentence with a number."""

from dataclasses import dataclass

from sightline.cli.plan import figures as known
from sightline.cli.plan.sizing import BUSY, EDGE_FACES, Load, Need

LEDGER_BYTES = 20e9
"""`max_file_store` of deploy/nats.conf."""
PROVABLE = 1e-6
"""A false match rate that a few thousand labelled people can vouch for: 3/n of n comparisons."""
NOTICED_BUFFER = 10.0
SERVER_FACES = 100_000_000
READS = 3_000.0
"""Messages a second that one process takes in and still has time for its cameras; assumed."""


@dataclass(frozen=True)
class Limit:
    """How near it is (1: reached), what gives way, and what helps."""

    share: float
    what: str
    helps: str


def limits(load: Load, needed: Need) -> list[Limit]:
    """Give the limits of a size, the nearest first; those above 1 are passed."""
    reads_each = needed.lease_reads_per_second / needed.replicas["ingest"]
    found = [
        Limit(
            PROVABLE / needed.false_match_rate,
            f"accuracy: one false alarm a day takes a false match rate of {needed.false_match_rate:.0e}, and a calibration on a few "
            f"thousand people vouches for {PROVABLE:.0e}",
            "several watchlists, each on the cameras that need it; a larger calibration; more alarms, and people to look at them",
        ),
        Limit(
            sum(needed.cores.values()) / 64,
            f"processors: {sum(needed.cores.values()):.0f} cores are more than one machine of 64 has",
            "more machines, as every service but the embedded index scales by replicas; GPUs for detect; fewer frames, `--keyframes-only`",
        ),
        Limit(
            reads_each / (READS * BUSY),
            f"leases: every replica of ingest hears of all cameras, {reads_each:.0f} messages a second",
            "an installation for each site, or part of the cameras",
        ),
        Limit(
            needed.broker_writes_per_second / (known.PUBLISH_RATE.value * 8),
            f"the broker: {needed.broker_writes_per_second:.0f} messages a second, of which it was measured to take "
            f"{known.PUBLISH_RATE.value:.0f} from each publisher",
            "a broker on machines of its own; its memory streams have no replicas",
        ),
        Limit(
            NOTICED_BUFFER / needed.buffer_seconds,
            f"the broker's memory: faces of {needed.buffer_seconds:.0f} s are all that waits while embed is away, then the oldest go",
            "a larger FACES_LIVE, and more replicas of embed",
        ),
        Limit(
            needed.ledger_bytes / (LEDGER_BYTES * BUSY),
            f"the ledger: {needed.ledger_bytes / 1e9:.1f} GB, where the broker's file store is given {LEDGER_BYTES / 1e9:.0f} GB",
            "`max_file_store` of nats.conf and its volume",
        ),
        _searches(load, needed),
    ]
    return sorted(found, key=lambda each: -each.share)


def _searches(load: Load, needed: Need) -> Limit:
    if needed.search_load is None or load.faces > EDGE_FACES:
        return Limit(
            load.faces / EDGE_FACES,
            f"the embedded index: it was measured up to {EDGE_FACES:,} faces",
            f"a Qdrant server (SIGHTLINE_QDRANT_URL): {load.faces * known.SERVER_INDEX_BYTES.value / 1e9:.0f} GB of memory for each copy, "
            "by its formula; not measured here",
        )
    return Limit(
        needed.search_load / BUSY,
        f"the embedded index: one process searches, and is busy for {needed.search_load:.0%} of the time",
        "a Qdrant server (SIGHTLINE_QDRANT_URL), with which match scales by replicas",
    )
