"""What a party may publish and subscribe at the broker: the subjects that follow from its row in the table.

A party has an account of its own, which holds nothing. What it may use of the account with the streams is lent to it,
subject by subject, so that the broker also sends its answers into the party's account alone: in one account for all,
whoever may ask the broker anything could name another's subject as the place for the answer, and write there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from sightline.chassis.topology import ROOT, TOPOLOGY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sightline.chassis.broker_objects import Consumer, Party, Topology

API = "$JS.API"
INBOX = "_INBOX.>"
PULL = f"{API}.CONSUMER.MSG.NEXT."
"""Requests that are answered by many messages."""
SNAPSHOTS = f"{ROOT}.snapshots"
"""Under it copies of streams come to whoever asked for them; in no stream."""


@dataclass(frozen=True)
class Permissions:
    """Patterns of subjects.

    Attributes:
        publish: what it may publish or ask.
        deny: of that, what it may not.
        subscribe: what it may listen to.
        borrowed: those of `publish` that lead to the account of the streams; none where the party is in it.
    """

    publish: tuple[str, ...]
    deny: tuple[str, ...]
    subscribe: tuple[str, ...]
    borrowed: tuple[str, ...]


@cache
def permissions(party: Party, topology: Topology = TOPOLOGY) -> Permissions:
    """All that a party may do, and nothing else."""
    asked = reduced((*party.publishes, *_api(party, topology)))
    return Permissions(
        publish=reduced((*asked, *party.says)),
        deny=tuple(_of_others(party, topology)),
        subscribe=(INBOX, *party.hears, *copies(party)),
        borrowed=() if party.restores else asked,
    )


def copies(party: Party) -> tuple[str, ...]:
    """Where copies of streams come to the party: the broker sends them in the account of the streams."""
    return (f"{SNAPSHOTS}.*",) if party.snapshots else ()


def reduced(patterns: Iterable[str]) -> tuple[str, ...]:
    """The patterns without those that another one covers: what were lent twice would be delivered twice."""
    different = sorted(set(patterns))
    # Whatever has no wildcard covers nothing but itself.
    wide = [each for each in different if "*" in each or each.endswith(">")]
    return tuple(one for one in different if not any(one != other and covers(other, one) for other in wide))


def covers(pattern: str, other: str) -> bool:
    """Whether every subject of the other pattern is one of this pattern, too."""
    for ours, theirs in zip_longest(pattern.split("."), other.split(".")):
        if ours == ">":
            return theirs is not None
        if theirs is None or theirs == ">" or ours not in {"*", theirs}:
            return False
    return True


def _api(party: Party, topology: Topology) -> Iterator[str]:
    """What it may ask JetStream."""
    for verb, streams in (
        ("INFO", {*party.sees, *party.reads, *party.follows}),
        ("MSG.GET", party.reads),
        ("MSG.DELETE", party.deletes),
        ("PURGE", party.purges),
    ):
        yield from (f"{API}.STREAM.{verb}.{stream}" for stream in streams)
    for stream in party.snapshots:
        yield from (f"{API}.STREAM.SNAPSHOT.{stream}", f"$JS.SNAPSHOT.ACK.{stream}.*.>")
    for stream in party.restores:
        yield from (f"{API}.STREAM.RESTORE.{stream}", f"$JS.SNAPSHOT.RESTORE.{stream}.*")
    yield from _consumers(party)
    if party.provisions:
        yield from _provisioning(topology)


def _consumers(party: Party) -> Iterator[str]:
    for stream in party.follows:
        # With the consumer's name in it: without one, a consumer of somebody else's could be named in the request.
        yield from (f"{API}.CONSUMER.CREATE.{stream}.*", f"{API}.CONSUMER.CREATE.{stream}.*.>")
        yield from (f"{API}.CONSUMER.INFO.{stream}.*", f"{API}.CONSUMER.DELETE.{stream}.*", f"{PULL}{stream}.*")
    for place in map(_place, (*party.consumes, *party.watches)):
        yield f"{API}.CONSUMER.INFO.{place}"
    for place in map(_place, party.consumes):
        yield from (f"{PULL}{place}", f"$JS.ACK.{place}.>")
    for place in map(_place, party.makes):
        yield from (f"{API}.CONSUMER.CREATE.{place}", f"{API}.CONSUMER.CREATE.{place}.>")
        yield from (f"{API}.CONSUMER.DURABLE.CREATE.{place}", f"{API}.CONSUMER.DELETE.{place}")
    for stream in party.places:
        yield from (f"{API}.CONSUMER.{verb}.{stream}.*" for verb in ("DURABLE.CREATE", "INFO", "DELETE"))
        yield from (f"{API}.CONSUMER.LIST.{stream}", f"{PULL}{stream}.*", f"$JS.ACK.{stream}.>")


def _provisioning(topology: Topology) -> Iterator[str]:
    yield f"{API}.STREAM.LIST"
    for name in topology.names:
        yield from (f"{API}.STREAM.{verb}.{name}" for verb in ("INFO", "CREATE", "UPDATE"))
    for consumer in topology.consumers:
        yield from (f"{API}.CONSUMER.{verb}.{_place(consumer)}" for verb in ("DURABLE.CREATE", "INFO"))


def _of_others(party: Party, topology: Topology) -> Iterator[str]:
    """Who reads a stream through consumers of its own could otherwise use those that others work off."""
    for consumer in topology.consumers:
        if consumer.stream in party.follows and consumer.stream not in party.places:
            if consumer in party.consumes:
                continue
            place = _place(consumer)
            yield from (f"{API}.CONSUMER.CREATE.{place}", f"{API}.CONSUMER.CREATE.{place}.>")
            yield from (f"{API}.CONSUMER.DELETE.{place}", f"{PULL}{place}")


def _place(consumer: Consumer) -> str:
    return f"{consumer.stream}.{consumer.name}"
