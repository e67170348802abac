"""Options that say how many false alarms a watchlist may raise."""

from typing import Annotated

import typer

from sightline.chassis.errors import InvalidInput
from sightline.v1 import gallery_service_pb2 as pb

TargetFpirOption = Annotated[
    float | None,
    typer.Option(help="Share of strangers for whom somebody may be found, as 0.001; needs `sightline calibrate`."),
]
AlarmsOption = Annotated[
    float | None,
    typer.Option(help="Or: false alarms a day that are acceptable; with --tracks-per-day."),
]
TracksOption = Annotated[float | None, typer.Option(help="How many people pass the cameras in a day.")]


def put_target(
    watchlist: pb.Watchlist, target_fpir: float | None, alarms_per_day: float | None, tracks_per_day: float | None
) -> str:
    """Write the target into a watchlist, and give the name of its field; "" where none was given.

    Raises:
        InvalidInput: TARGET_UNCLEAR, both kinds were given, or half of one.
    """
    if (alarms_per_day is None) != (tracks_per_day is None) or (target_fpir is not None and alarms_per_day is not None):
        message = "Give --target-fpir, or --alarms-per-day together with --tracks-per-day."
        raise InvalidInput("TARGET_UNCLEAR", message)
    if target_fpir is not None:
        watchlist.target_fpir = target_fpir
        return "target_fpir"
    if alarms_per_day is not None and tracks_per_day is not None:
        target = pb.TargetAlarms(alarms_per_day=alarms_per_day, tracks_per_day=tracks_per_day)
        watchlist.target_alarms.CopyFrom(target)
        return "target_alarms"
    return ""
