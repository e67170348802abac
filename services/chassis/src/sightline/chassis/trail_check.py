"""Checks a sealed audit trail: by whoever has the public key, without believing who hands the trail over."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from sightline.chassis.findings import Findings
from sightline.chassis.seal_chain import SealChain
from sightline.chassis.trail_entries import Seen, TrailEntries
from sightline.chassis.trail_range import SealedRange, agrees

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from sightline.chassis.findings import Finding
    from sightline.v1.audit_seal_pb2 import AuditEntry, Seal

AHEAD = 64
"""Entries behind a range in which what was moved on by insertions is looked for."""
SEALED_WITHIN = timedelta(minutes=10)
"""An entry that is older and has no seal is a finding: the sealer takes seconds."""


class StoredTrail(Protocol):
    """A trail as somebody hands it over; the seals are no newer than the entries."""

    def seals(self) -> AsyncIterator[Seal]:
        """In the order in which they are stored."""

    def entries(self) -> AsyncIterator[AuditEntry]:
        """In the order in which they are stored."""


@dataclass(frozen=True)
class Trust:
    """What a check believes: keys by id, seals that were kept elsewhere, how long entries are kept, and the time.

    `now` is in nanoseconds since 1970: when the trail was handed over.
    """

    keys: Mapping[str, Ed25519PublicKey]
    retention: timedelta
    anchors: Sequence[Seal] = ()
    now: int = field(default_factory=time.time_ns)


@dataclass(frozen=True)
class Verdict:
    """What was checked, and what is wrong; `expired` entries had grown too old, `unsealed` ones are too new."""

    findings: Sequence[Finding]
    seals: int
    entries: int
    expired: int
    unsealed: int
    last_seal: Seal | None


class TrailCheck:
    """One check of one trail."""

    def __init__(self, trust: Trust, progress: Callable[[], None] = lambda: None) -> None:
        self._trust = trust
        self._progress = progress
        self._findings = Findings()
        self._chain = SealChain(trust.keys, trust.anchors, self._findings)
        self._shift = 0
        self._expired = 0
        self._begun = False
        self._before: list[Seen] = []

    async def run(self, trail: StoredTrail) -> Verdict:
        """Reads the whole trail, holding no more of it than one seal's entries, and says what is wrong."""
        entries = TrailEntries(trail.entries(), self._misplaced, self._progress)
        async for seal in self._chain.through(trail.seals()):
            await self._between(seal, entries)
            await self._range(seal, entries)
        unsealed = await self._unsealed(entries)
        return Verdict(
            self._findings.found, self._chain.count, entries.count, self._expired, unsealed, self._chain.last
        )

    def _misplaced(self, sequence: int) -> None:
        number = self._chain.last.number if self._chain.last else 0
        self._findings.entries("ENTRY_MOVED", number, sequence, sequence)

    async def _between(self, seal: Seal, entries: TrailEntries) -> None:
        """Passes over entries before the range: their seal is missing, which was said, or they were put in."""
        for entry in await entries.through(seal.first_sequence - 1 + self._shift):
            self._begun = True
            if self._chain.follows_on:
                self._findings.entries("ENTRY_ADDED", seal.number, entry.sequence, entry.sequence)

    async def _range(self, seal: Seal, entries: TrailEntries) -> None:
        seen = await entries.through(seal.last_sequence + self._shift)
        before, self._before = self._before, seen
        if agrees(seal, seen, self._shift):
            self._begun = True
            return
        if self._shift and await self._is_of_since(seal, [*before, *seen], entries):
            return
        sealed = SealedRange(seal, self._findings)
        if not self._begun:
            self._skip_beginning(seal, seen, sealed)
        self._begun = self._begun or bool(seen)
        gone, changed = sealed.unlike(seen, self._shift)
        if changed and sealed.is_reordered(seen):
            sealed.report("ENTRY_MOVED", changed)
        elif changed:
            await self._differing(seen, sealed, entries)
        else:
            sealed.report_gone(gone, ended=await entries.ended())

    async def _is_of_since(self, seal: Seal, seen: list[Seen], entries: TrailEntries) -> bool:
        """Whether the seal was made after sequences had moved, of the entries as they stand now."""
        more = await entries.through(seal.last_sequence)
        around = [*seen, *more]
        if not agrees(seal, [each for each in around if seal.first_sequence <= each.sequence <= seal.last_sequence], 0):
            entries.give_back(more)
            return False
        entries.give_back([each for each in around if each.sequence > seal.last_sequence])
        self._shift = 0
        return True

    def _skip_beginning(self, seal: Seal, seen: list[Seen], sealed: SealedRange) -> None:
        """What is gone from the beginning of the trail may have grown too old."""
        begin = seen[0].sequence - self._shift if seen else seal.last_sequence + 1
        count = begin - seal.first_sequence
        if not count:
            return
        newest = seal.first_time if seen else seal.last_time
        if newest.ToNanoseconds() + _nanoseconds(self._trust.retention) <= self._trust.now:
            self._expired += count
        else:
            sealed.report("BEGINNING_CUT_OFF", range(seal.first_sequence, begin))
        sealed.skip(count)

    async def _differing(self, seen: list[Seen], sealed: SealedRange, entries: TrailEntries) -> None:
        """Some are different: changed where they stand, or moved on or up by others that were put in or taken out."""
        gone, changed = sealed.unlike(seen, self._shift)
        around = [*seen, *await entries.take(AHEAD)]
        alignment = sealed.align(around)
        if alignment.matched > sealed.count - len(gone) - len(changed):
            entries.give_back(around[alignment.used :])
            self._before = around[: alignment.used]
            sealed.report_aligned(alignment, around, ended=await entries.ended())
            self._shift = alignment.shift(sealed.first, around, self._shift)
            return
        entries.give_back(around[len(seen) :])
        sealed.report("ENTRY_CHANGED", changed)
        sealed.report_gone(gone, ended=await entries.ended())

    async def _unsealed(self, entries: TrailEntries) -> int:
        left, number = 0, self._chain.last.number if self._chain.last else 0
        oldest = self._trust.now - _nanoseconds(SEALED_WITHIN)
        while not await entries.ended():
            [entry] = await entries.take(1)
            left += 1
            if entry.stored < oldest:
                self._findings.entries("NOT_SEALED", number, entry.sequence, entry.sequence)
        return left


def _nanoseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * 1000
