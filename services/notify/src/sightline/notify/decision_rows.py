"""Alerts that people settled, counted in the SQLite copy of the alerts' records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.notify.alert_filter import LAST_MOMENT, within
from sightline.notify.false_alarms import Decided
from sightline.v1 import alert_service_pb2 as pb

if TYPE_CHECKING:
    import sqlite3

    from sightline.chassis.identity.rights import Reach

# They have all that is counted, so that no alert is read; the first one in the order of its groups.
SCHEMA = """
CREATE INDEX IF NOT EXISTS alerts_settled ON alerts (source, watchlist, threshold, settled, state)
    WHERE settled IS NOT NULL;
CREATE INDEX IF NOT EXISTS alerts_settled_lately ON alerts (settled, source, watchlist, threshold, state, created)
    WHERE settled IS NOT NULL;
"""
DECIDED = frozenset({pb.ALERT_STATE_CONFIRMED, pb.ALERT_STATE_DISMISSED})
_COUNTS = f"coalesce(sum(state = {pb.ALERT_STATE_CONFIRMED}), 0), coalesce(sum(state = {pb.ALERT_STATE_DISMISSED}), 0)"


@dataclass(frozen=True)
class DecidedFilter:
    """Which settled alerts are counted; "" means any. Times are nanoseconds since 1970, of the settling.

    `reach` is what the caller may see.
    """

    reach: Reach
    watchlist: str = ""
    source: str = ""
    since: int = 0
    until: int = LAST_MOMENT

    def condition(self) -> tuple[str, list[object]]:
        """SQL, and its parameters. Only what is asked for stands in it, so that an index fits."""
        terms = ["settled >= ?" if self.since else "settled IS NOT NULL"]
        values: list[object] = [self.since] if self.since else []
        if self.until < LAST_MOMENT:
            terms.append("settled < ?")
            values.append(self.until)
        for column in ("watchlist", "source"):
            if chosen := getattr(self, column):
                terms.append(f"{column} = ?")
                values.append(chosen)
        within(terms, values, self.reach)
        return " AND ".join(terms), values


@dataclass(frozen=True)
class SourceDecisions:
    """What people decided about the alerts of one source, and when, in nanoseconds since 1970."""

    source: str
    decided: Decided
    last_settled: int
    first_raised: int


class DecisionRows:
    """What is asked about settled alerts; mixed into the copy that has them."""

    _db: sqlite3.Connection

    def decided(self, wanted: DecidedFilter, limit: int) -> list[Decided]:
        """By source, watchlist and threshold; those with the most dismissed ones first."""
        condition, values = wanted.condition()
        rows = self._db.execute(
            f"SELECT {_COUNTS}, source, watchlist, threshold FROM alerts WHERE {condition} "  # noqa: S608 - our own columns
            "GROUP BY source, watchlist, threshold ORDER BY 2 DESC, 1 DESC, source, watchlist, threshold LIMIT ?",
            (*values, limit),
        )
        return [Decided(*row) for row in rows]

    def decided_in_all(self, wanted: DecidedFilter) -> Decided:
        """All of them together."""
        condition, values = wanted.condition()
        return Decided(*self._db.execute(f"SELECT {_COUNTS} FROM alerts WHERE {condition}", values).fetchone())  # noqa: S608 - our own columns

    def decided_by_source(
        self, since: int, least: int, source: str = "", raised_after: int = -1
    ) -> list[SourceDecisions]:
        """What was settled since then, of each source, or of one, of whose alerts so many were; times as above.

        Alerts that were raised at `raised_after` or before do not count.
        """
        rows = self._db.execute(
            f"SELECT source, {_COUNTS}, max(settled), min(created) FROM alerts "  # noqa: S608 - our own columns
            "WHERE settled >= ? AND created > ? AND (? = '' OR source = ?) GROUP BY source HAVING count(*) >= ?",
            (since, raised_after, source, source, least),
        )
        return [
            SourceDecisions(name, Decided(confirmed, dismissed), last, first)
            for name, confirmed, dismissed, last, first in rows
        ]


def settled_time(alert: pb.Alert) -> int | None:
    """When people settled it, in nanoseconds since 1970; None where they have not, or it expired."""
    return alert.history[-1].time.ToNanoseconds() if alert.state in DECIDED and alert.history else None
