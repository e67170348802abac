"""What gives way at a size but processors, the nearest first, and why: each is a sentence with a number."""

from dataclasses import dataclass

from sightline.cli.plan import figures as known
from sightline.cli.plan.sizing import BUSY, EDGE_FACES, Load, Need

LEDGER_BYTES = 20e9
"""`max_file_store` of deploy/nats.conf."""
PROVABLE = 1e-6
"""A false match rate that some 2,500 labelled people can vouch for: 3/n of their three million pairs."""
PUBLISHERS = 8
"""Connections that publish at the same time; more were not measured."""
NOTICED_BUFFER = 10.0
"""Seconds in which a process is started again."""
READS = 3_000.0
"""Messages a second that one process takes in and still has time for its cameras; assumed."""


@dataclass(frozen=True)
class Limit:
    """How near it is (1: reached), what gives way, and what helps."""

    share: float
    what: str
    helps: str


def limits(load: Load, needed: Need) -> list[Limit]:
    """Give the limits of a size but processors, the nearest first; those above 1 are passed."""
    reads = needed.lease_reads_per_second / needed.replicas["ingest"]
    writes, waits = needed.broker_writes_per_second, needed.buffer_seconds
    found = [
        Limit(
            reads / (READS * BUSY),
            f"leases: every replica of ingest hears of all cameras, {reads:.0f} messages a second",
            "an installation for each site",
        ),
        Limit(
            writes / (known.PUBLISH_RATE.value * PUBLISHERS),
            f"the broker: {writes:,.0f} messages a second, where {PUBLISHERS} publishers were measured to get rid of "
            f"{known.PUBLISH_RATE.value * PUBLISHERS:,.0f}",
            "a broker on a machine of its own",
        ),
        Limit(
            NOTICED_BUFFER / waits,
            f"the broker's memory: faces of {waits:.0f} s wait while embed is away, then the oldest go",
            "a larger FACES_LIVE, more replicas of embed",
        ),
        Limit(
            needed.ledger_bytes / (LEDGER_BYTES * BUSY),
            f"the ledger: {needed.ledger_bytes / 1e9:,.1f} GB, of {LEDGER_BYTES / 1e9:.0f} GB for all streams on disk",
            "a larger `max_file_store` in nats.conf, and volume",
        ),
        _searches(load, needed),
    ]
    return sorted(found, key=lambda each: -each.share)


def _searches(load: Load, needed: Need) -> Limit:
    if needed.search_load is None:
        memory = load.faces * known.SERVER_INDEX_BYTES.value / 1e9
        return Limit(
            load.faces / EDGE_FACES,
            f"the embedded index: it was measured up to {EDGE_FACES:,} faces",
            f"a Qdrant server (SIGHTLINE_QDRANT_URL), {memory:,.0f} GB for each copy by formula, not measured",
        )
    return Limit(
        needed.search_load / BUSY,
        f"the embedded index: one process searches, and is busy for {needed.search_load:.0%} of the time",
        "a Qdrant server (SIGHTLINE_QDRANT_URL), with which match scales by replicas",
    )


def accuracy(needed: Need) -> str:
    """Say what one false alarm a day takes, and whether a calibration can vouch for it."""
    rate = needed.false_match_rate
    asked = f"one false alarm a day takes a false match rate of {rate:.0e}"
    if rate >= PROVABLE:
        return f"{asked}, for which a calibration on some 2,500 people vouches"
    alarms = min(PROVABLE / rate, needed.tracks_per_day)
    return (
        f"{asked}; a calibration on some 2,500 people vouches for {PROVABLE:.0e}, which is up to {alarms:,.0f} false "
        "alarms a day: take smaller watchlists, each on the cameras that need it"
    )
