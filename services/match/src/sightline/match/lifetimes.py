"""How long watchlists and persons may live: what the policy says, and nobody longer than their watchlist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput
from sightline.chassis.policy import span_text
from sightline.match.expiry import require_future

if TYPE_CHECKING:
    from sightline.chassis.policy import Retention
    from sightline.v1 import gallery_service_pb2 as pb


class Lifetimes:
    """Of one policy. Times are in seconds since 1970."""

    def __init__(self, retention: Retention) -> None:
        self._watchlists = retention.watchlists
        self._persons = retention.persons

    def begin_watchlist(self, watchlist: pb.Watchlist, now: float) -> None:
        """Gives a new watchlist its end, unless it has one. Raises as `check_watchlist`."""
        if self._watchlists and not watchlist.HasField("expire_time"):
            watchlist.expire_time.FromNanoseconds(int((now + self._watchlists.total_seconds()) * 1e9))
        self.check_watchlist(watchlist, now)

    def check_watchlist(self, watchlist: pb.Watchlist, now: float) -> None:
        """Raises InvalidInput EXPIRE_TIME_PAST, or EXPIRY_TOO_LATE, also where there is no end and has to be one."""
        require_future(watchlist, now)
        if self._watchlists and _ends(watchlist) > now + self._watchlists.total_seconds():
            raise _too_late(f"The policy lets a watchlist live for {span_text(self._watchlists)} from now on at most.")

    def begin_person(self, person: pb.Person, watchlist: pb.Watchlist, now: float) -> None:
        """Gives a new person their end, unless they have one, or end with their watchlist. Raises as `check_person`."""
        if self._persons and not person.HasField("expire_time"):
            end = min(now + self._persons.total_seconds(), _ends(watchlist))
            person.expire_time.FromNanoseconds(int(end * 1e9))
        self.check_person(person, watchlist, now)

    def check_person(self, person: pb.Person, watchlist: pb.Watchlist, now: float) -> None:
        """Raises InvalidInput EXPIRE_TIME_PAST, or EXPIRY_TOO_LATE, also where there is no end and has to be one."""
        require_future(person, now)
        if self._persons and _ends(person) > now + self._persons.total_seconds():
            raise _too_late(f"The policy lets a person live for {span_text(self._persons)} from now on at most.")
        if person.HasField("expire_time") and _ends(person) > _ends(watchlist):
            raise _too_late(f"Their watchlist ends at {watchlist.expire_time.ToJsonString()}, and they end with it.")


def _ends(record: pb.Watchlist | pb.Person) -> float:
    return record.expire_time.ToNanoseconds() / 1e9 if record.HasField("expire_time") else float("inf")


def _too_late(limit: str) -> InvalidInput:
    return InvalidInput("EXPIRY_TOO_LATE", f"{limit} Give an earlier expire_time.")
