"""What a check of the audit trail found, one clear line for each thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
"""The first and the last of numbers that follow each other."""

TEXTS = {
    "ENTRY_CHANGED": "{entries} of the trail: not as sealed by {seals}",
    "ENTRY_MISSING": "{entries} of the trail: sealed by {seals}, and gone",
    "ENTRY_ADDED": "{entries} of the trail: put in among what was sealed by {seals}",
    "ENTRY_MOVED": "{entries} of the trail: not in the order sealed by {seals}",
    "END_CUT_OFF": "{entries} at the end of the trail: sealed by {seals}, and gone",
    "BEGINNING_CUT_OFF": "{entries} at the beginning of the trail: sealed by {seals}, and gone before their time",
    "GONE_BEFORE_SEALING": "{entries} of the trail: never sealed, gone before {seals}",
    "NOT_SEALED": "{entries} at the end of the trail: old, and never sealed",
    "SEAL_FORGED": "{seals}: not signed by the key",
    "SEAL_MISSING": "{seals}: gone, so that {entries} of the trail cannot be checked",
    "SEAL_MISPLACED": "{seals}: behind a later one, or there twice",
    "SEAL_DIFFERS": "{seals}: made behind another past than the one that is there",
    "ANCHOR_FORGED": "anchor of {seals}: not signed by the key",
    "ANCHOR_DIFFERS": "{seals}: not as anchored, the trail was sealed anew",
    "ANCHOR_AHEAD": "{seals}, up to {entries}: anchored, and gone with the end of the trail",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: which (a key of TEXTS), and where."""

    reason: str
    seals: Span
    entries: Span = (0, 0)

    def __str__(self) -> str:
        entries, seals = _named("entry", "entries", self.entries), _named("seal", "seals", self.seals)
        return TEXTS[self.reason].format(entries=entries, seals=seals)


class Findings:
    """Collects findings; what is wrong with neighbours in the same way is one."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def entries(self, reason: str, seal: int, first: int, last: int) -> None:
        """Something is wrong with these entries, for that seal."""
        before = self.found[-1] if self.found else None
        if before and before.reason == reason and before.entries[1] + 1 == first and before.entries != (0, 0):
            self.found[-1] = Finding(reason, (before.seals[0], seal), (before.entries[0], last))
        else:
            self.found.append(Finding(reason, (seal, seal), (first, last)))

    def seals(self, reason: str, first: int, last: int, entries: Span = (0, 0)) -> None:
        """Something is wrong with these seals."""
        before = self.found[-1] if self.found else None
        if before and before.reason == reason and before.seals[1] + 1 == first and entries == (0, 0):
            self.found[-1] = Finding(reason, (before.seals[0], last))
        else:
            self.found.append(Finding(reason, (first, last), entries))


def _named(one: str, many: str, span: Span) -> str:
    first, last = span
    return f"{one} {first}" if first >= last else f"{many} {first}-{last}"
