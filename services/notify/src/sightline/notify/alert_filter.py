"""Which alerts a list is to have, as a condition in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.projection import chosen_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.identity.rights import Reach, Selection

LAST_MOMENT = 2**63 - 1
"""The largest number of nanoseconds that SQLite can hold."""
FIRST_PAGE = (LAST_MOMENT, "")


@dataclass(frozen=True)
class AlertFilter:
    """What a list is asked for; "" and () mean any. Times are nanoseconds since 1970.

    Attributes:
        reach: what the caller may see.
        before: creation and id of the last alert on the page before.
    """

    reach: Reach
    watchlist: str = ""
    source: str = ""
    person: str = ""
    storm: str = ""
    states: Sequence[int] = ()
    since: int = 0
    until: int = LAST_MOMENT
    before: tuple[int, str] = FIRST_PAGE

    def condition(self) -> tuple[str, list[object]]:
        """SQL, and its parameters. Only what is asked for stands in it, so that an index fits."""
        terms: list[str] = ["(created, id) < (?, ?)"]
        values: list[object] = [*self.before]
        for column in ("watchlist", "source", "person", "storm"):
            if chosen := getattr(self, column):
                terms.append(f"{column} = ?")
                values.append(chosen)
        if self.states:
            terms.append(f"state IN ({','.join('?' * len(self.states))})")
            values += self.states
        if self.since:
            terms.append("created >= ?")
            values.append(self.since)
        if self.until < LAST_MOMENT:
            terms.append("created < ?")
            values.append(self.until)
        within(terms, values, self.reach)
        return " AND ".join(terms), values


def within(terms: list[str], values: list[object], reach: Reach) -> None:
    """Adds that an alert's watchlist and source have to be within reach, both in one part of it."""
    _limit(terms, values, "watchlist", reach.watchlists)
    _limit(terms, values, "source", reach.cameras)
    if len(reach.parts) > 1:
        _require_part(terms, values, reach)


def _require_part(terms: list[str], values: list[object], reach: Reach) -> None:
    """Adds that one part has both: SQLite looks it up for each alert that it found by all that the parts have.

    The `+` keeps it from finding alerts part by part instead: it would sort all of them, for the first page alone.
    """
    whole = []
    for part in reach.parts:
        both: list[str] = []
        _limit(both, values, "+watchlist", part.watchlists)
        _limit(both, values, "+source", part.cameras)
        whole.append(f"({' AND '.join(both)})")
    terms.append(_either(whole))


def _either(terms: Sequence[str]) -> str:
    """Any of them; halved again and again, for SQLite takes an expression of a thousand levels at most."""
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return f"({_either(terms[:middle])} OR {_either(terms[middle:])})"


def _limit(terms: list[str], values: list[object], column: str, selection: Selection) -> None:
    everything, ids = chosen_ids(selection)
    if not everything:
        terms.append(f"{column} IN (SELECT value FROM json_each(?))")  # noqa: S608 - our own columns
        values.append(ids)
