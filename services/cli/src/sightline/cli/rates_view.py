"""False-alarm rates as `sightline alerts rates` prints them."""

from collections.abc import Iterator

from sightline.v1 import alert_service_pb2 as pb

RATE_COLUMNS = ("source", "watchlist", "threshold", "confirmed", "dismissed", "false alarms")
TOO_FEW = "too few to tell"


def rate_rows(answer: pb.GetFalseAlarmRatesResponse) -> Iterator[tuple[str, ...]]:
    """Give a line for each camera, watchlist and threshold, and one for all of them where there are several."""
    for rate in answer.rates:
        yield (rate.source, rate.watchlist_id, f"{rate.threshold:.3f}", *_counts(rate))
    if len(answer.rates) > 1:
        yield ("all", "", "", *_counts(answer.total))


def _counts(rate: pb.FalseAlarmRate) -> tuple[str, str, str]:
    return str(rate.confirmed), str(rate.dismissed), _share(rate)


def _share(rate: pb.FalseAlarmRate) -> str:
    if not rate.HasField("dismissed_share"):
        return TOO_FEW
    share = rate.dismissed_share
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})"
