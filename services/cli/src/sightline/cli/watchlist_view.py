"""Watchlists, as `sightline watchlists` prints them."""

from collections.abc import Sequence

from sightline.chassis.enum_names import enum_word
from sightline.cli.moments import moment
from sightline.cli.output import as_dict, print_json, print_table
from sightline.v1 import gallery_service_pb2 as pb

_COLUMNS = ("id", "name", "faces", "review", "cooldown", "ends (UTC)", "purpose")


def show_watchlists(watchlists: Sequence[pb.Watchlist], *, json: bool) -> None:
    """Print watchlists, a line each."""
    if json:
        print_json([as_dict(each) for each in watchlists])
        return
    rows = (
        (
            *(each.id, _named(each), each.face_count, _review(each), _cooldown(each)),
            *(moment(each.expire_time, absent="never"), each.purpose),
        )
        for each in watchlists
    )
    print_table(_COLUMNS, rows, empty="there is no watchlist; make one with `sightline watchlists create`")


def show_watchlist(watchlist: pb.Watchlist, *, json: bool) -> None:
    """Print all that is set of one."""
    if json:
        print_json(as_dict(watchlist))
        return
    facts = [
        *(("id", watchlist.id), ("name", _named(watchlist)), ("purpose", watchlist.purpose)),
        *(("legal basis", watchlist.legal_basis or "-"), ("faces", watchlist.face_count)),
        *(("review", _review(watchlist)), ("cooldown", _cooldown(watchlist))),
        ("priority", enum_word(pb.AlertPriority, watchlist.priority)),
        ("threshold", f"{watchlist.threshold:.3f}" if watchlist.HasField("threshold") else _target(watchlist)),
        ("keeps references", "yes" if watchlist.keep_references else "no"),
        ("ends (UTC)", moment(watchlist.expire_time, absent="never")),
        ("created (UTC)", moment(watchlist.create_time, absent="")),
        ("changed (UTC)", moment(watchlist.update_time, absent="")),
        ("etag", watchlist.etag),
    ]
    print_table(("what", "value"), facts, empty="")


def _target(watchlist: pb.Watchlist) -> str:
    target = watchlist.WhichOneof("target")
    if target == "target_fpir":
        return f"follows from a share of {watchlist.target_fpir:g} of strangers for whom somebody may be found"
    if target == "target_alarms":
        alarms = watchlist.target_alarms
        return f"follows from {alarms.alarms_per_day:g} false alarms a day among {alarms.tracks_per_day:,.0f} tracks"
    return "the models' own"


def _named(watchlist: pb.Watchlist) -> str:
    return f"{watchlist.name} (not approved)" if watchlist.approval == pb.APPROVAL_PENDING else watchlist.name


def _review(watchlist: pb.Watchlist) -> str:
    return enum_word(pb.ReviewPolicy, watchlist.review_policy)


def _cooldown(watchlist: pb.Watchlist) -> str:
    return f"{watchlist.cooldown.seconds} s"
