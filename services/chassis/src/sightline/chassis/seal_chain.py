"""The seals of a trail, one after the other: which of them can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.seals import NO_HASH, hash_of, is_signed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from sightline.chassis.findings import Findings
    from sightline.v1.audit_seal_pb2 import Seal


class SealChain:
    """Gives the seals that can be believed, and says what is wrong with the others.

    Args:
        keys: by their ids, what seals may be signed with.
        anchors: seals that were kept elsewhere.
        findings: takes what is wrong.
    """

    def __init__(self, keys: Mapping[str, Ed25519PublicKey], anchors: Iterable[Seal], findings: Findings) -> None:
        self._keys = keys
        self._findings = findings
        self._anchors: dict[int, list[Seal]] = {}
        self._forged: set[int] = set()
        self.last: Seal | None = None
        self.count = 0
        self.follows_on = True
        """Whether the last seal is that behind the one before, with none gone between them."""
        for anchor in anchors:
            if is_signed(anchor, keys):
                self._anchors.setdefault(anchor.number, []).append(anchor)
            else:
                findings.seals("ANCHOR_FORGED", anchor.number, anchor.number)

    async def through(self, seals: AsyncIterable[Seal]) -> AsyncGenerator[Seal, None]:
        """Those of the seals, in the order in which they are stored, that can be believed."""
        async for seal in seals:
            if self._is_believed(seal):
                self._compare(seal)
                self.last = seal
                self.count += 1
                yield seal
        end = self.last.number if self.last else 0
        for number in sorted(each for each in self._anchors if each > end):
            last = self._anchors[number][0].last_sequence
            self._findings.seals("ANCHOR_AHEAD", number, number, (last, last))

    def _is_believed(self, seal: Seal) -> bool:
        if not is_signed(seal, self._keys):
            self._forged.add(seal.number)
            self._findings.seals("SEAL_FORGED", seal.number, seal.number)
            return False
        if self.last and (seal.number <= self.last.number or seal.first_sequence <= self.last.last_sequence):
            self._findings.seals("SEAL_MISPLACED", seal.number, seal.number)
            return False
        return True

    def _compare(self, seal: Seal) -> None:
        """Says what stands between this seal and the one before, and what does not agree."""
        number, covered, linked = 0, 0, NO_HASH
        if self.last:
            number, covered, linked = self.last.number, self.last.last_sequence, hash_of(self.last)
        gap = (covered + 1, seal.first_sequence - 1)
        self.follows_on = seal.number == number + 1
        if seal.number > number + 1:
            if not self._forged.issuperset(range(number + 1, seal.number)):
                self._findings.seals("SEAL_MISSING", number + 1, seal.number - 1, gap)
        elif seal.previous_hash != linked:
            self._findings.seals("SEAL_DIFFERS", seal.number, seal.number)
        elif gap[0] <= gap[1]:
            self._findings.entries("GONE_BEFORE_SEALING", seal.number, *gap)
        if any(hash_of(anchor) != hash_of(seal) for anchor in self._anchors.get(seal.number, ())):
            self._findings.seals("ANCHOR_DIFFERS", seal.number, seal.number)
