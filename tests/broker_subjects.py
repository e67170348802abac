"""Everything that somebody could try at a broker, whether they may or not."""

from __future__ import annotations

from sightline.chassis import topology
from sightline.chassis.broker_permissions import permissions
from sightline.chassis.parties import PARTIES, reader
from sightline.chassis.topology import TOPOLOGY

READER = reader("control-room")
ALL = {**PARTIES, READER.name: READER}
STREAM_VERBS = (
    *("INFO", "CREATE", "UPDATE", "DELETE", "PURGE", "MSG.GET", "MSG.DELETE", "SNAPSHOT", "RESTORE"),
    *("PEER.REMOVE", "LEADER.STEPDOWN"),
)
CONSUMER_VERBS = ("INFO", "CREATE", "DURABLE.CREATE", "DELETE", "MSG.NEXT", "PAUSE", "RESET")
SERVER = ("$SYS.REQ.SERVER.PING", "$SYS.ACCOUNT.SIGHTLINE.CONNECT", "$JS.API.INFO", "$JS.API.STREAM.NAMES")


def names() -> list[str]:
    """Every stream, as the broker calls it."""
    made = [stream.name for stream in TOPOLOGY.streams] + [f"OBJ_{store.name}" for store in TOPOLOGY.object_stores]
    return made + [f"KV_{bucket.name}" for bucket in TOPOLOGY.buckets]


def one_of(pattern: str) -> str:
    """A subject of a pattern."""
    return ".".join({"*": "x", ">": "x"}.get(token, token) for token in pattern.split("."))


def subjects() -> list[str]:
    """One subject for everything that anybody may do at a broker, or should not."""
    found = {one_of(pattern) for party in ALL.values() for pattern in permissions(party).publish}
    found |= {one_of(subject) for stream in TOPOLOGY.streams for subject in stream.subjects}
    found |= {f"$JS.API.STREAM.{verb}.{name}" for verb in STREAM_VERBS for name in names()}
    found |= {f"$JS.API.DIRECT.GET.{name}" for name in names()} | {f"$JS.API.CONSUMER.LIST.{name}" for name in names()}
    found |= {f"$JS.API.CONSUMER.CREATE.{name}" for name in names()}
    places = [f"{consumer.stream}.{consumer.name}" for consumer in TOPOLOGY.consumers]
    places += [f"{name}.x" for name in names()]
    found |= {f"$JS.API.CONSUMER.{verb}.{place}" for verb in CONSUMER_VERBS for place in places}
    found |= {f"$JS.ACK.{place}.1.1.1.1.0" for place in places}
    found |= {f"{topology.ROOT}.audit.{party}.x" for party in PARTIES}
    return sorted(found | set(SERVER))


def listened() -> list[str]:
    """What somebody could listen to."""
    streams = {subject for stream in TOPOLOGY.streams for subject in stream.subjects}
    heard = {subject for party in ALL.values() for subject in permissions(party).subscribe}
    return sorted(streams | heard | {">", "sightline.>", "$SYS.>", "$JS.>", "_R_.>", "$KV.>"})
