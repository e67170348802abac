"""One seal beside the entries that it was made of: what differs, and where."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

from sightline.chassis.seals import DIGEST_BYTES, chained, digests_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sightline.chassis.findings import Findings
    from sightline.chassis.trail_entries import Seen
    from sightline.v1.audit_seal_pb2 import Seal


def agrees(seal: Seal, entries: Sequence[Seen], shift: int) -> bool:
    """Whether the seal was made of exactly these entries, whose sequences have moved by `shift` since."""
    return len(entries) == seal.count and seal.entries_hash == chained(
        (entry.sequence - shift, entry.digest) for entry in entries
    )


class SealedRange:
    """A seal whose entries are not what they were: says how by their digests."""

    def __init__(self, seal: Seal, findings: Findings) -> None:
        self._number = seal.number
        self._last = seal.last_sequence
        self._findings = findings
        self._wanted = digests_in(seal)
        self.first = seal.first_sequence

    @property
    def count(self) -> int:
        """Entries that should be there."""
        return len(self._wanted)

    def skip(self, count: int) -> None:
        """Asks no more for so many of the first entries."""
        self.first += count
        del self._wanted[:count]

    def unlike(self, entries: Sequence[Seen], shift: int) -> tuple[list[int], list[int]]:
        """The sequences, as they were sealed, at which there is nothing, and at which there is something else."""
        there = {entry.sequence - shift: entry.digest[:DIGEST_BYTES] for entry in entries}
        sealed = list(zip(range(self.first, self._last + 1), self._wanted, strict=True))
        gone = [sequence for sequence, _ in sealed if sequence not in there]
        return gone, [sequence for sequence, digest in sealed if there.get(sequence, digest) != digest]

    def is_reordered(self, entries: Sequence[Seen]) -> bool:
        """Whether it is the same entries in another order."""
        return Counter(entry.digest[:DIGEST_BYTES] for entry in entries) == Counter(self._wanted)

    def report(self, reason: str, sequences: Iterable[int]) -> None:
        """These entries are wrong in that way; neighbours are one finding."""
        for first, last in _runs(list(sequences)):
            self._findings.entries(reason, self._number, first, last)

    def align(self, entries: Sequence[Seen]) -> Alignment:
        """The entries beside what was sealed, whatever their sequences are now."""
        return Alignment(self._wanted, entries)

    def report_gone(self, gone: Sequence[int], *, ended: bool) -> None:
        """These are gone; `ended`: nothing comes behind the range."""
        at_end = sum(sequence == self._last - at for at, sequence in enumerate(reversed(gone)))
        self.report("ENTRY_MISSING", gone[: len(gone) - at_end])
        self.report("END_CUT_OFF" if ended else "ENTRY_MISSING", gone[len(gone) - at_end :])

    def report_aligned(self, alignment: Alignment, entries: Sequence[Seen], *, ended: bool) -> None:
        """Says what was put in, taken out and changed; `ended`: nothing comes behind the range."""
        for tag, low, high, there_low, there_high in alignment.steps:
            if tag == "equal":
                continue
            both = min(high - low, there_high - there_low)
            self.report("ENTRY_CHANGED", range(self.first + low, self.first + low + both))
            self.report_gone(range(self.first + low + both, self.first + high), ended=ended)
            self.report("ENTRY_ADDED", [entry.sequence for entry in entries[there_low + both : there_high]])


class Alignment:
    """What was sealed beside what is there; `used` entries belong to the range, those behind it to the next one."""

    def __init__(self, wanted: Sequence[bytes], entries: Sequence[Seen]) -> None:
        there = [entry.digest[:DIGEST_BYTES] for entry in entries]
        steps = SequenceMatcher(None, list(wanted), there, autojunk=False).get_opcodes()
        self.used = len(entries)
        if steps and steps[-1][0] == "insert":
            self.used = steps.pop()[3]
        elif steps and steps[-1][0] == "replace":
            _, low, high, there_low, there_high = steps.pop()
            self.used = min(there_high, there_low + high - low)
            steps.append(("replace", low, high, there_low, self.used))
        self.steps = steps
        equal = [step for step in steps if step[0] == "equal"]
        self.matched = sum(step[2] - step[1] for step in equal)
        self._pair = (equal[-1][2] - 1, equal[-1][4] - 1) if equal else None

    def shift(self, first: int, entries: Sequence[Seen], before: int) -> int:
        """By how much sequences have moved at the end of a range that began with `first`."""
        if self._pair is None:
            return before
        sealed, there = self._pair
        return entries[there].sequence - (first + sealed)


def _runs(sequences: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The spans of numbers that follow each other."""
    if not sequences:
        return
    first = sequences[0]
    for here, following in pairwise(sequences):
        if following != here + 1:
            yield first, here
            first = following
    yield first, sequences[-1]
